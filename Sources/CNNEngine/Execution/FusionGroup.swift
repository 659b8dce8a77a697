/// A mixing layer and the channelwise layers behind it, which run on each part of its output while it is in the cache.
struct FusionGroup {
  let anchor: (any AnchorOperation)?
  /// The operations of the tail.
  let epilogue: [any FusibleOperation]
  private let chain: FusedChain
  /// The first operation's number.
  let first: Int
  private let channelGroups: [Range<Int>]
  private let finalRows: Int
  /// The stage is cut between multiples of this many rows of its output.
  private let rowGranularity: Int
  private let rowsAreIndependent: Bool
  // What the head says is kept apart from it: asking it for every task would count references in all threads.
  private let maxBlocksPerTask: Int
  private let anchorOutput: Shape?
  /// Rows of the final output that are taken through the stage together.
  private let bandRows: Int
  /// The rows of each boundary inside the stage that a band needs at most: behind the head, then behind each layer of the tail.
  private let rowsInside: [Int]
  /// How the head sums its weight gradient from bands, if it can.
  private let bandSums: DirectWeightGradient?

  /// Bytes of a band of the head's output: half of a first-level cache.
  private static let bandBytes = 24 * 1024

  init(anchor: (any AnchorOperation)?, epilogue: [any FusibleOperation], first: Int) {
    (self.anchor, self.epilogue, self.first) = (anchor, epilogue, first)
    chain = FusedChain.of(anchor, epilogue, first: first)
    maxBlocksPerTask = anchor?.maxBlocksPerTask ?? 1
    anchorOutput = anchor?.output
    let output = epilogue.last?.output ?? anchor?.output ?? Shape([1])
    channelGroups = anchor?.channelGroups ?? [0..<output.channels]
    finalRows = output.height
    rowsAreIndependent = epilogue.allSatisfy(\.rowsAreIndependent)
    let widest = anchor?.output ?? epilogue.first?.input ?? output
    let rowBytes = widest.width * (channelGroups.first?.count ?? 1) * CPUFeatures.laneCount * 4
    let anchorRowsPerRow = max(1, widest.height / max(output.height, 1))
    rowGranularity = Self.smallest(multiple: anchor?.rowMultiple ?? 1, of: anchorRowsPerRow)
    let rows = Self.bandBytes / (rowBytes * anchorRowsPerRow)
    bandRows =
      rowsAreIndependent && !epilogue.isEmpty ? max(1, rows / rowGranularity) * rowGranularity : finalRows
    rowsInside = Self.rowsInside(
      epilogue, rows: output.height, rowGranularity: rowGranularity, bandRows: bandRows)
    bandSums = rowsAreIndependent && !epilogue.isEmpty ? anchor?.bandSums : nil
  }

  private static func rowsInside(
    _ epilogue: [any FusibleOperation], rows count: Int, rowGranularity: Int, bandRows: Int
  ) -> [Int] {
    var most = [Int](repeating: 0, count: epilogue.count)
    for start in stride(from: 0, to: count, by: rowGranularity) {
      var rows = start..<min(start + bandRows, count)
      for index in epilogue.indices.reversed() {
        rows = epilogue[index].inputRows(for: rows)
        most[index] = max(most[index], rows.count)
      }
    }
    return most
  }

  // MARK: Memory

  private var firstOfEpilogue: Int { anchorOutput == nil ? first : first + 1 }

  /// The operations of the stage.
  var operations: Range<Int> { first..<firstOfEpilogue + epilogue.count }

  /// Whether a boundary inside the stage can be kept for a band only, in memory that stays in the cache.
  var canDiscard: Bool { rowsAreIndependent && maxBlocksPerTask == 1 }

  /// What a worker needs of the map behind operation `index` at a time.
  func band(behind index: Int) -> (channels: Int, rows: Int) {
    (channelGroups.map(\.count).max() ?? 0, rowsInside[index + 1 - firstOfEpilogue])
  }

  /// The smallest number of steps of `step` that is a multiple of `multiple`.
  private static func smallest(multiple: Int, of step: Int) -> Int {
    (1...multiple).first { $0 * step % multiple == 0 } ?? multiple
  }

  /// How the stage's output is cut: into groups of blocks, these into groups of channels, and these into rows.
  struct Cut {
    let units: Int
    let channelGroups: Int
    let rows: RowCut
    var count: Int { units * channelGroups * rows.parts }
  }

  func cut(blocks: Int) -> Cut {
    let units = (blocks + maxBlocksPerTask - 1) / maxBlocksPerTask
    let whole = units * channelGroups.count
    let rows = RowCut(
      rows: finalRows, multiple: rowsAreIndependent ? rowGranularity : finalRows, whole: whole)
    return Cut(units: units, channelGroups: channelGroups.count, rows: rows)
  }

  private func region(_ task: Int, _ step: StepInfo) -> Region {
    let cut = cut(blocks: step.blocks)
    let (rest, part) = task.quotientAndRemainder(dividingBy: cut.rows.parts)
    let (unit, group) = rest.quotientAndRemainder(dividingBy: cut.channelGroups)
    return Region(
      blocks: (0..<step.blocks).part(unit, of: cut.units), channels: channelGroups[group],
      rows: cut.rows[part])
  }

  /// Computes one task of the stage's output, band by band.
  func forward(_ task: Int, _ workspace: Workspace, _ worker: Int) {
    let context = ChainContext(workspace, worker)
    chain.forward(inBands: bandRows, of: region(task, context.step), context)
  }

  /// Takes one task of the gradient back through the tail.
  func backwardThroughEpilogue(_ task: Int, _ workspace: Workspace, _ worker: Int) {
    let context = ChainContext(workspace, worker)
    _ = chain.backward(region(task, context.step), context)
  }
}

// MARK: Bands

/// A stage whose input needs no gradient sums its weight gradient from bands of its output's gradient: these are
/// made and used up in the cache, and never written to memory.
extension FusionGroup {
  /// Bytes of a band of the gradient behind the head, a quarter of a first-level cache.
  private static let gradientBandBytes = 12 * 1024

  /// Whether its head and its tail can work that way.
  var canSumInBands: Bool { bandSums != nil }

  private func gradientBandRows(_ sums: DirectWeightGradient) -> Int {
    guard let output = anchorOutput else { return 1 }
    let rowBytes = output.width * sums.widestRange * CPUFeatures.laneCount * 4
    return max(1, Self.gradientBandBytes / (rowBytes * max(1, output.height / max(finalRows, 1))))
  }

  /// What a worker needs of the gradient behind operation `index` at a time.
  func gradientBand(behind index: Int) -> (channels: Int, rows: Int) {
    guard let sums = bandSums else { return (0, 0) }
    let rows = gradientBandRows(sums)
    let inside = Self.rowsInside(epilogue, rows: finalRows, rowGranularity: rows, bandRows: rows)
    return (sums.widestRange, inside[index - first])
  }

  /// Whether it does: its input needs no gradient.
  func sumsInBands(_ workspace: Workspace) -> Bool { canSumInBands && workspace.buffers[first].dx == nil }

  /// Bands that a block is cut into.
  private func bands(_ sums: DirectWeightGradient) -> Int {
    let rows = gradientBandRows(sums)
    return (finalRows + rows - 1) / rows
  }

  private func chunks(_ sums: DirectWeightGradient, blocks: Int) -> Int {
    min(blocks * bands(sums), sums.maxChunks)
  }

  /// Tasks of `backwardInBands`.
  func bandedTasks(blocks: Int) -> Int {
    bandSums.map { $0.outputRanges.count * chunks($0, blocks: blocks) } ?? 0
  }

  /// Sums the weight gradient of some output channels over some bands, as the tail's gradient comes in.
  func backwardInBands(_ task: Int, _ workspace: Workspace, _ worker: Int) {
    guard let sums = bandSums else { return }
    let context = ChainContext(workspace, worker)
    let (chunk, range) = task.quotientAndRemainder(dividingBy: sums.outputRanges.count)
    let (outputs, chunks) = (sums.outputRanges[range], chunks(sums, blocks: context.step.blocks))
    let (bands, rows) = (bands(sums), gradientBandRows(sums))
    sums.clear(context.scratch, outputs)
    for band in (0..<context.step.blocks * bands).part(chunk, of: chunks) {
      let (block, part) = band.quotientAndRemainder(dividingBy: bands)
      let region = chain.backward(
        Region(
          blocks: block..<block + 1, channels: outputs, rows: part * rows..<min((part + 1) * rows, finalRows)),
        context)
      context.step.clocks.measure(.weightGradient, of: first, by: worker) {
        sums.add(region, context.buffers[first], context.scratch)
      }
    }
    sums.keep(context.scratch, outputs, chunk: chunk, context.buffers[first])
  }

  /// Adds up what `backwardInBands` has summed of each part of the batch.
  func finishBands(_ workspace: Workspace) {
    guard let sums = bandSums else { return }
    let parts = chunks(sums, blocks: workspace.step.pointee.blocks)
    for channel in 0..<(anchorOutput?.channels ?? 0) {
      sums.finish(channel, parts: parts, workspace.buffers[first])
    }
  }
}
