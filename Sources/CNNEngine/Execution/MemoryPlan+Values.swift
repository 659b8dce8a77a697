extension MemoryPlan {
  /// What the backward passes read of each value that its producer, or an operation before an in-place one, has written.
  private func savedOutputs() -> [SavedOutput] {
    var saved = Array(repeating: SavedOutput.nothing, count: graph.shapes.count)
    guard isTraining else { return saved }
    for node in graph.nodes {
      let inherited = node.operation.worksInPlace ? saved[node.inputs[0]] : .nothing
      saved[node.output] = max(node.operation.savedOutput, inherited)
    }
    return saved
  }

  /// Decides the buffer of each value, and its last use.
  mutating func planValues() {
    let saved = savedOutputs()
    let aliases = planValueLayouts(saved)
    for value in graph.shapes.indices {
      let producer = graph.producer(of: value)
      if let producer, aliases[producer] {
        values[value] = values[graph.nodes[producer].inputs[0]]
        buffers[values[value]].values.insert(value)
      } else {
        let time = producer.map { groupOfNode[$0] } ?? -1
        buffers.append(
          Buffer(
            shape: graph.shapes[value], layout: valueLayouts[value], first: time, last: time, values: [value],
            firstNode: producer ?? -1))
        values[value] = buffers.count - 1
      }
      var last = graph.readers(of: value).map { groupOfNode[$0] }.max() ?? -1
      if graph.outputs.contains(value) { last = Self.forever }
      if isTraining {
        for reader in graph.readers(of: value) where graph.nodes[reader].operation.savesInput {
          last = max(last, backwardTime(ofGroup: groupOfNode[reader]))
        }
        if let producer, saved[value] != .nothing {
          last = max(last, backwardTime(ofGroup: groupOfNode[producer]))
        }
      }
      buffers[values[value]].last = max(buffers[values[value]].last, last)
    }
  }

  /// Decides the layout of each value, and for each node whether its output overwrites its first input.
  private mutating func planValueLayouts(_ saved: [SavedOutput]) -> [Bool] {
    var aliases = Array(repeating: false, count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated().reversed() {
      let (operation, input, output) = (node.operation, node.inputs[0], node.output)
      let readers = graph.readers(of: input)
      let others = readers.filter { $0 != index }.map { graph.nodes[$0].operation }
      let isLastUse =
        readers.last == index && others.count == readers.count - 1 && !graph.outputs.contains(input)
      let isFree =
        saved[input] == .nothing || saved[input] == .sign && operation.preservesSign && others.isEmpty
      let isSaved = isTraining && readers.contains { graph.nodes[$0].operation.savesInput }
      let layout = others.reduce(valueLayouts[output]) { $0.union($1.inputLayout) }
      aliases[index] =
        operation.worksInPlace && isLastUse && isFree && !isSaved && layout == valueLayouts[output]
        && canShare(operation, valueLayouts[output])
      for (position, value) in node.inputs.enumerated() {
        let wish = position == 0 && aliases[index] ? valueLayouts[output] : operation.inputLayout
        valueLayouts[value] = valueLayouts[value].union(wish)
      }
    }
    return aliases
  }

  /// Whether input and output can be the same memory: another shape needs maps without a border between them.
  func canShare(_ operation: any Operation, _ layout: MapLayout) -> Bool {
    operation.input == operation.output || layout == .dense
  }
}

extension MapLayout {
  /// The layout with the wider border on each side.
  func union(_ other: MapLayout) -> MapLayout {
    MapLayout(
      top: max(top, other.top), left: max(left, other.left), bottom: max(bottom, other.bottom),
      right: max(right, other.right))
  }
}
