import FileIO
import ImageFiles

/// What a reader found in a source: images and labels before classes and parts are decided.
struct RawDataset: Sendable {
  /// What a source says about a part of its images.
  enum Role: UInt8, Sendable, CaseIterable {
    case train, test, validation, undivided

    private static let words: [String: Role] = [
      "train": .train, "training": .train, "t10k": .test, "test": .test, "testing": .test, "val": .validation,
      "valid": .validation, "validation": .validation,
    ]

    /// The part that a word of a file's name means; nil for any other word.
    init?(word: String) {
      guard let role = Self.words[word] else { return nil }
      self = role
    }
  }

  /// Images that lie one after another.
  struct Part: Sendable, Equatable {
    var role: Role
    var count: Int
    /// The file of the labels, for errors.
    var labelPath: String
    /// The offset of the first label and the distance of two, where labels have a fixed place.
    var firstLabel: Int?
    var labelStride = 1
    var isCompressed = false

    /// Where the labels are.
    var origin: LabelOrigin {
      LabelOrigin(path: labelPath, firstByte: firstLabel, stride: labelStride, isCompressed: isCompressed)
    }
  }

  /// The class of each image as the source says it.
  enum Labels: Sendable, Equatable {
    /// Whole numbers.
    case numbers([UInt16])
    /// Indices into distinct names.
    case names([UInt16], names: [String])

    /// The number of images.
    var count: Int {
      switch self {
      case .numbers(let labels), .names(let labels, _): labels.count
      }
    }
  }

  /// The pixels of all parts, [N, C, H, W].
  var pixels: [UInt8]
  /// The shape of each image.
  var shape: ImageShape
  /// The parts, in the order of the pixels.
  var parts: [Part]
  /// The labels, in the order of the pixels.
  var labels: Labels
  /// The names that the source has for label values.
  var labelNames: [Int: String] = [:]
  /// What the names of the files say the set is.
  var known: KnownDataset?
  /// How pictures became images; nil if they were scaled, or were none.
  var pictures: PicturePreparation?
  /// The sizes of the pictures; nil if there are none.
  var pictureSizes: PictureSizes?
  /// Sentences about what was read.
  var notices: [String] = []
}

/// The sizes of pictures before they are scaled.
public struct PictureSizes: Equatable, Sendable {
  /// The smallest width and height; they may be of different pictures.
  public let smallest: (width: Int, height: Int)
  /// The largest width and height.
  public let largest: (width: Int, height: Int)
  /// The most common shape.
  public let mostCommon: ImageShape
  /// The number of different shapes.
  public let distinctCount: Int

  /// The sizes of pictures by their shape; nil if there are none.
  init?(_ counts: [ImageShape: Int]) {
    guard
      let most = counts.max(by: { ($0.value, $1.key.description) < ($1.value, $0.key.description) })
    else { return nil }
    let (widths, heights) = (counts.keys.map(\.width), counts.keys.map(\.height))
    smallest = (widths.min() ?? 0, heights.min() ?? 0)
    largest = (widths.max() ?? 0, heights.max() ?? 0)
    (mostCommon, distinctCount) = (most.key, counts.count)
  }

  /// The values that a cache has stored.
  init(
    smallest: (width: Int, height: Int), largest: (width: Int, height: Int), mostCommon: ImageShape,
    distinctCount: Int
  ) {
    (self.smallest, self.largest) = (smallest, largest)
    (self.mostCommon, self.distinctCount) = (mostCommon, distinctCount)
  }

  /// Whether two have the same values.
  public static func == (a: PictureSizes, b: PictureSizes) -> Bool {
    a.smallest == b.smallest && a.largest == b.largest && a.mostCommon == b.mostCommon
      && a.distinctCount == b.distinctCount
  }
}
