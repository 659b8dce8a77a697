/// A mixing layer and the channelwise layers behind it, which run on each part of its output while it is in the cache.
struct Stage {
  let head: (any MixingLayer)?
  /// The operations of the tail.
  let tail: [any ChannelwiseLayer]
  private let chain: LayerChain
  /// The first operation's number.
  let first: Int
  private let groups: [Range<Int>]
  private let finalRows: Int
  /// The stage is cut between multiples of this many rows of its output.
  private let granule: Int
  private let rowsAreIndependent: Bool
  // What the head says is kept apart from it: asking it for every piece would count references in all threads.
  private let mostBlocksPerPiece: Int
  private let headOutput: Shape?
  /// Rows of the final output that are taken through the stage together.
  private let bandRows: Int
  /// The rows of each boundary inside the stage that a band needs at most: behind the head, then behind each layer of the tail.
  private let rowsInside: [Int]
  /// How the head sums its weight gradient from bands, if it can.
  private let bandSums: TapSums?

  /// Bytes of a band of the head's output: half of a first-level cache.
  private static let bandBytes = 24 * 1024

  init(head: (any MixingLayer)?, tail: [any ChannelwiseLayer], first: Int) {
    (self.head, self.tail, self.first) = (head, tail, first)
    chain = LayerChain.of(head, tail, first: first)
    mostBlocksPerPiece = head?.mostBlocksPerPiece ?? 1
    headOutput = head?.output
    let output = tail.last?.output ?? head?.output ?? Shape([1])
    groups = head?.channelGroups ?? [0..<output.channels]
    finalRows = output.height
    rowsAreIndependent = tail.allSatisfy(\.rowsAreIndependent)
    let widest = head?.output ?? tail.first?.input ?? output
    let rowBytes = widest.width * (groups.first?.count ?? 1) * LaneCPU.laneCount * 4
    let headRowsPerRow = max(1, widest.height / max(output.height, 1))
    granule = Self.smallest(multiple: head?.rowMultiple ?? 1, of: headRowsPerRow)
    let rows = Self.bandBytes / (rowBytes * headRowsPerRow)
    bandRows = rowsAreIndependent && !tail.isEmpty ? max(1, rows / granule) * granule : finalRows
    rowsInside = Self.rowsInside(tail, rows: output.height, granule: granule, bandRows: bandRows)
    bandSums = rowsAreIndependent && !tail.isEmpty ? head?.bandSums : nil
  }

  private static func rowsInside(
    _ tail: [any ChannelwiseLayer], rows count: Int, granule: Int, bandRows: Int
  ) -> [Int] {
    var most = [Int](repeating: 0, count: tail.count)
    for start in stride(from: 0, to: count, by: granule) {
      var rows = start..<min(start + bandRows, count)
      for index in tail.indices.reversed() {
        rows = tail[index].inputRows(for: rows)
        most[index] = max(most[index], rows.count)
      }
    }
    return most
  }

  // MARK: Memory

  private var firstOfTail: Int { headOutput == nil ? first : first + 1 }

  /// The operations of the stage.
  var operations: Range<Int> { first..<firstOfTail + tail.count }

  /// Whether a boundary inside the stage can be kept for a band only, in memory that stays in the cache.
  var canForget: Bool { rowsAreIndependent && mostBlocksPerPiece == 1 }

  /// What a worker needs of the map behind operation `index` at a time.
  func band(behind index: Int) -> (channels: Int, rows: Int) {
    (groups.map(\.count).max() ?? 0, rowsInside[index + 1 - firstOfTail])
  }

  /// The smallest number of steps of `step` that is a multiple of `multiple`.
  private static func smallest(multiple: Int, of step: Int) -> Int {
    (1...multiple).first { $0 * step % multiple == 0 } ?? multiple
  }

  /// How the stage's output is cut: into groups of blocks, these into groups of channels, and these into rows.
  struct Cut {
    let units: Int
    let groups: Int
    let rows: RowCut
    var count: Int { units * groups * rows.parts }
  }

  func cut(blocks: Int) -> Cut {
    let units = (blocks + mostBlocksPerPiece - 1) / mostBlocksPerPiece
    let whole = units * groups.count
    let rows = RowCut(rows: finalRows, multiple: rowsAreIndependent ? granule : finalRows, whole: whole)
    return Cut(units: units, groups: groups.count, rows: rows)
  }

  private func region(_ piece: Int, _ step: StepInfo) -> Region {
    let cut = cut(blocks: step.blocks)
    let (rest, part) = piece.quotientAndRemainder(dividingBy: cut.rows.parts)
    let (unit, group) = rest.quotientAndRemainder(dividingBy: cut.groups)
    return Region(
      blocks: (0..<step.blocks).part(unit, of: cut.units), channels: groups[group], rows: cut.rows[part])
  }

  /// Computes one piece of the stage's output, band by band.
  func forward(_ piece: Int, _ workspace: Workspace, _ worker: Int) {
    let pass = ChainPass(workspace, worker)
    chain.forward(inBands: bandRows, of: region(piece, pass.step), pass)
  }

  /// Takes one piece of the gradient back through the tail.
  func backwardThroughTail(_ piece: Int, _ workspace: Workspace, _ worker: Int) {
    let pass = ChainPass(workspace, worker)
    _ = chain.backward(region(piece, pass.step), pass)
  }
}

// MARK: Bands

/// A stage whose input needs no gradient sums its weight gradient from bands of its output's gradient: these are
/// made and used up in the cache, and never written to memory.
extension Stage {
  /// Bytes of a band of the gradient behind the head, a quarter of a first-level cache.
  private static let gradientBandBytes = 12 * 1024

  /// Whether its head and its tail can work that way.
  var canSumInBands: Bool { bandSums != nil }

  private func gradientBandRows(_ sums: TapSums) -> Int {
    guard let output = headOutput else { return 1 }
    let rowBytes = output.width * sums.widestRange * LaneCPU.laneCount * 4
    return max(1, Self.gradientBandBytes / (rowBytes * max(1, output.height / max(finalRows, 1))))
  }

  /// What a worker needs of the gradient behind operation `index` at a time.
  func gradientBand(behind index: Int) -> (channels: Int, rows: Int) {
    guard let sums = bandSums else { return (0, 0) }
    let rows = gradientBandRows(sums)
    let inside = Self.rowsInside(tail, rows: finalRows, granule: rows, bandRows: rows)
    return (sums.widestRange, inside[index - first])
  }

  /// Whether it does: its input needs no gradient.
  func sumsInBands(_ workspace: Workspace) -> Bool { canSumInBands && workspace.passes[first].dx == nil }

  /// Bands that a block is cut into.
  private func bands(_ sums: TapSums) -> Int {
    let rows = gradientBandRows(sums)
    return (finalRows + rows - 1) / rows
  }

  private func chunks(_ sums: TapSums, blocks: Int) -> Int { min(blocks * bands(sums), sums.mostChunks) }

  /// Pieces of work of `backwardInBands`.
  func bandedPieces(blocks: Int) -> Int {
    bandSums.map { $0.outputRanges.count * chunks($0, blocks: blocks) } ?? 0
  }

  /// Sums the weight gradient of some output channels over some bands, as the tail's gradient comes in.
  func backwardInBands(_ piece: Int, _ workspace: Workspace, _ worker: Int) {
    guard let sums = bandSums else { return }
    let pass = ChainPass(workspace, worker)
    let (chunk, range) = piece.quotientAndRemainder(dividingBy: sums.outputRanges.count)
    let (outputs, chunks) = (sums.outputRanges[range], chunks(sums, blocks: pass.step.blocks))
    let (bands, rows) = (bands(sums), gradientBandRows(sums))
    sums.clear(pass.scratch, outputs)
    for band in (0..<pass.step.blocks * bands).part(chunk, of: chunks) {
      let (block, part) = band.quotientAndRemainder(dividingBy: bands)
      let region = chain.backward(
        Region(
          blocks: block..<block + 1, channels: outputs, rows: part * rows..<min((part + 1) * rows, finalRows)),
        pass)
      pass.step.clocks.measure(.weightGradient, of: first, by: worker) {
        sums.add(region, pass.passes[first], pass.scratch)
      }
    }
    sums.keep(pass.scratch, outputs, chunk: chunk, pass.passes[first])
  }

  /// Adds up what `backwardInBands` has summed of each part of the batch.
  func finishBands(_ workspace: Workspace) {
    guard let sums = bandSums else { return }
    let parts = chunks(sums, blocks: workspace.step.pointee.blocks)
    for channel in 0..<(headOutput?.channels ?? 0) {
      sums.finish(channel, parts: parts, workspace.passes[first])
    }
  }
}
