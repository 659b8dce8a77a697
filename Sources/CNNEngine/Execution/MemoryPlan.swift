/// Which buffer holds each value and each gradient, and when.
///
/// Time is counted in fusion groups: their forward passes, the losses, their backward passes in reverse order. A buffer
/// is in use from its first to its last group; two buffers that are never in use together share their memory.
struct MemoryPlan {
  /// Memory for one value, or for several in turn.
  struct Buffer {
    let shape: Shape
    let layout: MapLayout
    /// The times of the first and the last use.
    var first: Int
    var last: Int
    /// The values that it holds, or whose gradients it holds.
    var values: Set<Int>
    /// The fusion group whose workers hold a band of it; nil for the whole batch.
    var bandOwner: FusionGroup?
    /// The index of the first node whose output it holds.
    var firstNode: Int
    /// The number of its memory; buffers with the same number share it.
    var memory = 0
  }

  /// A contribution to the gradient of a value with several readers, which is added to the sum of those before it.
  struct Accumulation {
    /// The fusion group whose backward pass computes the contribution.
    let group: Int
    let value: Int
    let contribution: Int
    let sum: Int
    /// The buffer of the new sum: `sum` itself, unless another value needs that unchanged.
    let result: Int
  }

  private(set) var buffers: [Buffer] = []
  /// The buffer of each value.
  private(set) var values: [Int]
  /// The buffer of each node's output gradient; nil where none is needed.
  private(set) var outputGradients: [Int?]
  /// The buffer of each of a node's input gradients.
  private(set) var inputGradients: [[Int?]]
  /// The buffer of the image's gradient.
  private(set) var imageGradient: Int?
  /// The buffer of the gradient that each loss writes.
  private(set) var lossGradients: [Int?]
  private(set) var accumulations: [Accumulation] = []
  /// The number of memories.
  private(set) var memories = 0

  private let graph: Graph
  private let groups: [FusionGroup]
  private let isTraining: Bool
  private var valueLayouts: [MapLayout]
  private var gradientLayouts: [MapLayout]
  /// Whether a value's gradient is needed: an earlier layer has parameters, or the image's gradient is asked for.
  private var needsGradient: [Bool]
  /// The values held by the buffer of each gradient that is still needed.
  private var holders: [Int: Set<Int>] = [:]
  /// The present buffer of each value's gradient.
  private var gradients: [Int?]
  /// The buffers that the present group's accumulations will read, once all of its operations are done.
  private var pending: Set<Int> = []

  init(graph: Graph, groups: [FusionGroup], isTraining: Bool, inputGradient: Bool) {
    (self.graph, self.groups, self.isTraining) = (graph, groups, isTraining)
    let count = graph.shapes.count
    values = Array(repeating: 0, count: count)
    outputGradients = Array(repeating: nil, count: graph.nodes.count)
    inputGradients = graph.nodes.map { Array(repeating: nil, count: $0.inputs.count) }
    lossGradients = Array(repeating: nil, count: graph.outputs.count)
    valueLayouts = Array(repeating: .dense, count: count)
    gradientLayouts = valueLayouts
    needsGradient = Array(repeating: false, count: count)
    gradients = Array(repeating: nil, count: count)
    planValues()
    if isTraining {
      planGradientLayouts(inputGradient: inputGradient)
      planGradients(inputGradient: inputGradient)
    }
    placeBands()
    assignMemory()
  }

  /// The layout of a buffer's maps.
  func layout(of buffer: Int) -> MapLayout { buffers[buffer].layout }

  // MARK: Time

  private var lossTime: Int { groups.count }
  private func backwardTime(ofGroup group: Int) -> Int { 2 * groups.count - group }
  private static let forever = Int.max

  private func group(ofNode node: Int) -> Int { groups.firstIndex { $0.operations.contains(node) } ?? 0 }

  // MARK: Values

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

  private mutating func planValues() {
    let (saved, aliases) = (savedOutputs(), planValueLayouts())
    for value in graph.shapes.indices {
      let producer = graph.producer(of: value)
      if let producer, aliases[producer] {
        values[value] = values[graph.nodes[producer].inputs[0]]
        buffers[values[value]].values.insert(value)
      } else {
        let time = producer.map { group(ofNode: $0) } ?? -1
        buffers.append(
          Buffer(
            shape: graph.shapes[value], layout: valueLayouts[value], first: time, last: time, values: [value],
            firstNode: producer ?? -1))
        values[value] = buffers.count - 1
      }
      var last = graph.readers(of: value).map { group(ofNode: $0) }.max() ?? -1
      if graph.outputs.contains(value) { last = Self.forever }
      if isTraining {
        for reader in graph.readers(of: value) where graph.nodes[reader].operation.savesInput {
          last = max(last, backwardTime(ofGroup: group(ofNode: reader)))
        }
        if let producer, saved[value] != .nothing {
          last = max(last, backwardTime(ofGroup: group(ofNode: producer)))
        }
      }
      buffers[values[value]].last = max(buffers[values[value]].last, last)
    }
  }

  /// Decides the layout of each value, and for each node whether its output overwrites its first input.
  private mutating func planValueLayouts() -> [Bool] {
    var aliases = Array(repeating: false, count: graph.nodes.count)
    let saved = savedOutputs()
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
  private func canShare(_ operation: any Operation, _ layout: MapLayout) -> Bool {
    operation.input == operation.output || layout == .dense
  }

  // MARK: Gradients

  private mutating func planGradientLayouts(inputGradient: Bool) {
    needsGradient[0] = inputGradient
    for node in graph.nodes {
      let input = node.inputs[0]
      needsGradient[node.output] =
        node.inputs.contains { needsGradient[$0] } || !node.parameters.isEmpty
      let isPassedOn =
        needsGradient[input] && (node.operation.gradientWorksInPlace || node.operation.passesGradientOn)
        && canShare(node.operation, gradientLayouts[input])
      gradientLayouts[node.output] =
        isPassedOn ? gradientLayouts[input] : node.operation.outputGradientLayout
    }
  }

  private mutating func planGradients(inputGradient: Bool) {
    for (index, value) in graph.outputs.enumerated() where needsGradient[value] {
      let buffer = makeGradient(of: value, at: lossTime)
      hold(buffer, for: value)
      lossGradients[index] = buffer
    }
    for (index, group) in groups.enumerated().reversed() {
      let time = backwardTime(ofGroup: index)
      var used: Set<Int> = []
      for node in group.operations.reversed() { planGradients(ofNode: node, group: index, time, &used) }
      for buffer in used { buffers[buffer].last = max(buffers[buffer].last, time) }
      pending = []
    }
    imageGradient = inputGradient ? gradients[0] : nil
    if let imageGradient { buffers[imageGradient].last = Self.forever }
  }

  /// Decides where the backward pass of a node writes its input gradients.
  ///
  /// A value's last reader comes first: its contribution is the gradient, to which those of the other readers are added.
  /// Memory that holds the gradients of two values is never written while both are needed, nor before the accumulations
  /// of its group have read it.
  private mutating func planGradients(ofNode index: Int, group: Int, _ time: Int, _ used: inout Set<Int>) {
    let node = graph.nodes[index]
    guard let dy = gradients[node.output] else { return }
    outputGradients[index] = dy
    used.insert(dy)
    for position in node.inputs.indices.reversed() where needsGradient[node.inputs[position]] {
      let value = node.inputs[position]
      let sum = gradients[value]
      let fits = buffers[dy].layout == gradientLayouts[value]
      let isAlone = holders[dy] == [node.output] && !pending.contains(dy)
      let contribution: Int
      if node.operation.passesGradientOn, sum != nil || fits {
        contribution = dy
      } else if position == 0, node.operation.gradientWorksInPlace, isAlone, sum != nil || fits,
        canShare(node.operation, buffers[dy].layout)
      {
        contribution = dy
      } else {
        contribution = makeGradient(of: value, at: time)
      }
      inputGradients[index][position] = contribution
      used.insert(contribution)
      if let sum {
        var result = sum
        if holders[sum] != [value] {
          holders[sum]?.remove(value)
          result = makeGradient(of: value, at: time)
          hold(result, for: value)
        }
        used.formUnion([sum, result])
        pending.formUnion([contribution, sum])
        accumulations.append(
          Accumulation(group: group, value: value, contribution: contribution, sum: sum, result: result))
      } else {
        hold(contribution, for: value)
      }
    }
    holders[dy]?.remove(node.output)
  }

  private mutating func makeGradient(of value: Int, at time: Int) -> Int {
    buffers.append(
      Buffer(
        shape: graph.shapes[value], layout: gradientLayouts[value], first: time, last: time, values: [],
        firstNode: graph.producer(of: value) ?? -1))
    return buffers.count - 1
  }

  private mutating func hold(_ buffer: Int, for value: Int) {
    gradients[value] = buffer
    holders[buffer, default: []].insert(value)
    buffers[buffer].values.insert(value)
    buffers[buffer].firstNode = min(buffers[buffer].firstNode, graph.producer(of: value) ?? -1)
  }

  // MARK: Memory

  /// Lets a value that is written and read within one fusion group exist as one band per worker only.
  private mutating func placeBands() {
    let valueBuffers = Set(values)
    // Accumulations, and operations with further inputs, read and write gradients of the whole batch.
    let whole = Set(
      accumulations.flatMap { [$0.contribution, $0.sum, $0.result] }
        + inputGradients.flatMap { $0.dropFirst().compactMap { $0 } })
    for group in groups {
      // The output of the group's last node is read by others.
      let inside = Set(group.operations.dropLast().map { graph.nodes[$0].output })
      for buffer in buffers.indices
      where !buffers[buffer].values.isEmpty && buffers[buffer].values.isSubset(of: inside)
        && !whole.contains(buffer)
      {
        if valueBuffers.contains(buffer) {
          let isForwardOnly = buffers[buffer].last <= groups.count - 1
          if group.canDiscard, isForwardOnly { buffers[buffer].bandOwner = group }
        } else if group.canSumInBands, !needsGradient[graph.nodes[group.first].inputs[0]] {
          buffers[buffer].bandOwner = group
        }
      }
    }
  }

  /// Gives buffers that are never in use together the same memory: with equal shapes and layouts, since borders are
  /// zeroed only once.
  private mutating func assignMemory() {
    struct Kind: Hashable {
      let shape: Shape
      let layout: MapLayout
    }
    var free: [Kind: [(memory: Int, from: Int)]] = [:]
    for buffer in buffers.indices.sorted(by: { buffers[$0].first < buffers[$1].first })
    where buffers[buffer].bandOwner == nil {
      let kind = Kind(shape: buffers[buffer].shape, layout: buffers[buffer].layout)
      if let match = free[kind]?.firstIndex(where: { $0.from < buffers[buffer].first }) {
        buffers[buffer].memory = free[kind]?.remove(at: match).memory ?? 0
      } else {
        buffers[buffer].memory = memories
        memories += 1
      }
      if buffers[buffer].last < Self.forever {
        free[kind, default: []].append((buffers[buffer].memory, from: buffers[buffer].last))
      }
    }
  }

  /// Whether a value is still in memory after the last forward pass.
  func isIntact(_ value: Int) -> Bool {
    let buffer = buffers[values[value]]
    return buffer.bandOwner == nil
      && !values.contains {
        buffers[$0].memory == buffer.memory && buffers[$0].bandOwner == nil
          && buffers[$0].first > buffer.first
      }
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
