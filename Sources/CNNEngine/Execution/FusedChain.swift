/// The operations of a fusion group, linked so that a call runs all of them on one region; this one has none.
///
/// Each operation is stored in an object of its own type. Out of an array of existentials it would be copied for every band,
/// with all threads counting references to the same boxes.
class FusedChain {
  init() {}

  /// Links the operations of a group whose first operation has index `first`.
  static func of(
    _ anchor: (any AnchorOperation)?, _ epilogue: [any FusibleOperation], first: Int
  ) -> FusedChain {
    func link(_ anchor: some AnchorOperation) -> FusedChain { AnchorLink(operation: anchor, index: first) }
    func link(_ front: FusedChain, _ operation: some FusibleOperation, _ index: Int) -> FusedChain {
      EpilogueLink(front: front, operation: operation, index: index)
    }
    let front = anchor.map { link($0) } ?? FusedChain()
    let firstOfEpilogue = anchor == nil ? first : first + 1
    return epilogue.enumerated().reduce(front) { link($0, $1.element, firstOfEpilogue + $1.offset) }
  }

  /// Lets the anchor compute what it needs to know of the whole batch.
  func prepare(_ channels: Range<Int>, _ context: ChainContext) {}

  /// Computes a region of the last operation's output, and the regions of earlier values that it depends on.
  func forward(_ region: Region, _ context: ChainContext) {}

  /// Runs the epilogue's backward pass on a region of the output gradient; returns the region of the anchor's output
  /// that it belongs to.
  func backward(_ region: Region, _ context: ChainContext) -> Region { region }

  /// Computes a region of the output in bands of `rows` rows.
  final func forward(inBands rows: Int, of region: Region, _ context: ChainContext) {
    var band = region
    var row = region.rows.lowerBound
    while row < region.rows.upperBound {
      let next = min(row + rows, region.rows.upperBound)
      band.rows = row..<next
      forward(band, context)
      row = next
    }
  }
}

/// What the operations of a chain work with on one worker.
struct ChainContext {
  /// The buffers of all operations, as the worker sees them.
  let buffers: UnsafeMutablePointer<LayerBuffers>
  let step: StepInfo
  let scratch: UnsafeMutablePointer<Float>
  let worker: Int

  init(_ workspace: Workspace, _ worker: Int) {
    buffers = workspace.buffers(of: worker)
    step = workspace.step.pointee
    scratch = workspace.scratch(of: worker)
    self.worker = worker
  }
}

/// The anchor of a group.
private final class AnchorLink<Anchor: AnchorOperation>: FusedChain {
  private let operation: Anchor
  private let index: Int

  init(operation: Anchor, index: Int) { (self.operation, self.index) = (operation, index) }

  override func prepare(_ channels: Range<Int>, _ context: ChainContext) {
    context.step.profiler.measure(.forward, of: index, by: context.worker) {
      operation.prepare(channels, context.buffers[index], context.step)
    }
  }

  override func forward(_ region: Region, _ context: ChainContext) {
    context.buffers[index].y.moveBand(to: region)
    context.step.profiler.measure(.forward, of: index, by: context.worker) {
      operation.forward(region, context.buffers[index], context.step, scratch: context.scratch)
    }
  }

  override func backward(_ region: Region, _ context: ChainContext) -> Region {
    context.buffers[index].dy?.moveBand(to: region)
    return region
  }
}

/// An operation of the epilogue, behind the other operations of its group.
private final class EpilogueLink<Fusible: FusibleOperation>: FusedChain {
  private let front: FusedChain
  private let operation: Fusible
  private let index: Int

  init(front: FusedChain, operation: Fusible, index: Int) {
    (self.front, self.operation, self.index) = (front, operation, index)
  }

  override func prepare(_ channels: Range<Int>, _ context: ChainContext) { front.prepare(channels, context) }

  override func forward(_ region: Region, _ context: ChainContext) {
    let own = context.buffers + index
    var inputRegion = region
    inputRegion.rows = operation.inputRows(for: region.rows)
    own.pointee.x.moveBand(to: inputRegion)
    own.pointee.y.moveBand(to: region)
    front.forward(inputRegion, context)
    context.step.profiler.measure(.forward, of: index, by: context.worker) {
      operation.forward(region, own.pointee, context.step)
    }
  }

  override func backward(_ region: Region, _ context: ChainContext) -> Region {
    let own = context.buffers + index
    var inputRegion = region
    inputRegion.rows = operation.inputRows(for: region.rows)
    own.pointee.dx?.moveBand(to: inputRegion)
    own.pointee.dy?.moveBand(to: region)
    context.step.profiler.measure(.inputGradient, of: index, by: context.worker) {
      operation.backward(region, own.pointee, context.step)
    }
    return front.backward(inputRegion, context)
  }
}
