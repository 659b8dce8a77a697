import ConfigDecoding

/// A layer's configuration: an immutable value that infers shapes, lists its parameters and makes its operation.
///
/// A new layer is a file with a type that conforms to `Layer`, one case of `LayerType`, and the line in its switch that
/// the compiler requires.
public protocol Layer: Sendable {
  /// Reads the layer's own keys; `type` and `name` have been read.
  init(decoding decoder: ConfigDecoder)

  /// The output's shape for one image.
  ///
  /// - Throws: `ShapeError` with the formula, its values and what would fit.
  func outputShape(for input: Shape) throws(ShapeError) -> Shape

  /// The weights and biases to be learned, in the order of a checkpoint.
  func parameters(for input: Shape) -> [ParameterSpec]

  /// What the layer keeps without learning it, such as running statistics, in the order of a checkpoint.
  func state(for input: Shape) -> [StateSpec]

  /// The layer, if it reads several values; a requirement, since a cast to a protocol searches the whole program.
  var merge: (any MergeLayer)? { get }

  /// Whether it can be another layer's `activation`.
  static var isActivation: Bool { get }

  /// The function of the layer's outputs that is part of it (Keras `activation`).
  var activation: (any Layer)? { get }

  /// Multiply-adds of the forward pass for one image.
  func multiplyAdds(input: Shape, output: Shape) -> Int

  /// The summary's columns that only some layers have.
  var details: LayerDetails { get }

  /// The penalty on the layer's outputs.
  var activityRegularizer: ActivityRegularizer? { get }

  /// The layer in inference as ONNX operators: the first reads the layer's input, each other one the output of the one
  /// before it.
  func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator]

  /// The operation that computes the layer for these shapes.
  func makeOperation(input: Shape, output: Shape) -> LayerOperation
}

extension Layer {
  /// Most layers have no parameters.
  public func parameters(for input: Shape) -> [ParameterSpec] { [] }
  /// Most layers keep nothing.
  public func state(for input: Shape) -> [StateSpec] { [] }
  /// Most layers read one value.
  public var merge: (any MergeLayer)? { nil }
  /// Most layers are no activations.
  public static var isActivation: Bool { false }
  /// Only layers with weights have an activation of their own.
  public var activation: (any Layer)? { nil }
  /// Only layers with weights multiply and add.
  public func multiplyAdds(input: Shape, output: Shape) -> Int { 0 }
  /// Most layers have no kernel and no bias.
  public var details: LayerDetails { LayerDetails() }
  /// Only layers with weights have activity regularizers.
  public var activityRegularizer: ActivityRegularizer? { nil }
}

extension (any Layer)? {
  /// Reads `activation`; nil where there is none.
  static func decodeActivation(_ decoder: ConfigDecoder) -> (any Layer)? {
    decoder.optional(
      "activation", LayerType.activationField, "Function of the outputs, as if its layer came next.")
  }
}

/// The name of a layer's type in a config.
public enum LayerType: String, CaseIterable, Sendable {
  case conv2d, dense
  case maxPool2d = "max_pool2d"
  case averagePool2d = "average_pool2d"
  case minPool2d = "min_pool2d"
  case globalAveragePool2d = "global_average_pool2d"
  case relu
  case leakyReLU = "leaky_relu"
  case elu, gelu, silu, sigmoid, tanh, softmax
  case logSoftmax = "log_softmax"
  case dropout, flatten, reshape
  case batchNorm = "batch_norm"
  case add, concat

  /// The type that decodes and computes it.
  public var layer: any Layer.Type {
    switch self {
    case .conv2d: Conv2D.self
    case .dense: Dense.self
    case .maxPool2d: MaxPool2D.self
    case .averagePool2d: AveragePool2D.self
    case .minPool2d: MinPool2D.self
    case .globalAveragePool2d: GlobalAveragePool2D.self
    case .relu: ReLU.self
    case .leakyReLU: LeakyReLU.self
    case .elu: ELU.self
    case .gelu: GELU.self
    case .silu: SiLU.self
    case .sigmoid: Sigmoid.self
    case .tanh: Tanh.self
    case .softmax: Softmax.self
    case .logSoftmax: LogSoftmax.self
    case .dropout: Dropout.self
    case .flatten: Flatten.self
    case .reshape: Reshape.self
    case .batchNorm: BatchNorm.self
    case .add: Add.self
    case .concat: Concat.self
    }
  }

  /// The types that can be another layer's `activation`.
  static var activations: [LayerType] { allCases.filter { $0.layer.isActivation } }

  /// In a config: an activation's name, or an object with its options.
  static let activationField = ConfigField<any Layer>.variant(
    activations.map { type in
      Variant(type.rawValue, "Kind of activation.") { type.layer.init(decoding: $0) }
    }, allowsName: true)

  /// The case of a layer.
  init(of layer: any Layer) {
    guard let match = Self.allCases.first(where: { $0.layer == type(of: layer) }) else {
      fatalError("\(type(of: layer)) is no case of LayerType")
    }
    self = match
  }
}

/// One tensor that a layer keeps without learning it.
public struct StateSpec: Sendable, Equatable {
  /// `running_mean`; behind the layer's name it is the tensor's name in a checkpoint.
  public let role: String
  /// PyTorch's shape; empty for a number.
  public let shape: [Int]
  /// The initial values.
  public let initial: Float
  /// Whether it counts batches: a whole number, which is never averaged.
  public let isCounter: Bool
  /// Whether a negative value is a fault, as that of a variance.
  public let isNonnegative: Bool

  /// A tensor that starts at `initial`.
  public init(
    role: String, shape: [Int], initial: Float, isCounter: Bool = false, isNonnegative: Bool = false
  ) {
    (self.role, self.shape, self.initial) = (role, shape, initial)
    (self.isCounter, self.isNonnegative) = (isCounter, isNonnegative)
  }

  /// The number of values.
  public var count: Int { shape.reduce(1, *) }
}

/// What a summary shows of a layer beside its shapes and counts.
public struct LayerDetails: Sendable, Equatable {
  /// `5x5`.
  public var kernel: String?
  /// `2`, or `2x1` where rows and columns differ.
  public var stride: String?
  /// `same`, `2` or `1,0,1,0`.
  public var padding: String?
  /// `2`, or `2x1` where rows and columns differ; nil without dilation.
  public var dilation: String?
  /// The number of groups of channels; nil for one.
  public var groups: Int?
  /// Whether there is a bias.
  public var bias: Bool?

  /// Details; nil for those that the layer does not have.
  public init(
    kernel: String? = nil, stride: String? = nil, padding: String? = nil, dilation: String? = nil,
    groups: Int? = nil, bias: Bool? = nil
  ) {
    (self.kernel, self.stride, self.padding, self.dilation) = (kernel, stride, padding, dilation)
    (self.groups, self.bias) = (groups, bias)
  }
}

/// One tensor that a layer learns.
public struct ParameterSpec: Sendable {
  /// `weight` or `bias`; behind the layer's name it is the tensor's name in a checkpoint.
  public let role: String
  /// PyTorch's shape: `[out, in, kh, kw]`, `[out, in]` or `[out]`.
  public let shape: [Int]
  /// The initial values.
  public let initializer: Initializer
  /// Inputs of one output unit, for initializers.
  public let fanIn: Int
  /// Output units of one input, for initializers.
  public let fanOut: Int
  /// The penalty on the values.
  public let regularizer: WeightRegularizer
  /// The bound on the values after each update.
  public let constraint: WeightConstraint?

  /// A tensor with its initializer.
  public init(
    role: String, shape: [Int], initializer: Initializer, fanIn: Int, fanOut: Int,
    regularizer: WeightRegularizer = WeightRegularizer(), constraint: WeightConstraint? = nil
  ) {
    (self.role, self.shape, self.initializer) = (role, shape, initializer)
    (self.fanIn, self.fanOut) = (fanIn, fanOut)
    (self.regularizer, self.constraint) = (regularizer, constraint)
  }

  /// The number of values.
  public var count: Int { shape.reduce(1, *) }
}
