/// The size of one image's activations: `[C, H, W]` for maps, `[F]` for flat features.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
  /// One to three positive sizes.
  public let dimensions: [Int]

  /// A shape of one to three dimensions.
  public init(_ dimensions: [Int]) { self.dimensions = dimensions }

  /// A map `[channels, height, width]`.
  public init(channels: Int, height: Int, width: Int) { dimensions = [channels, height, width] }

  /// The first dimension; the number of features when flat.
  public var channels: Int { dimensions[0] }
  /// Rows of a map; 1 when flat.
  public var height: Int { dimensions.count == 3 ? dimensions[1] : 1 }
  /// Columns of a map; 1 when flat.
  public var width: Int { dimensions.count == 1 ? 1 : dimensions[dimensions.count - 1] }
  /// Numbers per image.
  public var count: Int { dimensions.reduce(1, *) }
  /// Whether this is `[F]`.
  public var isFlat: Bool { dimensions.count == 1 }

  /// `6x24x24`, or `256` when flat.
  public var description: String { dimensions.map(String.init).joined(separator: "x") }
}

extension [Int] {
  /// The product of all sizes, or nil if it is no `Int`.
  var checkedProduct: Int? {
    reduce(1 as Int?) { product, size in
      guard let (value, overflow) = product?.multipliedReportingOverflow(by: size), !overflow else {
        return nil
      }
      return value
    }
  }
}

/// Why a layer cannot follow its input; the message holds the formula, its numbers and what would fit.
public struct ShapeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, with the formula and what would fit.
  public let message: String

  /// The output to go on checking with, where there is an obvious one.
  public let fallback: Shape?

  /// An error that says `message`.
  public init(_ message: String, fallback: Shape? = nil) {
    (self.message, self.fallback) = (message, fallback)
  }

  /// The message.
  public var description: String { message }
}
