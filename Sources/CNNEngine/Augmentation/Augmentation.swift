import ConfigDecoding
import Randomness

/// Random transforms of training images, different in every epoch, each with its own probability.
///
/// Spatial transforms come first and share one resampling; then come pixel transforms, in their order. The result depends
/// only on the generator, the index of the image and the position of the transform in the list.
public struct Augmentation: Sendable {
  let entries: [Entry]

  /// Transforms with their probabilities, in order.
  public init(_ entries: [Entry] = []) { self.entries = entries }

  /// Transforms with their default probabilities, in order.
  public init(_ transforms: [any ImageTransform]) { self.init(transforms.map { Entry($0) }) }

  /// Whether images stay as they are.
  public var isEmpty: Bool { entries.isEmpty }

  /// The config's names of the transforms, in order.
  public var names: [String] { entries.map { AugmentationType(of: $0.transform).rawValue } }

  /// A transform and the probability that it is applied to an image.
  public struct Entry: Sendable {
    let transform: any ImageTransform
    let probability: Double

    /// A transform with a probability; nil takes the transform's default.
    public init(_ transform: any ImageTransform, probability: Double? = nil) {
      self.transform = transform
      self.probability = probability ?? type(of: transform).defaultProbability
    }

    /// In a config: a name, or an object with a `type` and its options.
    public static let field = ConfigField<Entry>.variant(
      AugmentationType.allCases.map { type in
        Variant(type.rawValue, "Kind of transform.") { decoder in
          let transform = type.transform.init(decoding: decoder)
          let probability = decoder.value(
            "probability", .number(.within(0...1)), default: JSON(type.transform.defaultProbability),
            "The part of the images that it is applied to.")
          return Entry(transform, probability: probability)
        }
      }, allowsName: true)
  }
}

/// The name of a transform in a config.
enum AugmentationType: String, CaseIterable, Sendable {
  case shift, rotate, scale, shear, elastic, erase, noise

  /// The type that decodes and applies it.
  var transform: any ImageTransform.Type {
    switch self {
    case .shift: Shift.self
    case .rotate: Rotate.self
    case .scale: Scale.self
    case .shear: Shear.self
    case .elastic: Elastic.self
    case .erase: Erase.self
    case .noise: Noise.self
    }
  }

  /// The case of a transform.
  init(of transform: any ImageTransform) {
    guard let match = Self.allCases.first(where: { $0.transform == type(of: transform) }) else {
      fatalError("\(type(of: transform)) is no case of AugmentationType")
    }
    self = match
  }
}

/// The configuration of one random transform of an image.
///
/// A new one is a file with a type that conforms to `SpatialTransform` or `PixelTransform`, one case of
/// `AugmentationType`, and the line in its switch that the compiler requires.
public protocol ImageTransform: Sendable {
  /// Reads the transform's own keys; `type` has been read.
  init(decoding decoder: ConfigDecoder)

  /// The probability that a config need not name.
  static var defaultProbability: Double { get }
}

extension ImageTransform {
  /// Most transforms are applied to every image.
  public static var defaultProbability: Double { 1 }
}

/// A transform that moves pixels.
protocol SpatialTransform: ImageTransform {
  /// The transform with everything precomputed for images of `shape`.
  func prepared(for shape: Shape) -> any SpatialTransform

  /// Vectors of scratch memory that it needs.
  var scratchSize: Int { get }

  /// Adds a random transform to those of an image so far.
  func apply(to warp: inout Warp, _ random: CounterRandom)
}

extension SpatialTransform {
  func prepared(for shape: Shape) -> any SpatialTransform { self }
  var scratchSize: Int { 0 }
}

/// A transform that changes the values of pixels.
protocol PixelTransform: ImageTransform {
  /// Changes an image of `shape`, `[C, H, W]` bytes.
  func apply(to image: UnsafeMutablePointer<UInt8>, _ shape: Shape, _ random: CounterRandom)
}
