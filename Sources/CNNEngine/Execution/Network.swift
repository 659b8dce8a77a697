import CSIMD
import Randomness

/// The results of one batch.
public struct BatchResult: Sendable {
  /// Images of the batch.
  public let images: Int
  /// The sum of the images' losses, without regularizers: of all outputs, each times its weight.
  public let lossSum: Double
  /// Images whose label has the highest score of the main output.
  public let correct: Int
}

/// The results of one batch at one output.
public struct OutputResult: Sendable {
  /// The sum of the images' losses, not weighted.
  public var lossSum = 0.0
  /// Images whose label has the highest score.
  public var correct = 0
}

/// A model with memory and threads, which computes outputs, losses and gradients of batches.
///
/// Several networks may share one buffer of parameters: one trains with a large batch, another evaluates.
public final class Network {
  /// The checked layers.
  public let model: Model
  /// The weights; shared, not copied.
  public let parameters: FlatTensorBuffer
  /// The gradients of the last backward pass; nil in a network for evaluation.
  public let gradients: FlatTensorBuffer?
  let workspace: Workspace
  private let threadPool: ThreadPool
  private let plan: ExecutionPlan
  private let augmenter: Augmenter?
  private let graph: Graph
  /// The version of `parameters` of which the weights are packed.
  private var packedVersion: Int?
  private var profiler: Profiler?
  /// Whether the loaded batch has labels.
  private var hasLabels = false
  /// Whether the last pass was a training forward pass, whose values a backward pass reads.
  private var hasSavedValues = false

  /// Allocates everything for batches of up to `batchSize` images.
  ///
  /// - Parameters:
  ///   - model: the layers.
  ///   - parameters: weights, biases and state, which other networks may share.
  ///   - batchSize: the most images of a batch.
  ///   - training: whether there are gradients; without them there is only evaluation.
  ///   - threadPool: the threads; several networks may share them.
  ///   - inputGradient: whether the backward pass computes the gradient of the input, too.
  ///   - augmentation: the transforms of images that are loaded with a generator.
  /// - Throws: `MemoryError` if the system has no such memory.
  public init(
    model: Model, parameters: FlatTensorBuffer, batchSize: Int, training: Bool,
    threadPool: ThreadPool, inputGradient: Bool = false, augmentation: Augmentation = Augmentation()
  ) throws(MemoryError) {
    require(batchSize > 0 && parameters.count >= model.flatCount)
    self.model = model
    self.parameters = parameters
    self.threadPool = threadPool
    gradients = training ? try FlatTensorBuffer(count: model.parameterExtent) : nil
    let layout = Layout(
      model: model, batchSize: batchSize, training: training, threads: threadPool.threads,
      inputGradient: inputGradient, augmentation: augmentation)
    let (groups, buffers) = (layout.groups, (parameters, gradients))
    (workspace, augmenter) = try Arena.allocate { layout.place(buffers.0, gradients: buffers.1, in: $0) }
    graph = layout.graph
    plan = ExecutionPlan(
      groups: groups, workspace: workspace, model: model, training: training, augmenter: augmenter)
  }

  /// What determines the memory of a network.
  private struct Layout {
    let model: Model
    let graph: Graph
    let groups: [FusionGroup]
    let batchSize: Int
    let threads: Int
    let inputGradient: Bool
    let augmentation: Augmentation

    init(
      model: Model, batchSize: Int, training: Bool, threads: Int, inputGradient: Bool,
      augmentation: Augmentation
    ) {
      (self.model, graph) = (model, model.graph(training: training))
      groups = FusionGroup.groups(of: graph)
      (self.batchSize, self.threads) = (batchSize, threads)
      (self.inputGradient, self.augmentation) = (inputGradient, augmentation)
    }

    func place(
      _ parameters: FlatTensorBuffer, gradients: FlatTensorBuffer?, in arena: Arena
    ) -> (Workspace, Augmenter?) {
      let workspace = Workspace(
        graph: graph, groups: groups, model: model, parameters: parameters, gradients: gradients,
        capacity: batchSize, workers: threads, inputGradient: inputGradient, arena: arena)
      if augmentation.isEmpty { return (workspace, nil) }
      let augmenter = Augmenter(
        augmentation, shape: model.input, capacity: batchSize, workers: threads, arena: arena)
      return (workspace, augmenter)
    }
  }

  /// The memory that a network takes beside its parameters, in bytes: what its initializer allocates.
  ///
  /// - Parameters:
  ///   - model: the layers.
  ///   - batchSize: the most images of a batch.
  ///   - training: whether there are gradients.
  ///   - threads: the threads of its pool.
  ///   - augmentation: the transforms of its images.
  /// - Throws: `MemoryError`.
  public static func memory(
    of model: Model, batchSize: Int, training: Bool, threads: Int, augmentation: Augmentation = Augmentation()
  ) throws(MemoryError) -> Int {
    let layout = Layout(
      model: model, batchSize: batchSize, training: training, threads: threads, inputGradient: false,
      augmentation: augmentation)
    let (arena, none) = (Arena(), try FlatTensorBuffer(count: 0))
    _ = layout.place(none, gradients: training ? none : nil, in: arena)
    return arena.total + (training ? model.parameterExtent * MemoryLayout<Float>.stride : 0)
  }

  /// Per-step state, shared by all workers.
  var step: StepInfo {
    get { workspace.step.pointee }
    set { workspace.step.pointee = newValue }
  }

  // MARK: Input

  /// Reads the images `indices` of a data set as the next batch.
  ///
  /// - Parameters:
  ///   - pixels: `[N, C, H, W]` bytes.
  ///   - labels: `[N]` classes; nil for inference, which computes no loss.
  ///   - indices: the images of the batch.
  ///   - normalization: the function of a byte that the model reads.
  ///   - augmentation: the epoch's generator of augmentations; nil for none.
  public func load(
    pixels: [UInt8], labels: [UInt16]? = nil, indices: ArraySlice<Int32>, normalization: PixelNormalization,
    augmentation: CounterRandom? = nil
  ) {
    let size = model.input.count
    require(
      indices.count <= workspace.capacity && !indices.isEmpty
        && normalization.channels == model.input.channels)
    require(
      indices.allSatisfy {
        $0 >= 0 && (Int($0) + 1) * size <= pixels.count && Int($0) < labels?.count ?? .max
      })
    step.images = indices.count
    pixels.withUnsafeBufferPointer { pixels in
      indices.withUnsafeBufferPointer { indices in
        normalization.table.withUnsafeBufferPointer { table in
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
    hasLabels = labels != nil
    guard let labels else { return }
    let lanes = CPUFeatures.laneCount
    for (output, buffers) in zip(model.outputs, workspace.outputs) {
      for (image, index) in indices.enumerated() {
        let label = output.label(ofClass: Int(labels[Int(index)]))
        buffers.labels[image / lanes][image % lanes] = Float(label)
      }
    }
  }

  // MARK: Passes

  /// Packs the weights for the kernels that read them in another order, if they have changed since.
  private func packWeights() {
    guard packedVersion != parameters.version else { return }
    threadPool.run(plan.packing)
    packedVersion = parameters.version
  }

  /// The loops that follow an update of the weights: constraints and packing.
  var loopsAfterUpdate: [ParallelLoop] { plan.afterUpdate }

  /// Runs loops that update the weights and then pack them.
  func runUpdate(_ loops: [ParallelLoop]) {
    threadPool.run(loops)
    parameters.markChanged()
    packedVersion = parameters.version
  }

  /// Computes the outputs of the loaded batch, and their losses.
  ///
  /// - Parameters:
  ///   - training: whether dropout is on, and a backward pass may follow.
  ///   - dropout: the generator of the step's dropout masks.
  public func forward(training: Bool = false, dropout: CounterRandom? = nil) -> BatchResult {
    require(hasLabels, "a loss needs labels; inference does not")
    packWeights()
    step.training = training
    if let dropout { step.random = dropout }
    threadPool.run(plan.forward)
    hasSavedValues = training
    var (sum, correct) = (0.0, 0)
    for index in model.outputs.indices {
      let result = result(ofOutput: index)
      sum += model.outputs[index].weight * result.lossSum
      if index == 0 { correct = result.correct }
    }
    return BatchResult(images: step.images, lossSum: sum, correct: correct)
  }

  /// Computes the outputs of the loaded batch without any loss.
  public func infer() { forwardWithoutLosses(training: false) }

  /// Computes the outputs alone, also as in training.
  func forwardWithoutLosses(training: Bool, dropout: CounterRandom? = nil) {
    packWeights()
    step.training = training
    if let dropout { step.random = dropout }
    threadPool.run(plan.inference)
    hasSavedValues = training
  }

  /// Losses and correct predictions of one output after `forward`.
  public func result(ofOutput index: Int) -> OutputResult {
    let output = workspace.outputs[index]
    var result = OutputResult()
    for image in 0..<step.images {
      let (block, lane) = image.quotientAndRemainder(dividingBy: CPUFeatures.laneCount)
      result.lossSum += Double(output.losses[block][lane])
      if output.predictions[block][lane] == output.labels[block][lane] { result.correct += 1 }
    }
    return result
  }

  /// Computes the gradients of the mean loss, and of all regularizers, after a training forward pass.
  public func backward() {
    require(hasSavedValues, "a backward pass follows a training forward pass; gradients overwrite its values")
    hasSavedValues = false
    threadPool.run(plan.backward)
  }

  /// What the regularizers of weights and activities add to the loss of the last forward pass.
  public func regularizationLoss() -> Double {
    let losses = workspace.regularizationLosses
    guard !losses.isEmpty else { return 0 }
    threadPool.run(plan.regularizationLoss)
    return losses.reduce(0, +)
  }

  /// The first layer whose outputs are not all finite in the last forward pass.
  ///
  /// Where only the last of several values is in memory, it is the one of their layers that can make finite values
  /// infinite, or `first to last` where several can.
  public func firstLayerThatIsNotFinite() -> String? {
    for (index, node) in graph.nodes.enumerated() where workspace.isIntact[index] && !isFinite(index) {
      let suspects = graph.unseen(before: index) { workspace.isIntact[$0] } + [index]
      let able = suspects.filter { graph.nodes[$0].operation.canOverflow }
      guard let first = able.first, let last = able.last else { return node.name }
      let names = (graph.nodes[first].name, graph.nodes[last].name)
      return names.0 == names.1 ? names.0 : "\(names.0) to \(names.1)"
    }
    return nil
  }

  /// Whether all outputs of an operation are finite.
  private func isFinite(_ index: Int) -> Bool {
    let (output, y) = (workspace.operations[index].output, workspace.buffers[index].y)
    for block in 0..<step.blocks {
      for channel in 0..<output.channels {
        for row in 0..<output.height {
          for column in 0..<output.width {
            let value = y.row(block, channel, row)[column] * 0
            if (value .== 0) != LaneMask(repeating: true) { return false }
          }
        }
      }
    }
    return true
  }

  // MARK: Profiling

  /// Starts profiling from zero, or stops it.
  public func setProfiling(_ isOn: Bool) {
    profiler = isOn ? Profiler(operations: workspace.operations.count, workers: threadPool.threads) : nil
    step.profiler = profiler?.clocks
  }

  /// Seconds of all threads together in each pass since profiling began: of each layer, and of passes of no layer.
  public func profile() -> (layers: [[ProfiledPass: Double]], others: [ProfiledPass: Double]) {
    guard let profiler else { return ([], [:]) }
    func seconds(_ operation: Int) -> [ProfiledPass: Double] {
      Dictionary(uniqueKeysWithValues: ProfiledPass.allCases.map { ($0, profiler.seconds(operation, $0)) })
    }
    let layers = model.layers.map { layer in
      graph.nodes.indices.filter { graph.nodes[$0].name == layer.name }
        .map(seconds).reduce([:]) { $0.merging($1, uniquingKeysWith: +) }
    }
    return (layers, seconds(graph.nodes.count))
  }

  // MARK: Output

  /// The scores of one image of the last batch, `[classes]`.
  public func outputs(ofImage image: Int, output: Int = 0) -> [Float] {
    require(image >= 0 && image < step.images)
    let (block, lane) = image.quotientAndRemainder(dividingBy: CPUFeatures.laneCount)
    let scores = workspace.outputs[output].scores.row(block, 0, 0)
    return (0..<model.outputs[output].classes).map { scores[$0][lane] }
  }

  /// Whether all scores of one image of the last batch are finite.
  public func hasFiniteOutputs(ofImage image: Int, output: Int = 0) -> Bool {
    require(image >= 0 && image < step.images)
    let (block, lane) = image.quotientAndRemainder(dividingBy: CPUFeatures.laneCount)
    let scores = workspace.outputs[output].scores.row(block, 0, 0)
    return (0..<model.outputs[output].classes).allSatisfy { scores[$0][lane].isFinite }
  }

  /// The class with the highest score, the first of equals, for one image of the last batch.
  public func prediction(ofImage image: Int, output: Int = 0) -> Int {
    require(image >= 0 && image < step.images)
    let (block, lane) = image.quotientAndRemainder(dividingBy: CPUFeatures.laneCount)
    let scores = workspace.outputs[output].scores.row(block, 0, 0)
    var best = 0
    for label in 1..<max(model.outputs[output].classes, 1) where scores[label][lane] > scores[best][lane] {
      best = label
    }
    return best
  }
}
