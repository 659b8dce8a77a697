/// All that a network does in a step, made once, so that a step allocates nothing.
struct ExecutionPlan {
  /// Makes new versions of the images of the batch; none where they are read as they are.
  let augmenting: [ParallelLoop]
  /// Reads the batch into lanes.
  let loading: [ParallelLoop]
  /// Packs the weights of the layers whose kernels want another order.
  let packing: [ParallelLoop]
  /// Computes the outputs, stage by stage, and then the losses.
  let forward: [ParallelLoop]
  /// Computes the gradients, from the last stage to the first.
  let backward: [ParallelLoop]

  init(
    groups: [FusionGroup], workspace: Workspace, loss: any Loss, classes: Int, training: Bool,
    augmenter: Augmenter? = nil
  ) {
    augmenting = augmenter.map { [Self.augmenting(workspace, $0)] } ?? []
    loading = [Self.loading(workspace)]
    packing = [Self.packing(workspace, training: training)]
    forward =
      groups.map { group in
        ParallelLoop(tasks: { TaskRange(group.cut(blocks: workspace.step.pointee.blocks).count) }) {
          task, worker in
          group.forward(task, workspace, worker)
        }
      } + [Self.judging(workspace, loss, classes: classes)]
    backward =
      training ? groups.reversed().flatMap { Self.backward($0, workspace) } : []
  }

  private static func augmenting(_ workspace: Workspace, _ augmenter: Augmenter) -> ParallelLoop {
    let others = workspace.operations.count
    return ParallelLoop(tasks: { TaskRange(workspace.step.pointee.images) }) { image, worker in
      let step = workspace.step.pointee
      step.clocks.measure(.augmenting, of: others, by: worker) {
        guard let batch = step.batch, let random = step.augmentation else { return }
        augmenter.draw(batch.image(image), number: batch.indices[image], random, at: image, worker)
      }
    }
  }

  private static func loading(_ workspace: Workspace) -> ParallelLoop {
    let others = workspace.operations.count
    return ParallelLoop(tasks: {
      let step = workspace.step.pointee
      return TaskRange(step.blocks * (step.batch?.tasksPerBlock ?? 0))
    }) { task, worker in
      let step = workspace.step.pointee
      step.clocks.measure(.loading, of: others, by: worker) {
        step.batch?.read(task, into: workspace.buffers[0].x)
      }
    }
  }

  private static func packing(_ workspace: Workspace, training: Bool) -> ParallelLoop {
    typealias Piece = (layer: any AnchorOperation, index: Int, task: Int)
    let tasks = workspace.operations.enumerated().flatMap { index, layer -> [Piece] in
      guard let layer = layer as? any AnchorOperation else { return [] }
      return (0..<layer.packingTasks(training: training)).map { (layer: layer, index: index, task: $0) }
    }
    return ParallelLoop(tasks: { TaskRange(tasks.count) }) { item, worker in
      let (layer, index, task) = tasks[item]
      workspace.step.pointee.clocks.measure(.packing, of: index, by: worker) {
        layer.pack(task, workspace.buffers[index])
      }
    }
  }

  private static func judging(_ workspace: Workspace, _ loss: any Loss, classes: Int) -> ParallelLoop {
    let others = workspace.operations.count
    return ParallelLoop(tasks: { TaskRange(workspace.step.pointee.blocks) }) { block, worker in
      let step = workspace.step.pointee
      step.clocks.measure(.loss, of: others, by: worker) {
        workspace.judge(block, classes: classes, loss: loss, step)
      }
    }
  }

  private static func backward(_ group: FusionGroup, _ workspace: Workspace) -> [ParallelLoop] {
    if group.sumsInBands(workspace) {
      return [
        ParallelLoop(tasks: { TaskRange(group.bandedTasks(blocks: workspace.step.pointee.blocks)) }) {
          task, worker in
          group.backwardInBands(task, workspace, worker)
        },
        ParallelLoop(tasks: { TaskRange(1) }) { _, _ in group.finishBands(workspace) },
      ]
    }
    let epilogue = ParallelLoop(tasks: { TaskRange(group.cut(blocks: workspace.step.pointee.blocks).count) })
    {
      task, worker in
      group.backwardThroughEpilogue(task, workspace, worker)
    }
    return (group.epilogue.isEmpty ? [] : [epilogue])
      + (group.anchor.map { backward($0, group.first, workspace) } ?? [])
  }

  private static func backward(_ anchor: any AnchorOperation, _ index: Int, _ workspace: Workspace)
    -> [ParallelLoop]
  {
    let gradients = ParallelLoop(tasks: {
      anchor.backwardTasks(workspace.buffers[index], workspace.step.pointee)
    }) {
      task, worker in
      let (buffers, step) = (workspace.buffers[index], workspace.step.pointee)
      step.clocks.measure(anchor.backwardPass(of: task, buffers, step), of: index, by: worker) {
        anchor.backward(task, buffers, step, scratch: workspace.scratch(of: worker))
      }
    }
    guard anchor.finishingTasks > 0 else { return [gradients] }
    let finishing = ParallelLoop(tasks: { TaskRange(anchor.finishingTasks) }) { task, worker in
      workspace.step.pointee.clocks.measure(.weightGradient, of: index, by: worker) {
        anchor.finish(task, workspace.buffers[index])
      }
    }
    return [gradients, finishing]
  }
}
