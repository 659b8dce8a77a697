/// The layers of a stage, one bound to the next, which work on a region together; this one has none.
///
/// Each layer lies in an object of its own type. Out of an array of all types it would be copied for every band, with
/// all threads counting references to the same boxes.
class LayerChain {
  init() {}

  /// The layers of a stage that begins with operation `first`.
  static func of(_ head: (any MixingLayer)?, _ tail: [any ChannelwiseLayer], first: Int) -> LayerChain {
    func chain(_ head: some MixingLayer) -> LayerChain { HeadOfChain(layer: head, index: first) }
    func chain(_ front: LayerChain, _ layer: some ChannelwiseLayer, _ index: Int) -> LayerChain {
      LinkOfChain(front: front, layer: layer, index: index)
    }
    let front = head.map { chain($0) } ?? LayerChain()
    let firstOfTail = head == nil ? first : first + 1
    return tail.enumerated().reduce(front) { chain($0, $1.element, firstOfTail + $1.offset) }
  }

  /// Computes a region of the last layer's output, and all of the maps in front that it needs.
  func forward(_ region: Region, _ pass: ChainPass) {}

  /// Takes the gradient of a region back through the tail; returns the region of the head's output it comes from.
  func backward(_ region: Region, _ pass: ChainPass) -> Region { region }

  /// Computes a region of the output `rows` rows at a time.
  final func forward(inBands rows: Int, of region: Region, _ pass: ChainPass) {
    var band = region
    var row = region.rows.lowerBound
    while row < region.rows.upperBound {
      let next = min(row + rows, region.rows.upperBound)
      band.rows = row..<next
      forward(band, pass)
      row = next
    }
  }
}

/// What the layers of a chain work with.
struct ChainPass {
  /// The buffers of all operations, as the worker sees them.
  let passes: UnsafeMutablePointer<LayerPass>
  let step: StepInfo
  let scratch: UnsafeMutablePointer<Float>
  let worker: Int

  init(_ workspace: Workspace, _ worker: Int) {
    passes = workspace.passes(of: worker)
    step = workspace.step.pointee
    scratch = workspace.scratch(of: worker)
    self.worker = worker
  }
}

/// A stage's mixing layer, operation `index`.
private final class HeadOfChain<Layer: MixingLayer>: LayerChain {
  private let layer: Layer
  private let index: Int

  init(layer: Layer, index: Int) { (self.layer, self.index) = (layer, index) }

  override func forward(_ region: Region, _ pass: ChainPass) {
    pass.passes[index].y.move(under: region)
    pass.step.clocks.measure(.forward, of: index, by: pass.worker) {
      layer.forward(region, pass.passes[index], pass.step, scratch: pass.scratch)
    }
  }

  override func backward(_ region: Region, _ pass: ChainPass) -> Region {
    pass.passes[index].dy?.move(under: region)
    return region
  }
}

/// A channelwise layer behind other layers of its stage, operation `index`.
///
/// Maps that a worker keeps for a band only are moved under it.
private final class LinkOfChain<Layer: ChannelwiseLayer>: LayerChain {
  private let front: LayerChain
  private let layer: Layer
  private let index: Int

  init(front: LayerChain, layer: Layer, index: Int) {
    (self.front, self.layer, self.index) = (front, layer, index)
  }

  override func forward(_ region: Region, _ pass: ChainPass) {
    let own = pass.passes + index
    var before = region
    before.rows = layer.inputRows(for: region.rows)
    own.pointee.x.move(under: before)
    own.pointee.y.move(under: region)
    front.forward(before, pass)
    pass.step.clocks.measure(.forward, of: index, by: pass.worker) {
      layer.forward(region, own.pointee, pass.step)
    }
  }

  override func backward(_ region: Region, _ pass: ChainPass) -> Region {
    let own = pass.passes + index
    var before = region
    before.rows = layer.inputRows(for: region.rows)
    own.pointee.dx?.move(under: before)
    own.pointee.dy?.move(under: region)
    pass.step.clocks.measure(.inputGradient, of: index, by: pass.worker) {
      layer.backward(region, own.pointee, pass.step)
    }
    return front.backward(before, pass)
  }
}
