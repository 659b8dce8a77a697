import ConfigDecoding
import ModelFormats

/// What a value of a graph is while it is converted.
enum ONNXMeaning {
  /// The output of a layer for a batch of images.
  case stream(ONNXStream)
  case tensor(ONNXGraph.Tensor)
  /// Integers that the graph computes, such as a shape; the number of images is `ONNXStream.batch`.
  case integers([Int])
  case floats([Float])
}

/// The output of a layer, and the function that is still to be applied to it.
struct ONNXStream {
  /// The layer's name, or `input`.
  var layer: String
  /// The shape in the graph, without the images.
  var shape: [Int]
  /// The shape of the layer here: [C, H, W] or [F].
  var ownShape: [Int]
  var function = Function.identity
  /// Of the input: factor and offset of each channel, or one for all.
  var scaling = Scaling()

  /// In integers, the number of images.
  static let batch = Int.min

  /// A function of each value alone.
  enum Function {
    case identity
    case negation
    /// A layer, with the values of `points`.
    case layer([(String, JSON)], [Double])
    /// A part of a larger function, with the values of `points`, and the operator that it ends in.
    case part([Double], String)
  }

  /// y = factor x + offset.
  struct Scaling: Equatable {
    var factor = [1.0]
    var offset = [0.0]
  }

  /// Where functions are compared: exporters write one as many operators, in forms that differ.
  static let points = [-4, -2.75, -2, -1.25, -0.5, -0.1, 0, 0.2, 0.75, 1.5, 2.25, 3.5]

  /// The values of the function at `points`.
  var values: [Double] {
    switch function {
    case .identity: Self.points
    case .negation: Self.points.map { -$0 }
    case .layer(_, let values), .part(let values, _): values
    }
  }

  /// Whether the function is the identity or a layer's.
  var isWhole: Bool {
    switch function {
    case .identity, .layer: true
    case .negation, .part: false
    }
  }
}
