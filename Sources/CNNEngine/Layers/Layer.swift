import ConfigDecoding

/// What a config says of one layer: an immutable value that knows its shapes and parameters and builds itself.
///
/// A new layer is a file with a type that conforms to `Layer`, one case of `LayerType`, and the line in its
/// switch that the compiler asks for.
package protocol Layer: Sendable {
  /// Reads the layer's own keys; `type` and `name` have been read.
  init(_ decoder: ConfigDecoder)

  /// The output for one image, or why there is none.
  func outputShape(for input: Shape) throws(ShapeError) -> Shape

  /// The weights and biases it learns, in the order a checkpoint lists them.
  func parameters(for input: Shape) -> [ParameterSpec]

  /// Multiply-adds of the forward pass for one image.
  func multiplyAdds(input: Shape, output: Shape) -> Int

  /// The columns of the summary table that only some layers have.
  var details: LayerDetails { get }

  /// What its outputs add to the loss.
  var activityRegularizer: ActivityRegularizer? { get }

  /// The layer without training in ONNX's words: operators that read one another's output, the first the input.
  func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator]

  /// The layer ready to run on `input`.
  func build(input: Shape, output: Shape) -> any Operation
}

extension Layer {
  package func parameters(for input: Shape) -> [ParameterSpec] { [] }
  package func multiplyAdds(input: Shape, output: Shape) -> Int { 0 }
  package var details: LayerDetails { LayerDetails() }
  package var activityRegularizer: ActivityRegularizer? { nil }
}

/// The word that names a layer in a config.
package enum LayerType: String, CaseIterable, Sendable {
  case conv2d, dense
  case maxPool2d = "max_pool2d"
  case averagePool2d = "average_pool2d"
  case minPool2d = "min_pool2d"
  case relu, sigmoid, tanh, softmax
  case logSoftmax = "log_softmax"
  case dropout, flatten, reshape

  /// The type that reads and builds it.
  package var layer: any Layer.Type {
    switch self {
    case .conv2d: Conv2D.self
    case .dense: Dense.self
    case .maxPool2d: MaxPool2D.self
    case .averagePool2d: AveragePool2D.self
    case .minPool2d: MinPool2D.self
    case .relu: ReLU.self
    case .sigmoid: Sigmoid.self
    case .tanh: Tanh.self
    case .softmax: Softmax.self
    case .logSoftmax: LogSoftmax.self
    case .dropout: Dropout.self
    case .flatten: Flatten.self
    case .reshape: Reshape.self
    }
  }
}

/// What a summary shows of a layer beside its shapes and counts.
package struct LayerDetails: Sendable, Equatable {
  package var kernel: String?
  package var stride: String?
  package var padding: String?
  package var bias: Bool?

  package init(kernel: String? = nil, stride: String? = nil, padding: String? = nil, bias: Bool? = nil) {
    (self.kernel, self.stride, self.padding, self.bias) = (kernel, stride, padding, bias)
  }
}

/// One tensor a layer learns.
package struct ParameterSpec: Sendable {
  /// `weight` or `bias`; with the layer's name in front it is the tensor's name in a checkpoint.
  package let role: String
  /// PyTorch's shape: `[out, in, kh, kw]`, `[out, in]` or `[out]`.
  package let shape: [Int]
  package let initializer: Initializer
  /// Inputs and outputs one unit is connected with, for initial weights.
  package let fanIn: Int
  package let fanOut: Int
  package var penalty = Penalty()

  package var count: Int { shape.reduce(1, *) }
}
