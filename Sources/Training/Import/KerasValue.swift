/// A value between two layers: how Keras sees it, and what it is in the network here.
struct KerasValue {
  /// Keras' view of one image's value.
  enum Form: Equatable {
    /// Channels of a height and a width, in either of Keras' orders.
    case map(channels: Int, height: Int, width: Int)
    /// Rows and columns without channels, such as (28, 28).
    case plane(height: Int, width: Int)
    /// Features.
    case flat(FeatureOrder)
  }

  var form: Form
  /// The name of the layer here that computes it; `input` for the image.
  var layer: String
  /// Its shape here: [features], or [channels, height, width].
  var shape: [Int]
  /// Zeros around it that the next convolution adds: top, left, bottom, right.
  var border: [Int]?
  /// Whether nothing but scaling was done to the image, and no other layer reads what came before.
  var isFront = false

  /// The number of its elements.
  var count: Int { shape.reduce(1, *) }
  /// Whether it is flat features here.
  var isFlat: Bool { shape.count == 1 }
}

/// The order of flat features in Keras, in terms of the order here.
struct FeatureOrder: Equatable {
  /// Features of a flattened map, whose `channels` come one after another for each of the `pixels` in Keras, and pixels
  /// for each channel here.
  private struct Part: Equatable {
    let channels: Int
    let pixels: Int
  }

  private var parts: [Part]
  private static let largestCount = 1024

  /// `count` features in the same order.
  init(count: Int) { parts = [Part(channels: 1, pixels: count)] }

  /// A map that Keras flattens with its channels last.
  init(channels: Int, pixels: Int) {
    let isSame = channels == 1 || pixels == 1
    parts = [isSame ? Part(channels: 1, pixels: channels * pixels) : Part(channels: channels, pixels: pixels)]
  }

  /// Features one after another; nil for too many parts.
  init?(_ orders: [FeatureOrder]) {
    parts = []
    for part in orders.lazy.flatMap(\.parts) {
      if let last = parts.last, last.channels == 1, part.channels == 1 {
        parts[parts.count - 1] = Part(channels: 1, pixels: last.pixels + part.pixels)
      } else {
        parts.append(part)
      }
      if parts.count > Self.largestCount { return nil }
    }
  }

  /// Whether both orders are the same.
  var isSame: Bool { parts.allSatisfy { $0.channels == 1 } }

  /// The place here of each feature of Keras.
  var places: [Int] {
    var (places, first): ([Int], Int) = ([], 0)
    for part in parts {
      let count = part.channels * part.pixels
      places += (0..<count).map { first + $0 % part.channels * part.pixels + $0 / part.channels }
      first += count
    }
    return places
  }
}
