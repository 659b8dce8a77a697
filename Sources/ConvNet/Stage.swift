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
  /// Pieces of work that keep a small team busy.
  private static let enoughPieces = 16

  init(head: (any MixingLayer)?, tail: [any ChannelwiseLayer], first: Int) {
    (self.head, self.tail, self.first) = (head, tail, first)
    chain = Self.chain(head, tail, first: first)
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

  private static func chain(
    _ head: (any MixingLayer)?, _ tail: [any ChannelwiseLayer], first: Int
  ) -> LayerChain {
    var chain = LayerChain()
    var index = first
    if let head {
      chain = Self.chain(of: head, index: index)
      index += 1
    }
    for layer in tail {
      chain = Self.chain(chain, layer, index)
      index += 1
    }
    return chain
  }

  private static func chain(of head: some MixingLayer, index: Int) -> LayerChain {
    HeadOfChain(layer: head, index: index)
  }

  private static func chain(_ front: LayerChain, _ layer: some ChannelwiseLayer, _ index: Int) -> LayerChain {
    LinkOfChain(front: front, layer: layer, index: index)
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

  /// The operations of the stage.
  var operations: Range<Int> { first..<first + (headOutput == nil ? 0 : 1) + tail.count }

  /// Whether a boundary inside the stage can be kept for a band only, in memory that stays in the cache.
  var canForget: Bool { rowsAreIndependent && mostBlocksPerPiece == 1 }

  /// What a worker needs of the map behind operation `index` at a time.
  func band(behind index: Int) -> (channels: Int, rows: Int) {
    (groups.map(\.count).max() ?? 0, rowsInside[index - first + (headOutput == nil ? 1 : 0)])
  }

  /// The smallest number of steps of `step` that is a multiple of `multiple`.
  private static func smallest(multiple: Int, of step: Int) -> Int {
    (1...multiple).first { $0 * step % multiple == 0 } ?? multiple
  }

  /// How the stage's output is cut for `blocks` blocks.
  struct Cut {
    /// Groups of blocks.
    let units: Int
    let groups: Int
    let parts: Int
    var count: Int { units * groups * parts }
  }

  private var granules: Int { (finalRows + granule - 1) / granule }

  func cut(blocks: Int) -> Cut {
    let units = (blocks + mostBlocksPerPiece - 1) / mostBlocksPerPiece
    let whole = units * groups.count
    let parts = rowsAreIndependent ? min(granules, (Self.enoughPieces + whole - 1) / whole) : 1
    return Cut(units: units, groups: groups.count, parts: parts)
  }

  private func region(_ piece: Int, _ cut: Cut, blocks: Int) -> Region {
    let (rest, part) = piece.quotientAndRemainder(dividingBy: cut.parts)
    let (unit, group) = rest.quotientAndRemainder(dividingBy: cut.groups)
    func row(_ part: Int) -> Int { min(granules * part / cut.parts * granule, finalRows) }
    return Region(
      blocks: blocks * unit / cut.units..<blocks * (unit + 1) / cut.units, channels: groups[group],
      rows: row(part)..<row(part + 1))
  }

  /// Computes one piece of the stage's output, band by band.
  ///
  /// Maps that the worker keeps for a band only are moved under it.
  func forward(_ piece: Int, _ workspace: Workspace, _ worker: Int) {
    let step = workspace.step.pointee
    chain.forward(
      inBands: bandRows, of: region(piece, cut(blocks: step.blocks), blocks: step.blocks),
      ChainPass(
        passes: workspace.passes(of: worker), step: step, scratch: workspace.scratch(of: worker),
        worker: worker))
  }

  /// Takes one piece of the gradient back through the tail.
  func backwardThroughTail(_ piece: Int, _ workspace: Workspace, _ worker: Int) {
    let step = workspace.step.pointee
    let region = region(piece, cut(blocks: step.blocks), blocks: step.blocks)
    _ = chain.backward(
      region,
      ChainPass(
        passes: workspace.passes(of: worker), step: step, scratch: workspace.scratch(of: worker),
        worker: worker))
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
    let step = workspace.step.pointee
    let (passes, scratch) = (workspace.passes(of: worker), workspace.scratch(of: worker))
    let (chunk, range) = piece.quotientAndRemainder(dividingBy: sums.outputRanges.count)
    let (outputs, chunks) = (sums.outputRanges[range], chunks(sums, blocks: step.blocks))
    let (bands, rows) = (bands(sums), gradientBandRows(sums))
    sums.clear(scratch, outputs)
    for band in step.blocks * bands * chunk / chunks..<step.blocks * bands * (chunk + 1) / chunks {
      let (block, part) = band.quotientAndRemainder(dividingBy: bands)
      let region = chain.backward(
        Region(
          blocks: block..<block + 1, channels: outputs, rows: part * rows..<min((part + 1) * rows, finalRows)),
        ChainPass(passes: passes, step: step, scratch: scratch, worker: worker))
      step.clocks.measure(.weightGradient, of: first, by: worker) {
        sums.add(region, passes[first], scratch)
      }
    }
    sums.keep(scratch, outputs, chunk: chunk, passes[first])
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
