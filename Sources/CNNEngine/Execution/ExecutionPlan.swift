/// The parallel loops of every part of a step, made once, so that a step allocates nothing.
struct ExecutionPlan {
  /// Augments the images of the batch; empty without augmentation.
  let augmenting: [ParallelLoop]
  /// Reads the batch into batch blocks.
  let loading: [ParallelLoop]
  /// Packs the weights of the operations whose kernels read them in another order.
  let packing: [ParallelLoop]
  /// Computes the outputs, fusion group by fusion group.
  let inference: [ParallelLoop]
  /// Computes the outputs and the losses.
  let forward: [ParallelLoop]
  /// Computes what regularizers add to the loss.
  let regularizationLoss: [ParallelLoop]
  /// Computes the gradients, from the last fusion group to the first, and adds those of the regularizers.
  let backward: [ParallelLoop]
  /// Applies the weight constraints to updated weights, and packs these.
  let afterUpdate: [ParallelLoop]

  init(
    groups: [FusionGroup], workspace: Workspace, model: Model, training: Bool, augmenter: Augmenter? = nil
  ) {
    augmenting = augmenter.map { [Self.augmenting(workspace, $0)] } ?? []
    loading = [Self.loading(workspace)]
    packing = Self.folding(workspace) + [Self.packing(workspace, training: training)]
    inference =
      groups.map { group in
        ParallelLoop(tasks: { TaskRange(group.tasks(blocks: workspace.step.pointee.blocks)) }) {
          task, worker in
          group.forward(task, workspace, worker)
        }
      }
    forward = inference + model.outputs.indices.map { Self.loss(workspace, model.outputs[$0], number: $0) }
    regularizationLoss = [Self.regularizationLoss(workspace, model)]
    backward =
      training
      ? groups.indices.reversed().flatMap { index in
        Self.backward(groups[index], workspace)
          + workspace.accumulations(afterGroup: index).map { Self.accumulating($0, workspace) }
      } + Self.regularizing(workspace, model) : []
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
        step.batch?.read(task, into: workspace.image)
      }
    }
  }

  // MARK: Weights

  private static func packing(_ workspace: Workspace, training: Bool) -> ParallelLoop {
    typealias PackingTask = (operation: any AnchorOperation, index: Int, task: Int)
    let tasks = workspace.operations.enumerated().flatMap { index, operation -> [PackingTask] in
      guard let operation = operation.anchor else { return [] }
      return (0..<operation.packingTasks(training: training)).map { (operation, index, $0) }
    }
    return ParallelLoop(count: tasks.count) { item, worker in
      let (operation, index, task) = tasks[item]
      workspace.step.pointee.profiler.measure(.packing, of: index, by: worker) {
        operation.pack(task, workspace.buffers[index])
      }
    }
  }

  /// Folds batch norms into the weights before them, which are packed afterwards.
  private static func folding(_ workspace: Workspace) -> [ParallelLoop] {
    let folded = workspace.foldedWeights
    guard !folded.isEmpty else { return [] }
    return [
      ParallelLoop(count: folded.count) { index, _ in folded[index].compute(from: workspace.parameters) }
    ]
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

  private static func loss(_ workspace: Workspace, _ output: ModelOutput, number: Int) -> ParallelLoop {
    let operation = LossOp(loss: output.loss, classes: output.classes, weight: output.weight)
    return ParallelLoop(tasks: { TaskRange(workspace.step.pointee.blocks) }) { block, worker in
      let step = workspace.step.pointee
      step.profiler.measure(.loss, of: workspace.operations.count, by: worker) {
        operation.computeLoss(block, workspace.outputs[number], step)
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
    if group.needsWholeBatch, let anchor = group.anchor {
      return [backwardOfWholeBatch(group, anchor, workspace)]
    }
    let epilogue = ParallelLoop(tasks: {
      TaskRange(group.tasks(blocks: workspace.step.pointee.blocks))
    }) { task, worker in
      group.backwardThroughEpilogue(task, workspace, worker)
    }
    return (group.epilogue.isEmpty ? [] : [epilogue])
      + (group.anchor.map { backward($0, group.first, workspace) } ?? [])
  }

  /// The anchor follows its epilogue within each task, since both have the same channels: what one has written is still
  /// in the cache for the other.
  private static func backwardOfWholeBatch(
    _ group: FusionGroup, _ anchor: any AnchorOperation, _ workspace: Workspace
  ) -> ParallelLoop {
    let index = group.first
    return ParallelLoop(tasks: { TaskRange(group.tasks(blocks: workspace.step.pointee.blocks)) }) {
      task, worker in
      group.backwardThroughEpilogue(task, workspace, worker)
      let step = workspace.step.pointee
      step.profiler.measure(.inputGradient, of: index, by: worker) {
        anchor.backward(task, workspace.buffers[index], step, scratch: workspace.scratch(of: worker))
      }
    }
  }

  /// Adds a contribution to the gradient of a value with several readers.
  private static func accumulating(_ sum: GradientSum, _ workspace: Workspace) -> ParallelLoop {
    ParallelLoop(tasks: { TaskRange(workspace.step.pointee.blocks * sum.shape.channels) }) { task, worker in
      workspace.step.pointee.profiler.measure(.inputGradient, of: sum.reader, by: worker) {
        let (block, channel) = task.quotientAndRemainder(dividingBy: sum.shape.channels)
        sum.add(block, channel)
      }
    }
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
