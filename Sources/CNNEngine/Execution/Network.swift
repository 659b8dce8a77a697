import CSIMD
import Randomness

/// What one batch gave.
public struct BatchResult: Sendable {
  /// Images in the batch.
  public let images: Int
  /// The sum of the images' losses, without penalties.
  public let lossSum: Double
  /// Images whose highest score is their label's.
  public let correct: Int
}

/// A model with memory and a threadPool of threads: it reads batches, computes outputs and gradients.
///
/// Several networks may share one buffer of parameters: one trains with a large batch, another evaluates.
public final class Network {
  /// The checked layers.
  public let model: Model
  /// The weights; shared, not copied.
  public let parameters: FlatTensorBuffer
  /// The gradient of the last backward pass; nil in a network that only evaluates.
  public let gradients: FlatTensorBuffer?
  let threadPool: ThreadPool
  let workspace: Workspace
  private let plan: ExecutionPlan
  private let augmenter: Augmenter?
  private let classes: Int
  /// The name of each operation's layer.
  private let names: [String]
  private let penalized: [Parameter]
  private let activityPenalties: [(layer: ActivityRegularizerOp, index: Int)]
  /// Times the passes, when there is one.
  private var meter: Profiler?

  /// Allocates everything for batches of up to `batchSize` images.
  ///
  /// With `inputGradient` the backward pass goes on to the gradient of the input. `augmentation` is what happens to
  /// images that are loaded with a generator.
  package init(
    model: Model, parameters: FlatTensorBuffer, loss: any Loss, batchSize: Int, training: Bool,
    threadPool: ThreadPool,
    inputGradient: Bool = false, augmentation: Augmentation = Augmentation()
  ) {
    self.model = model
    self.parameters = parameters
    self.threadPool = threadPool
    classes = model.output.count
    gradients = training ? FlatTensorBuffer(count: model.flatCount) : nil
    let operations = Self.operations(of: model, absorbingSoftmax: type(of: loss).absorbsSoftmax)
    let groups = Self.groups(operations.map(\.layer))
    workspace = Workspace(
      operations: operations, groups: groups, input: model.input, parameters: parameters,
      gradients: gradients,
      capacity: batchSize, workers: threadPool.threads, inputGradient: inputGradient)
    names = operations.map(\.name)
    augmenter =
      augmentation.isEmpty
      ? nil
      : Augmenter(augmentation, shape: model.input, capacity: workspace.capacity, workers: threadPool.threads)
    plan = ExecutionPlan(
      groups: groups, workspace: workspace, loss: loss, classes: classes, training: training,
      augmenter: augmenter)
    penalized = model.parameters.filter { $0.spec.penalty.l1 != 0 || $0.spec.penalty.l2 != 0 }
    activityPenalties = operations.enumerated().compactMap { index, operation in
      (operation.layer as? ActivityRegularizerOp).map { ($0, index) }
    }
  }

  /// What changes from step to step.
  var step: StepInfo {
    get { workspace.step.pointee }
    set { workspace.step.pointee = newValue }
  }

  private static func operations(of model: Model, absorbingSoftmax: Bool) -> [PlannedOperation] {
    var layers = model.layers
    if absorbingSoftmax, layers.last?.layer is Softmax { layers.removeLast() }
    var operations = layers.flatMap { entry -> [PlannedOperation] in
      var built = entry.layer.build(input: entry.input, output: entry.output)
      if !model.usesWinograd, let convolution = built as? Conv2DOp { built = convolution.direct }
      let operation = PlannedOperation(name: entry.name, layer: built, parameters: entry.parameters)
      guard let penalty = entry.layer.activityRegularizer else { return [operation] }
      return [
        operation,
        PlannedOperation(
          name: entry.name, layer: ActivityRegularizerOp(input: entry.output, penalty: penalty),
          parameters: []),
      ]
    }
    for index in operations.indices.dropLast().reversed() where operations[index].layer is ReLUOp {
      guard var pool = operations[index + 1].layer as? MinMaxPoolOp, pool.isMax else { continue }
      pool.appliesReLU = true
      operations[index + 1].layer = pool
      operations.remove(at: index)
    }
    for index in operations.indices.dropFirst() {
      guard var dropout = operations[index].layer as? DropoutOp else { continue }
      let front = operations[index - 1].layer
      dropout.reusesReLUMask =
        front is ReLUOp || (front as? MinMaxPoolOp)?.appliesReLU == true
      operations[index].layer = dropout
    }
    guard operations.isEmpty || !model.output.isFlat else { return operations }
    // The loss reads scores one after another, whatever border the last layer wants.
    let scores = ReshapeOp(input: model.output, output: Shape([model.output.count]))
    return operations + [PlannedOperation(name: "scores", layer: scores, parameters: [])]
  }

  private static func groups(_ layers: [any Operation]) -> [FusionGroup] {
    var groups: [FusionGroup] = []
    var index = 0
    while index < layers.count {
      let first = index
      let anchor = layers[index] as? any AnchorOperation
      if anchor != nil { index += 1 }
      var epilogue: [any FusibleOperation] = []
      while index < layers.count, let layer = layers[index] as? any FusibleOperation {
        epilogue.append(layer)
        index += 1
      }
      groups.append(FusionGroup(anchor: anchor, epilogue: epilogue, first: first))
    }
    return groups
  }

  // MARK: Input

  /// Reads the images `indices` of a data set into lanes.
  ///
  /// - Parameters:
  ///   - pixels: `[N, C, H, W]` bytes.
  ///   - labels: `[N]` classes.
  ///   - augmentation: the generator of an epoch's new versions of the images; nil reads them as they are.
  public func load(
    pixels: [UInt8], labels: [UInt8], indices: ArraySlice<Int32>, scale: PixelNormalization,
    augmentation: CounterRandom? = nil
  ) {
    let size = model.input.count
    require(
      indices.count <= workspace.capacity && !indices.isEmpty && scale.channels == model.input.channels)
    require(
      indices.allSatisfy { $0 >= 0 && (Int($0) + 1) * size <= pixels.count && Int($0) < labels.count })
    step.images = indices.count
    pixels.withUnsafeBufferPointer { pixels in
      indices.withUnsafeBufferPointer { indices in
        scale.table.withUnsafeBufferPointer { table in
          step.batch = BatchReader(pixels: pixels, indices: indices, table: table, shape: model.input)
          if let augmenter, augmentation != nil {
            step.augmentation = augmentation
            threadPool.run(plan.augmenting)
            step.batch = augmenter.batch(of: step.images, table: table)
          }
          threadPool.run(plan.loading)
          step.batch = nil
        }
      }
    }
    let lanes = CPUFeatures.laneCount
    for (image, index) in indices.enumerated() {
      workspace.labels[image / lanes][image % lanes] = Float(labels[Int(index)])
    }
  }

  // MARK: Passes

  /// Packs the weights for the kernels that want them in another order.
  var packing: [ParallelLoop] { plan.packing }

  /// Packs the weights again after they have changed.
  public func weightsChanged() { threadPool.run(packing) }

  /// Computes the outputs of the loaded batch, and their losses; with `training`, dropout is on.
  public func forward(training: Bool = false, dropout: CounterRandom? = nil) -> BatchResult {
    step.training = training
    if let dropout { step.random = dropout }
    threadPool.run(plan.forward)
    var (sum, correct) = (0.0, 0)
    for image in 0..<step.images {
      let (block, lane) = image.quotientAndRemainder(dividingBy: CPUFeatures.laneCount)
      sum += Double(workspace.losses[block][lane])
      if workspace.predictions[block][lane] == workspace.labels[block][lane] { correct += 1 }
    }
    return BatchResult(images: step.images, lossSum: sum, correct: correct)
  }

  /// Computes the gradient of the mean loss, and of all penalties, after a training forward pass.
  public func backward() {
    guard let gradients else { return }
    threadPool.run(plan.backward)
    for parameter in penalized {
      let weights = UnsafeBufferPointer(start: parameters.floats + parameter.offset, count: parameter.count)
      parameter.spec.penalty.addGradient(weights, to: gradients.floats + parameter.offset)
    }
  }

  /// What weights and activities add to the loss of the last forward pass.
  public func penalty() -> Double {
    guard !penalized.isEmpty || !activityPenalties.isEmpty else { return 0 }
    let weights = penalized.reduce(0.0) { sum, parameter in
      let values = UnsafeBufferPointer(start: parameters.floats + parameter.offset, count: parameter.count)
      return sum + parameter.spec.penalty.loss(values)
    }
    return activityPenalties.reduce(weights) { $0 + $1.layer.loss(workspace.buffers[$1.index], step) }
  }

  /// The first layer whose outputs are not all finite in the last forward pass.
  ///
  /// Where only the outputs of a later layer are kept, that one works on each number apart and made none of them
  /// infinite: it was the first since the last outputs that are kept.
  public func firstLayerThatIsNotFinite() -> String? {
    var suspect = 0
    for (index, operation) in workspace.operations.enumerated() {
      let y = workspace.buffers[index].y
      guard y.isWhole else { continue }
      for block in 0..<step.blocks {
        for channel in 0..<operation.output.channels {
          for row in 0..<operation.output.height {
            for column in 0..<operation.output.width {
              let value = y.row(block, channel, row)[column] * 0
              if (value .== 0) != LaneMask(repeating: true) { return names[suspect] }
            }
          }
        }
      }
      suspect = index + 1
    }
    return nil
  }

  // MARK: Timing

  /// Times every pass from here on, from zero, or no longer.
  public func setTimed(_ isTimed: Bool) {
    meter = isTimed ? Profiler(operations: workspace.operations.count, workers: threadPool.threads) : nil
    step.clocks = meter?.clocks
  }

  /// Seconds all threads together have spent in each pass since `setTimed`: for the layers in order, and for what
  /// belongs to none of them.
  public func timings() -> (layers: [[ProfiledPass: Double]], others: [ProfiledPass: Double]) {
    guard let meter else { return ([], [:]) }
    func seconds(_ operation: Int) -> [ProfiledPass: Double] {
      Dictionary(uniqueKeysWithValues: ProfiledPass.allCases.map { ($0, meter.seconds(operation, $0)) })
    }
    let layers = model.layers.map { layer in
      names.indices.filter { names[$0] == layer.name }
        .map(seconds).reduce([:]) { $0.merging($1, uniquingKeysWith: +) }
    }
    return (layers, seconds(names.count))
  }

  // MARK: Output

  /// The scores of one image of the last batch, `[classes]`.
  public func outputs(ofImage image: Int) -> [Float] {
    require(image >= 0 && image < step.images)
    let (block, lane) = image.quotientAndRemainder(dividingBy: CPUFeatures.laneCount)
    let outputs = workspace.buffers[workspace.operations.count - 1].y.row(block, 0, 0)
    return (0..<classes).map { outputs[$0][lane] }
  }

  /// The class with the highest score of one image of the last batch.
  public func prediction(ofImage image: Int) -> Int {
    require(image >= 0 && image < step.images)
    let (block, lane) = image.quotientAndRemainder(dividingBy: CPUFeatures.laneCount)
    return Int(workspace.predictions[block][lane])
  }
}
