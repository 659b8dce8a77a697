/// A mixing layer and the channelwise layers behind it, which run on each part of its output while it is in the cache.
struct Stage {
  let head: (any MixingLayer)?
  /// The operations of the tail.
  let tail: [any ChannelwiseLayer]
  /// The first operation's number.
  let first: Int
  private let groups: [Range<Int>]
  private let finalRows: Int
  /// The stage is cut between multiples of this many rows of its output.
  private let granule: Int
  private let rowsAreIndependent: Bool
  /// Rows of the final output that are taken through the stage together.
  private let bandRows: Int
  /// The rows of each boundary inside the stage that a band needs at most: behind the head, then behind each layer of the tail.
  private let rowsInside: [Int]

  /// Bytes of a band of the head's output: half of a first-level cache.
  private static let bandBytes = 24 * 1024
  /// Pieces of work that keep a small team busy.
  private static let enoughPieces = 16

  init(head: (any MixingLayer)?, tail: [any ChannelwiseLayer], first: Int) {
    (self.head, self.tail, self.first) = (head, tail, first)
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
  var operations: Range<Int> { first..<first + (head == nil ? 0 : 1) + tail.count }

  /// Whether a boundary inside the stage can be kept for a band only, in memory that stays in the cache.
  var canForget: Bool { rowsAreIndependent && head?.spansBlocks != true }

  /// What a worker needs of the map behind operation `index` at a time.
  func band(behind index: Int) -> (channels: Int, rows: Int) {
    (groups.map(\.count).max() ?? 0, rowsInside[index - first + (head == nil ? 1 : 0)])
  }

  /// The smallest number of steps of `step` that is a multiple of `multiple`.
  private static func smallest(multiple: Int, of step: Int) -> Int {
    (1...multiple).first { $0 * step % multiple == 0 } ?? multiple
  }

  /// How the stage's output is cut for `blocks` blocks.
  struct Cut {
    let blocks: Int
    let groups: Int
    let parts: Int
    var count: Int { blocks * groups * parts }
  }

  private var granules: Int { (finalRows + granule - 1) / granule }

  func cut(blocks: Int) -> Cut {
    let units = head?.spansBlocks == true ? 1 : blocks
    let whole = units * groups.count
    let parts = rowsAreIndependent ? min(granules, (Self.enoughPieces + whole - 1) / whole) : 1
    return Cut(blocks: units, groups: groups.count, parts: parts)
  }

  private func region(_ piece: Int, _ cut: Cut, blocks: Int) -> Region {
    let (rest, part) = piece.quotientAndRemainder(dividingBy: cut.parts)
    let (unit, group) = rest.quotientAndRemainder(dividingBy: cut.groups)
    func row(_ part: Int) -> Int { min(granules * part / cut.parts * granule, finalRows) }
    return Region(
      blocks: head?.spansBlocks == true ? 0..<blocks : unit..<unit + 1, channels: groups[group],
      rows: row(part)..<row(part + 1))
  }

  /// Computes one piece of the stage's output, band by band.
  ///
  /// - Parameter passes: the worker's own; maps that are kept for a band only are moved under it.
  func forward(
    _ piece: Int, _ cut: Cut, _ passes: UnsafeMutablePointer<LayerPass>, _ step: StepInfo,
    scratch: UnsafeMutablePointer<Float>, meter: WorkerMeter
  ) {
    var region = region(piece, cut, blocks: step.blocks)
    let rows = region.rows
    var row = rows.lowerBound
    while row < rows.upperBound {
      let next = min(row + bandRows, rows.upperBound)
      region.rows = row..<next
      forward(through: tail.count, region, passes, step, scratch, meter)
      row = next
    }
  }

  private func forward(
    through count: Int, _ region: Region, _ passes: UnsafeMutablePointer<LayerPass>, _ step: StepInfo,
    _ scratch: UnsafeMutablePointer<Float>, _ meter: WorkerMeter
  ) {
    if count < tail.count {
      let behind = passes + tailIndex(count)
      behind.pointee.x.move(under: region)
      if head != nil || count > 0 { behind[-1].y.move(under: region) }
    }
    guard count > 0 else {
      meter.measure(first, .forward) { head?.forward(region, passes[first], step, scratch: scratch) }
      return
    }
    let layer = tail[count - 1]
    var before = region
    before.rows = layer.inputRows(for: region.rows)
    forward(through: count - 1, before, passes, step, scratch, meter)
    let index = tailIndex(count - 1)
    meter.measure(index, .forward) { layer.forward(region, passes[index], step) }
  }

  private func tailIndex(_ index: Int) -> Int { first + (head == nil ? 0 : 1) + index }

  /// Takes one piece of the gradient back through the tail.
  func backwardThroughTail(
    _ piece: Int, _ cut: Cut, _ passes: UnsafePointer<LayerPass>, _ step: StepInfo, meter: WorkerMeter
  ) {
    var region = region(piece, cut, blocks: step.blocks)
    for index in tail.indices.reversed() {
      let operation = tailIndex(index)
      meter.measure(operation, .inputGradient) { tail[index].backward(region, passes[operation], step) }
      region.rows = tail[index].inputRows(for: region.rows)
    }
  }
}
