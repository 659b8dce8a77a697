extension MemoryPlan {
  /// Lets a value that is written and read within one fusion group exist as one band per worker only.
  mutating func placeBands() {
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
  mutating func assignMemory() {
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

  /// Whether a value is still in memory after the last forward pass: neither discarded nor overwritten.
  func isIntact(_ value: Int) -> Bool {
    let buffer = buffers[values[value]]
    return buffer.bandOwner == nil
      && !graph.nodes.contains { $0.output > value && values[$0.output] == values[value] }
      && !values.contains {
        buffers[$0].memory == buffer.memory && buffers[$0].bandOwner == nil
          && buffers[$0].first > buffer.first
      }
  }
}
