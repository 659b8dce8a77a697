/// An anchor operation and its epilogue: the fusible operations behind it, which run on each band of its output while
/// that is in the cache.
struct FusionGroup {
  let anchor: (any AnchorOperation)?
  let epilogue: [any FusibleOperation]
  private let chain: FusedChain
  /// The index of the group's first operation.
  let first: Int
  private let channelGroups: [Range<Int>]
  private let outputRows: Int
  /// Tasks and bands begin at multiples of this many output rows.
  private let rowGranularity: Int
  private let rowsAreIndependent: Bool
  // Copies of what the anchor says: reading its existential in every task would count references in all threads.
  private let maxBlocksPerTask: Int
  /// Whether a task is a channel group of the whole batch.
  let needsWholeBatch: Bool
  private let anchorOutput: Shape?
  /// Output rows of a band in the forward pass.
  private let bandRows: Int
  /// The rows of each value inside the group that a band needs at most: behind the anchor, then behind each operation
  /// of the epilogue.
  private let rowsInside: [Int]
  /// The anchor's weight gradient in bands, if it has one.
  private let bandedWeightGradient: DirectWeightGradient?

  /// Bytes of a band of the anchor's output: half of a first-level cache.
  private static let bandBytes = 24 * 1024

  init(anchor: (any AnchorOperation)?, epilogue: [any FusibleOperation], first: Int) {
    (self.anchor, self.epilogue, self.first) = (anchor, epilogue, first)
    chain = FusedChain.of(anchor, epilogue, first: first)
    maxBlocksPerTask = anchor?.maxBlocksPerTask ?? 1
    needsWholeBatch = anchor?.needsWholeBatch ?? false
    anchorOutput = anchor?.output
    let output = epilogue.last?.output ?? anchor?.output ?? Shape([1])
    channelGroups = anchor?.channelGroups ?? [0..<output.channels]
    outputRows = output.height
    rowsAreIndependent = epilogue.allSatisfy(\.rowsAreIndependent)
    let widest = anchor?.output ?? epilogue.first?.input ?? output
    let rowBytes = widest.width * (channelGroups.first?.count ?? 1) * CPUFeatures.laneCount * 4
    let anchorRowsPerRow = max(1, widest.height / max(output.height, 1))
    rowGranularity = Self.smallestCount(of: anchorRowsPerRow, multipleOf: anchor?.rowMultiple ?? 1)
    let rows = Self.bandBytes / (rowBytes * anchorRowsPerRow)
    bandRows =
      rowsAreIndependent && !epilogue.isEmpty ? max(1, rows / rowGranularity) * rowGranularity : outputRows
    rowsInside = Self.rowsInside(
      epilogue, rows: output.height, rowGranularity: rowGranularity, bandRows: bandRows)
    bandedWeightGradient = rowsAreIndependent && !epilogue.isEmpty ? anchor?.bandedWeightGradient : nil
  }

  /// Each anchor operation with the fusible operations behind it.
  ///
  /// An operation joins the group of the one before it if that computes its first input, and nothing else reads that.
  static func groups(of graph: Graph) -> [FusionGroup] {
    var groups: [FusionGroup] = []
    var index = 0
    while index < graph.nodes.count {
      let first = index
      let anchor = graph.nodes[index].operation.anchor
      if anchor != nil { index += 1 }
      var epilogue: [any FusibleOperation] = []
      while index < graph.nodes.count, let operation = graph.nodes[index].operation.fusible,
        index == first
          || graph.nodes[index - 1].output == graph.nodes[index].inputs[0]
            && graph.onlyReader(of: graph.nodes[index].inputs[0]) == index
      {
        epilogue.append(operation)
        index += 1
      }
      groups.append(FusionGroup(anchor: anchor, epilogue: epilogue, first: first))
    }
    return groups
  }

  private static func rowsInside(
    _ epilogue: [any FusibleOperation], rows count: Int, rowGranularity: Int, bandRows: Int
  ) -> [Int] {
    var largest = [Int](repeating: 0, count: epilogue.count)
    for start in stride(from: 0, to: count, by: rowGranularity) {
      var rows = start..<min(start + bandRows, count)
      for index in epilogue.indices.reversed() {
        rows = epilogue[index].inputRows(for: rows)
        largest[index] = max(largest[index], rows.count)
      }
    }
    return largest
  }

  /// The smallest number of `step`s whose sum is a multiple of `multiple`.
  private static func smallestCount(of step: Int, multipleOf multiple: Int) -> Int {
    (1...multiple).first { $0 * step % multiple == 0 } ?? multiple
  }

  // MARK: Memory

  private var firstOfEpilogue: Int { anchorOutput == nil ? first : first + 1 }

  /// The indices of the group's operations.
  var operations: Range<Int> { first..<firstOfEpilogue + epilogue.count }

  /// Whether a value inside the group may exist as one band per worker only, in memory that stays in the cache.
  var canDiscard: Bool { rowsAreIndependent && maxBlocksPerTask == 1 }

  /// The size of a worker's band of the value behind operation `index`.
  func band(behind index: Int) -> (channels: Int, rows: Int) {
    (channelGroups.map(\.count).max() ?? 0, rowsInside[index + 1 - firstOfEpilogue])
  }

  // MARK: Tasks

  /// How the group's output is split into tasks: by batch blocks, by channel groups, by bands of rows.
  private struct Split {
    let blockRanges: Int
    let channelGroups: Int
    let rows: RowBands
    var count: Int { blockRanges * channelGroups * rows.count }
  }

  private func split(blocks: Int) -> Split {
    if needsWholeBatch {
      return Split(
        blockRanges: 1, channelGroups: channelGroups.count,
        rows: RowBands(rows: outputRows, multiple: outputRows, wholeTasks: 1))
    }
    let blockRanges = (blocks + maxBlocksPerTask - 1) / maxBlocksPerTask
    let rows = RowBands(
      rows: outputRows, multiple: rowsAreIndependent ? rowGranularity : outputRows,
      wholeTasks: blockRanges * channelGroups.count)
    return Split(blockRanges: blockRanges, channelGroups: channelGroups.count, rows: rows)
  }

  /// The number of tasks of the forward pass, and of the backward pass through the epilogue.
  func tasks(blocks: Int) -> Int { split(blocks: blocks).count }

  private func region(_ task: Int, _ step: StepInfo) -> Region {
    let split = split(blocks: step.blocks)
    let (rest, band) = task.quotientAndRemainder(dividingBy: split.rows.count)
    let (blockRange, group) = rest.quotientAndRemainder(dividingBy: split.channelGroups)
    return Region(
      blocks: (0..<step.blocks).part(blockRange, of: split.blockRanges), channels: channelGroups[group],
      rows: split.rows[band])
  }

  /// Computes one task's region of the group's output, band by band.
  func forward(_ task: Int, _ workspace: Workspace, _ worker: Int) {
    let context = ChainContext(workspace, worker)
    let region = region(task, context.step)
    guard needsWholeBatch else { return chain.forward(inBands: bandRows, of: region, context) }
    chain.prepare(region.channels, context)
    for block in region.blocks {
      chain.forward(inBands: bandRows, of: region.block(block), context)
    }
  }

  /// Computes the gradient of the anchor's output from one task's region of the output gradient.
  func backwardThroughEpilogue(_ task: Int, _ workspace: Workspace, _ worker: Int) {
    let context = ChainContext(workspace, worker)
    let region = region(task, context.step)
    guard needsWholeBatch else {
      _ = chain.backward(region, context)
      return
    }
    for block in region.blocks { _ = chain.backward(region.block(block), context) }
  }
}

// MARK: Banded weight gradient

/// A group whose input needs no gradient sums its weight gradient from bands of the gradient behind the anchor: these are
/// written and read in the cache, and never reach memory.
extension FusionGroup {
  /// Bytes of a band of the gradient behind the anchor: a quarter of a first-level cache.
  private static let gradientBandBytes = 12 * 1024

  /// Whether anchor and epilogue support it.
  var canSumInBands: Bool { bandedWeightGradient != nil }

  private func gradientBandRows(_ algorithm: DirectWeightGradient) -> Int {
    guard let output = anchorOutput else { return 1 }
    let rowBytes = output.width * algorithm.widestRange * CPUFeatures.laneCount * 4
    return max(1, Self.gradientBandBytes / (rowBytes * max(1, output.height / max(outputRows, 1))))
  }

  /// The size of a worker's band of the gradient behind operation `index`.
  func gradientBand(behind index: Int) -> (channels: Int, rows: Int) {
    guard let algorithm = bandedWeightGradient else { return (0, 0) }
    let rows = gradientBandRows(algorithm)
    let inside = Self.rowsInside(epilogue, rows: outputRows, rowGranularity: rows, bandRows: rows)
    return (algorithm.widestRange, inside[index - first])
  }

  /// Whether the group does so: its input needs no gradient.
  func sumsInBands(_ workspace: Workspace) -> Bool { canSumInBands && workspace.buffers[first].dx == nil }

  /// Bands of a batch block.
  private func bands(_ algorithm: DirectWeightGradient) -> Int {
    let rows = gradientBandRows(algorithm)
    return (outputRows + rows - 1) / rows
  }

  private func chunks(_ algorithm: DirectWeightGradient, blocks: Int) -> Int {
    min(blocks * bands(algorithm), algorithm.maxChunks)
  }

  /// The number of tasks of `backwardInBands`.
  func bandedTasks(blocks: Int) -> Int {
    bandedWeightGradient.map { $0.outputRanges.count * chunks($0, blocks: blocks) } ?? 0
  }

  /// Sums the weight gradient of some output channels over one chunk of the bands, behind the epilogue's backward pass.
  func backwardInBands(_ task: Int, _ workspace: Workspace, _ worker: Int) {
    guard let algorithm = bandedWeightGradient else { return }
    let context = ChainContext(workspace, worker)
    let (chunk, range) = task.quotientAndRemainder(dividingBy: algorithm.outputRanges.count)
    let (outputs, chunks) = (algorithm.outputRanges[range], chunks(algorithm, blocks: context.step.blocks))
    let (bands, rows) = (bands(algorithm), gradientBandRows(algorithm))
    algorithm.clear(context.scratch, outputs)
    for band in (0..<context.step.blocks * bands).part(chunk, of: chunks) {
      let (block, part) = band.quotientAndRemainder(dividingBy: bands)
      let region = chain.backward(
        Region(
          blocks: block..<block + 1, channels: outputs,
          rows: part * rows..<min((part + 1) * rows, outputRows)),
        context)
      context.step.profiler.measure(.weightGradient, of: first, by: worker) {
        algorithm.add(region, context.buffers[first], context.scratch)
      }
    }
    algorithm.save(context.scratch, outputs, chunk: chunk, context.buffers[first])
  }

  /// Adds up the chunks' sums.
  func finishBands(_ workspace: Workspace) {
    guard let algorithm = bandedWeightGradient else { return }
    let chunks = chunks(algorithm, blocks: workspace.step.pointee.blocks)
    for channel in 0..<(anchorOutput?.channels ?? 0) {
      algorithm.finish(channel, chunks: chunks, workspace.buffers[first])
    }
  }
}
