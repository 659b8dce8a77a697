/// The parallel loops of every part of a step, made once, so that a step allocates nothing.
struct ExecutionPlan {
  /// Augments the images of the batch; empty without augmentation.
  let augmenting: [ParallelLoop]
  /// Reads the batch into batch blocks.
  let loading: [ParallelLoop]
  /// Packs the weights of the operations whose kernels read them in another order.
  let packing: [ParallelLoop]
  /// Computes the outputs, fusion group by fusion group, and the losses.
  let forward: [ParallelLoop]
  /// Computes what regularizers add to the loss.
  let regularizationLoss: [ParallelLoop]
  /// Computes the gradients, from the last fusion group to the first, and adds those of the regularizers.
  let backward: [ParallelLoop]
  /// Applies the weight constraints to updated weights, and packs these.
  let afterUpdate: [ParallelLoop]

  init(
    groups: [FusionGroup], workspace: Workspace, model: Model, loss: any Loss, training: Bool,
    augmenter: Augmenter? = nil
  ) {
    augmenting = augmenter.map { [Self.augmenting(workspace, $0)] } ?? []
    loading = [Self.loading(workspace)]
    packing = [Self.packing(workspace, training: training)]
    forward =
      groups.map { group in
        ParallelLoop(tasks: { TaskRange(group.tasks(blocks: workspace.step.pointee.blocks)) }) {
          task, worker in
          group.forward(task, workspace, worker)
        }
      } + [Self.loss(workspace, loss, classes: model.output.count)]
    regularizationLoss = [Self.regularizationLoss(workspace, model)]
    backward =
      training
      ? groups.reversed().flatMap { Self.backward($0, workspace) } + Self.regularizing(workspace, model) : []
    afterUpdate = Self.constraining(workspace, model) + packing
  }

  // MARK: Input

  private static func augmenting(_ workspace: Workspace, _ augmenter: Augmenter) -> ParallelLoop {
    ParallelLoop(tasks: { TaskRange(workspace.step.pointee.images) }) { image, worker in
      let step = workspace.step.pointee
      step.profiler.measure(.augmenting, of: workspace.operations.count, by: worker) {
        guard let batch = step.batch, let random = step.augmentation else { return }
        augmenter.augment(batch.image(image), number: batch.indices[image], random, at: image, worker)
      }
    }
  }

  private static func loading(_ workspace: Workspace) -> ParallelLoop {
    ParallelLoop(tasks: {
      let step = workspace.step.pointee
      return TaskRange(step.blocks * (step.batch?.tasksPerBlock ?? 0))
    }) { task, worker in
      let step = workspace.step.pointee
      step.profiler.measure(.loading, of: workspace.operations.count, by: worker) {
        step.batch?.read(task, into: workspace.buffers[0].x)
      }
    }
  }

  // MARK: Weights

  private static func packing(_ workspace: Workspace, training: Bool) -> ParallelLoop {
    typealias PackingTask = (operation: any AnchorOperation, index: Int, task: Int)
    let tasks = workspace.operations.enumerated().flatMap { index, operation -> [PackingTask] in
      guard let operation = operation as? any AnchorOperation else { return [] }
      return (0..<operation.packingTasks(training: training)).map { (operation, index, $0) }
    }
    return ParallelLoop(count: tasks.count) { item, worker in
      let (operation, index, task) = tasks[item]
      workspace.step.pointee.profiler.measure(.packing, of: index, by: worker) {
        operation.pack(task, workspace.buffers[index])
      }
    }
  }

  private static func constraining(_ workspace: Workspace, _ model: Model) -> [ParallelLoop] {
    let constrained = model.parameters.compactMap { parameter in
      parameter.spec.constraint.map { (parameter: parameter, constraint: $0) }
    }
    guard !constrained.isEmpty else { return [] }
    return [
      ParallelLoop(count: constrained.count) { index, _ in
        let (parameter, constraint) = constrained[index]
        let weights = UnsafeMutableBufferPointer(
          start: workspace.parameters.floats + parameter.offset, count: parameter.count)
        constraint.apply(to: weights, units: parameter.shape[0])
      }
    ]
  }

  // MARK: Loss

  private static func loss(_ workspace: Workspace, _ loss: any Loss, classes: Int) -> ParallelLoop {
    let operation = LossOp(loss: loss, classes: classes)
    return ParallelLoop(tasks: { TaskRange(workspace.step.pointee.blocks) }) { block, worker in
      let step = workspace.step.pointee
      step.profiler.measure(.loss, of: workspace.operations.count, by: worker) {
        operation.computeLoss(
          block, scores: workspace.buffers[workspace.operations.count - 1], labels: workspace.labels,
          losses: workspace.losses, predictions: workspace.predictions, step)
      }
    }
  }

  /// A task for each regularizer: weights first, then activities, as their sum is added up.
  private static func regularizationLoss(_ workspace: Workspace, _ model: Model) -> ParallelLoop {
    let (regularized, activities) = (model.regularizedParameters, workspace.activityRegularizers)
    return ParallelLoop(count: regularized.count + activities.count) { task, _ in
      if task < regularized.count {
        let parameter = regularized[task]
        let weights = UnsafeBufferPointer(
          start: workspace.parameters.floats + parameter.offset, count: parameter.count)
        workspace.regularizationLosses[task] = parameter.spec.regularizer.loss(weights)
      } else {
        let (operation, index) = activities[task - regularized.count]
        workspace.regularizationLosses[task] = operation.loss(
          workspace.buffers[index], workspace.step.pointee)
      }
    }
  }

  // MARK: Backward

  private static func regularizing(_ workspace: Workspace, _ model: Model) -> [ParallelLoop] {
    let regularized = model.regularizedParameters
    guard !regularized.isEmpty, let gradients = workspace.gradients else { return [] }
    return [
      ParallelLoop(count: regularized.count) { index, _ in
        let parameter = regularized[index]
        let weights = UnsafeBufferPointer(
          start: workspace.parameters.floats + parameter.offset, count: parameter.count)
        parameter.spec.regularizer.addGradient(weights, to: gradients.floats + parameter.offset)
      }
    ]
  }

  private static func backward(_ group: FusionGroup, _ workspace: Workspace) -> [ParallelLoop] {
    if group.sumsInBands(workspace) {
      return [
        ParallelLoop(tasks: { TaskRange(group.bandedTasks(blocks: workspace.step.pointee.blocks)) }) {
          task, worker in
          group.backwardInBands(task, workspace, worker)
        },
        ParallelLoop(count: 1) { _, _ in group.finishBands(workspace) },
      ]
    }
    let epilogue = ParallelLoop(tasks: {
      TaskRange(group.tasks(blocks: workspace.step.pointee.blocks))
    }) { task, worker in
      group.backwardThroughEpilogue(task, workspace, worker)
    }
    return (group.epilogue.isEmpty ? [] : [epilogue])
      + (group.anchor.map { backward($0, group.first, workspace) } ?? [])
  }

  private static func backward(
    _ anchor: any AnchorOperation, _ index: Int, _ workspace: Workspace
  ) -> [ParallelLoop] {
    let gradients = ParallelLoop(
      tasks: { anchor.backwardTasks(workspace.buffers[index], workspace.step.pointee) }
    ) { task, worker in
      let (buffers, step) = (workspace.buffers[index], workspace.step.pointee)
      step.profiler.measure(anchor.profiledPass(of: task, buffers, step), of: index, by: worker) {
        anchor.backward(task, buffers, step, scratch: workspace.scratch(of: worker))
      }
    }
    guard anchor.finishingTasks > 0 else { return [gradients] }
    let finishing = ParallelLoop(tasks: { TaskRange(anchor.finishingTasks) }) { task, worker in
      workspace.step.pointee.profiler.measure(.weightGradient, of: index, by: worker) {
        anchor.finish(task, workspace.buffers[index])
      }
    }
    return [gradients, finishing]
  }
}
