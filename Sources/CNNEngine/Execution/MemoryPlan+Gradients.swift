extension MemoryPlan {
  /// Decides which gradients are needed, and the layout of each.
  mutating func planGradientLayouts(inputGradient: Bool) {
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

  /// Decides the buffers of all gradients, from the losses to the image.
  mutating func planGradients(inputGradient: Bool) {
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
          Accumulation(
            group: group, reader: index, value: value, contribution: contribution, sum: sum, result: result))
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
}
