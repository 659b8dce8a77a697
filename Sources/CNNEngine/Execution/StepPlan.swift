/// All that a network does in a step, made once, so that a step allocates nothing.
struct StepPlan {
  /// Makes new versions of the images of the batch; none where they are read as they are.
  let augmenting: [Phase]
  /// Reads the batch into lanes.
  let loading: [Phase]
  /// Packs the weights of the layers whose kernels want another order.
  let packing: [Phase]
  /// Computes the outputs, stage by stage, and then the losses.
  let forward: [Phase]
  /// Computes the gradients, from the last stage to the first.
  let backward: [Phase]

  init(
    stages: [Stage], workspace: Workspace, loss: any Loss, classes: Int, training: Bool,
    augmenter: Augmenter? = nil
  ) {
    augmenting = augmenter.map { [Self.augmenting(workspace, $0)] } ?? []
    loading = [Self.loading(workspace)]
    packing = [Self.packing(workspace, training: training)]
    forward =
      stages.map { stage in
        Phase(items: { WorkItems(stage.cut(blocks: workspace.step.pointee.blocks).count) }) { piece, worker in
          stage.forward(piece, workspace, worker)
        }
      } + [Self.judging(workspace, loss, classes: classes)]
    backward =
      training ? stages.reversed().flatMap { Self.backward($0, workspace) } : []
  }

  private static func augmenting(_ workspace: Workspace, _ augmenter: Augmenter) -> Phase {
    let others = workspace.operations.count
    return Phase(items: { WorkItems(workspace.step.pointee.images) }) { image, worker in
      let step = workspace.step.pointee
      step.clocks.measure(.augmenting, of: others, by: worker) {
        guard let batch = step.batch, let random = step.augmentation else { return }
        augmenter.draw(batch.image(image), number: batch.indices[image], random, at: image, worker)
      }
    }
  }

  private static func loading(_ workspace: Workspace) -> Phase {
    let others = workspace.operations.count
    return Phase(items: {
      let step = workspace.step.pointee
      return WorkItems(step.blocks * (step.batch?.piecesPerBlock ?? 0))
    }) { piece, worker in
      let step = workspace.step.pointee
      step.clocks.measure(.loading, of: others, by: worker) {
        step.batch?.read(piece, into: workspace.passes[0].x)
      }
    }
  }

  private static func packing(_ workspace: Workspace, training: Bool) -> Phase {
    typealias Piece = (layer: any MixingLayer, index: Int, piece: Int)
    let pieces = workspace.operations.enumerated().flatMap { index, layer -> [Piece] in
      guard let layer = layer as? any MixingLayer else { return [] }
      return (0..<layer.packingPieces(training: training)).map { (layer: layer, index: index, piece: $0) }
    }
    return Phase(items: { WorkItems(pieces.count) }) { item, worker in
      let (layer, index, piece) = pieces[item]
      workspace.step.pointee.clocks.measure(.packing, of: index, by: worker) {
        layer.pack(piece, workspace.passes[index])
      }
    }
  }

  private static func judging(_ workspace: Workspace, _ loss: any Loss, classes: Int) -> Phase {
    let others = workspace.operations.count
    return Phase(items: { WorkItems(workspace.step.pointee.blocks) }) { block, worker in
      let step = workspace.step.pointee
      step.clocks.measure(.loss, of: others, by: worker) {
        workspace.judge(block, classes: classes, loss: loss, step)
      }
    }
  }

  private static func backward(_ stage: Stage, _ workspace: Workspace) -> [Phase] {
    if stage.sumsInBands(workspace) {
      return [
        Phase(items: { WorkItems(stage.bandedPieces(blocks: workspace.step.pointee.blocks)) }) {
          piece, worker in
          stage.backwardInBands(piece, workspace, worker)
        },
        Phase(items: { WorkItems(1) }) { _, _ in stage.finishBands(workspace) },
      ]
    }
    let tail = Phase(items: { WorkItems(stage.cut(blocks: workspace.step.pointee.blocks).count) }) {
      piece, worker in
      stage.backwardThroughTail(piece, workspace, worker)
    }
    return (stage.tail.isEmpty ? [] : [tail])
      + (stage.head.map { backward($0, stage.first, workspace) } ?? [])
  }

  private static func backward(_ head: any MixingLayer, _ index: Int, _ workspace: Workspace) -> [Phase] {
    let gradients = Phase(items: { head.backwardPieces(workspace.passes[index], workspace.step.pointee) }) {
      piece, worker in
      let (pass, step) = (workspace.passes[index], workspace.step.pointee)
      step.clocks.measure(head.backwardPass(of: piece, pass, step), of: index, by: worker) {
        head.backward(piece, pass, step, scratch: workspace.scratch(of: worker))
      }
    }
    guard head.finishingPieces > 0 else { return [gradients] }
    let finishing = Phase(items: { WorkItems(head.finishingPieces) }) { piece, worker in
      workspace.step.pointee.clocks.measure(.weightGradient, of: index, by: worker) {
        head.finish(piece, workspace.passes[index])
      }
    }
    return [gradients, finishing]
  }
}
