import CNNEngine
import ConfigDecoding

/// The data set of a config and how it is split and scaled.
public struct DataConfig: Sendable {
  /// Where images come from.
  public enum Source: String, CaseIterable, Sendable {
    /// IDX files.
    case mnist
    /// Digits the program draws itself.
    case builtin
  }

  /// What is held out to validate with.
  public struct Validation: Sendable {
    /// Where validation images come from.
    public enum Origin: String, CaseIterable, Sendable { case train, test }

    /// The set they are taken from.
    public let from: Origin
    /// How many are held out once; nil takes all of the test set.
    public let count: Int?
    /// How many are drawn anew each epoch.
    public let sample: Int?
  }

  /// Where images come from.
  public let source: Source
  /// The folder of the IDX files.
  public let directory: String?
  /// Drawn digits to train and to test with.
  public let builtin: (train: Int, test: Int)
  /// Random disjoint sets drawn from all images pooled.
  public let resplit: (train: Int, test: Int)?
  /// What is validated on after each epoch.
  public let validation: Validation?
  /// How images to train with are changed in every epoch.
  public let augmentation: Augmentation
  let normalization: (scale: Double, mean: [Double], std: [Double])

  init(_ decoder: ConfigDecoder) {
    let images = ConfigField<Int>.integer(.within(1...1_000_000))
    let counts = { @Sendable (train: Int, test: Int) in
      ConfigField<(train: Int, test: Int)>.object { decoder in
        (
          train: decoder.value("train", images, default: JSON(train), "Images to train with."),
          test: decoder.value("test", images, default: JSON(test), "Images to test with.")
        )
      }
    }
    source = decoder.value(
      "dataset", .choice(of: Source.self), default: "mnist", "IDX files, or digits the program draws.")
    directory = decoder.optional("dir", .string, "Folder of the IDX files.")
    builtin = decoder.value("builtin", counts(20_000, 5_000), default: [:], "How many digits are drawn.")
    resplit = decoder.optional(
      "resplit", counts(50_000, 10_000), "Pool all images and draw disjoint random sets from them.")
    validation = decoder.optional("validation", .object(Self.validation), "What each epoch is validated on.")
    augmentation = Augmentation(
      decoder.value(
        "augment", .list(of: Augmentation.Entry.field, count: .within(0...64)), default: [],
        "How images to train with are changed in every epoch."))
    normalization = decoder.value(
      "normalize", .object(Self.normalization), default: [:], "(byte / scale - mean) / std for each channel.")
  }

  private static func validation(_ decoder: ConfigDecoder) -> Validation {
    let images = ConfigField<Int>.integer(.within(1...1_000_000))
    let validation = Validation(
      from: decoder.value(
        "from", .choice(of: Validation.Origin.self), default: "train", "The set validation images come from."),
      count: decoder.optional("count", images, "Images held out once, at random."),
      sample: decoder.optional("sample", images, "Images drawn anew each epoch, from the test set."))
    if validation.from == .train, validation.sample != nil {
      decoder.report("is for \"from\": \"test\"; hold out images to train with by \"count\"", at: "sample")
    } else if validation.from == .train, validation.count == nil {
      decoder.report("is required: how many images are held out", at: "count")
    } else if validation.count != nil, validation.sample != nil {
      decoder.report("cannot stand beside \"count\"", at: "sample")
    }
    return validation
  }

  private static func normalization(_ decoder: ConfigDecoder) -> (
    scale: Double, mean: [Double], std: [Double]
  ) {
    let perChannel = Bounds<Int>.within(1...65_536)
    let divisor = ConfigField<Double>.number(.within(1e-6...1e6))
    return (
      scale: decoder.value("scale", divisor, default: 255, "Bytes are divided by this."),
      mean: decoder.value(
        "mean", .list(of: .number(.within(-1e6...1e6)), count: perChannel), default: [0],
        "One number, or one per channel."),
      std: decoder.value(
        "std", .list(of: divisor, count: perChannel), default: [1], "One number, or one per channel.")
    )
  }
}
