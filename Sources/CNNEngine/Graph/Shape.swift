/// The shape of one image's activations: `[C, H, W]` for feature maps, `[F]` for flat features.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
  /// The first dimension; the number of features when flat.
  public let channels: Int
  /// Rows of a map; 1 when flat.
  public let height: Int
  /// Columns of a map; 1 when flat.
  public let width: Int
  private let rank: Int

  /// A shape of one to three positive sizes.
  public init(_ dimensions: [Int]) {
    require((1...3).contains(dimensions.count), "shapes have one to three dimensions")
    rank = dimensions.count
    channels = dimensions[0]
    height = rank == 3 ? dimensions[1] : 1
    width = rank == 1 ? 1 : dimensions[rank - 1]
  }

  /// A map `[channels, height, width]`.
  public init(channels: Int, height: Int, width: Int) {
    (self.channels, self.height, self.width, rank) = (channels, height, width, 3)
  }

  /// One to three sizes.
  public var dimensions: [Int] {
    rank == 1 ? [channels] : rank == 2 ? [channels, width] : [channels, height, width]
  }
  /// Values per image.
  public var count: Int { channels * height * width }
  /// Whether this is `[F]`.
  public var isFlat: Bool { rank == 1 }

  /// `6x24x24`, or `256` when flat.
  public var description: String { dimensions.map(String.init).joined(separator: "x") }
}

extension [Int] {
  /// The product of all sizes, or nil where it overflows.
  var checkedProduct: Int? {
    reduce(1 as Int?) { product, size in
      guard let (value, overflow) = product?.multipliedReportingOverflow(by: size), !overflow else {
        return nil
      }
      return value
    }
  }
}

/// Why a layer does not fit its input; the message has the formula, its values and what would fit.
public struct ShapeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, with the formula and what would fit.
  public let message: String

  /// The output to check later layers with, where there is an obvious one.
  public let fallback: Shape?

  /// An error that says `message`.
  public init(_ message: String, fallback: Shape? = nil) {
    (self.message, self.fallback) = (message, fallback)
  }

  /// The message.
  public var description: String { message }
}
