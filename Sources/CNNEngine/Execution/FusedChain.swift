/// The layers of a stage, one bound to the next, which work on a region together; this one has none.
///
/// Each layer lies in an object of its own type. Out of an array of all types it would be copied for every band, with
/// all threads counting references to the same boxes.
class FusedChain {
  init() {}

  /// The layers of a stage that begins with operation `first`.
  static func of(_ anchor: (any AnchorOperation)?, _ epilogue: [any FusibleOperation], first: Int)
    -> FusedChain
  {
    func chain(_ anchor: some AnchorOperation) -> FusedChain { ChainAnchor(layer: anchor, index: first) }
    func chain(_ front: FusedChain, _ layer: some FusibleOperation, _ index: Int) -> FusedChain {
      ChainEpilogue(front: front, layer: layer, index: index)
    }
    let front = anchor.map { chain($0) } ?? FusedChain()
    let firstOfEpilogue = anchor == nil ? first : first + 1
    return epilogue.enumerated().reduce(front) { chain($0, $1.element, firstOfEpilogue + $1.offset) }
  }

  /// Computes a region of the last layer's output, and all of the maps in front that it needs.
  func forward(_ region: Region, _ context: ChainContext) {}

  /// Takes the gradient of a region back through the tail; returns the region of the head's output it comes from.
  func backward(_ region: Region, _ context: ChainContext) -> Region { region }

  /// Computes a region of the output `rows` rows at a time.
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

/// What the layers of a chain work with.
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

/// A stage's mixing layer, operation `index`.
private final class ChainAnchor<Layer: AnchorOperation>: FusedChain {
  private let layer: Layer
  private let index: Int

  init(layer: Layer, index: Int) { (self.layer, self.index) = (layer, index) }

  override func forward(_ region: Region, _ context: ChainContext) {
    context.buffers[index].y.move(under: region)
    context.step.clocks.measure(.forward, of: index, by: context.worker) {
      layer.forward(region, context.buffers[index], context.step, scratch: context.scratch)
    }
  }

  override func backward(_ region: Region, _ context: ChainContext) -> Region {
    context.buffers[index].dy?.move(under: region)
    return region
  }
}

/// A channelwise layer behind other layers of its stage, operation `index`.
///
/// Maps that a worker keeps for a band only are moved under it.
private final class ChainEpilogue<Layer: FusibleOperation>: FusedChain {
  private let front: FusedChain
  private let layer: Layer
  private let index: Int

  init(front: FusedChain, layer: Layer, index: Int) {
    (self.front, self.layer, self.index) = (front, layer, index)
  }

  override func forward(_ region: Region, _ context: ChainContext) {
    let own = context.buffers + index
    var before = region
    before.rows = layer.inputRows(for: region.rows)
    own.pointee.x.move(under: before)
    own.pointee.y.move(under: region)
    front.forward(before, context)
    context.step.clocks.measure(.forward, of: index, by: context.worker) {
      layer.forward(region, own.pointee, context.step)
    }
  }

  override func backward(_ region: Region, _ context: ChainContext) -> Region {
    let own = context.buffers + index
    var before = region
    before.rows = layer.inputRows(for: region.rows)
    own.pointee.dx?.move(under: before)
    own.pointee.dy?.move(under: region)
    context.step.clocks.measure(.inputGradient, of: index, by: context.worker) {
      layer.backward(region, own.pointee, context.step)
    }
    return front.backward(before, context)
  }
}
