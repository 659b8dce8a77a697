import ConfigDecoding
import Randomness

/// How each image of a training set is changed anew in every epoch: a list of changes, each with its own chance.
///
/// Changes that move pixels come first and cost one resampling together; then those that paint, in their order.
/// What is drawn depends on the generator, the number of the image and the place of the change in the list alone.
public struct Augmentation: Sendable {
  let entries: [Entry]

  /// The changes in order.
  public init(_ entries: [Entry] = []) { self.entries = entries }

  /// Whether images stay as they are.
  public var isEmpty: Bool { entries.isEmpty }

  /// What the changes are called in a config, in order.
  public var names: [String] { entries.map(\.type.rawValue) }

  /// One change and the chance that an image undergoes it.
  public struct Entry: Sendable {
    let type: AugmentationType
    let probability: Double
    let change: any ImageTransform

    /// How a config says it: a name, or an object with a `type` and its options.
    public static let field = ConfigField<Entry>.variant(
      AugmentationType.allCases.map { type in
        Variant(type.rawValue, "What happens to an image.") { decoder in
          let change = type.change.init(decoder)
          let probability = decoder.value(
            "probability", .number(.within(0...1)), default: JSON(type.change.usualProbability),
            "The part of the images that undergo it.")
          return Entry(type: type, probability: probability, change: change)
        }
      }, allowsName: true)
  }
}

/// The word that names a change in a config.
enum AugmentationType: String, CaseIterable, Sendable {
  case shift, rotate, scale, shear, elastic, erase, noise

  /// The type that reads it.
  var change: any ImageTransform.Type {
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
}

/// What a config says of one change of an image.
///
/// A new one is a file with a type that conforms to `SpatialTransform` or `PixelTransform`, one case of
/// `AugmentationType`, and the line in its switch that the compiler asks for.
protocol ImageTransform: Sendable {
  /// Reads the change's own keys; `type` has been read.
  init(_ decoder: ConfigDecoder)

  /// The probability a config need not name.
  static var usualProbability: Double { get }
}

extension ImageTransform {
  static var usualProbability: Double { 1 }
}

/// A change that reads each pixel from somewhere else.
protocol SpatialTransform: ImageTransform {
  /// The change with all that can be computed once for images of `shape`.
  func fitted(to shape: Shape) -> any SpatialTransform

  /// Vectors of scratch memory it needs.
  var scratchSize: Int { get }

  /// Adds itself to what moves an image already.
  func move(_ warp: inout Warp, _ random: CounterRandom)
}

extension SpatialTransform {
  func fitted(to shape: Shape) -> any SpatialTransform { self }
  var scratchSize: Int { 0 }
}

/// A change of pixels where they are.
protocol PixelTransform: ImageTransform {
  /// Changes an image of `shape`, `[C, H, W]` bytes.
  func paint(_ image: UnsafeMutablePointer<UInt8>, _ shape: Shape, _ random: CounterRandom)
}
