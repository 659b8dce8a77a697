import CNNEngine
import ConfigDecoding
import Datasets
import Formatting
import ImageFiles

/// The section `data` of a config: the data set, its splits, augmentation and normalization.
public struct DataConfig: Sendable {
  /// Where images come from.
  public enum Source: String, CaseIterable, Sendable {
    /// Files of MNIST.
    case mnist
    /// Files of Fashion-MNIST.
    case fashion
    /// Synthetic digits.
    case builtin

    /// The data set whose usual places are searched.
    var knownDataset: KnownDataset {
      switch self {
      case .mnist, .builtin: .mnist
      case .fashion: .fashion
      }
    }
  }

  /// The validation set.
  public struct Validation: Sendable {
    /// The set that validation images are taken from.
    public enum Origin: String, CaseIterable, Sendable { case train, test }

    /// The set that the images are taken from.
    public let from: Origin
    /// The number of images held out once; nil for the whole test set.
    public let count: Int?
    /// The number of test images sampled in each epoch.
    public let sample: Int?
  }

  /// Where images come from.
  public let source: Source
  /// The folder of the data files.
  public let directory: String?
  /// The numbers of synthetic training and test images.
  public let builtin: (train: Int, test: Int)
  /// The sizes of random disjoint training and test sets, drawn from all images pooled.
  public let resplit: (train: Int, test: Int)?
  /// The validation set; nil without validation.
  public let validation: Validation?
  /// The augmentation of the training images.
  public let augmentation: Augmentation
  /// How pictures become the input of the network; nil until a run's training images have decided it.
  public let pictures: PicturePreparation?
  /// The names of the classes, in the order of their labels; nil for those of the data.
  public let classNames: [String]?
  /// The label column of CSV: a name in its header, `first` or `last`; nil to find it.
  public let labelColumn: String?
  /// Whether pictures that cannot be read are left out instead of being an error.
  public let skipsUnreadable: Bool
  let normalization: (scale: Double, mean: [Double], std: [Double])

  init(_ decoder: ConfigDecoder) {
    let images = ConfigField<Int>.integer(.within(1...1_000_000))
    let counts = { @Sendable (train: Int, test: Int) in
      ConfigField<(train: Int, test: Int)>.object { decoder in
        (
          train: decoder.value("train", images, default: JSON(train), "Number of training images."),
          test: decoder.value("test", images, default: JSON(test), "Number of test images.")
        )
      }
    }
    source = decoder.value(
      "dataset", .choice(of: Source.self), default: "mnist",
      "Files of MNIST or Fashion-MNIST, or synthetic digits; data.dir names any other.")
    directory = decoder.optional("dir", .string, "Folder or file of the data.")
    builtin = decoder.value("builtin", counts(20_000, 5_000), default: [:], "Numbers of synthetic digits.")
    resplit = decoder.optional(
      "resplit", counts(50_000, 10_000), "Pool all images and draw disjoint random sets of these sizes.")
    validation = decoder.optional("validation", .object(Self.validation), "Validation set of every epoch.")
    augmentation = Augmentation(
      decoder.value(
        "augment", .list(of: Augmentation.Entry.field, count: .within(0...64)), default: [],
        "Random changes of the training images in every epoch."))
    pictures = decoder.optional(
      "pictures", .choice(of: PicturePreparation.self),
      "Whether the digit in a picture is found and centred, or the whole picture scaled; by default as suits the training images."
    )
    classNames = decoder.optional(
      "classes", .list(of: .string, count: .within(2...65_536)),
      "Names of the classes in the order of their labels; by default those of the data.")
    if let names = classNames {
      let twice = ClassName.duplicate(in: names).map { "\($0.quoted) is there twice" }
      if let fault = ClassName.fault(in: names) ?? twice { decoder.report(fault, at: "classes") }
    }
    labelColumn = decoder.optional(
      "label_column", .string, "Label column of CSV: a name in its header, \"first\" or \"last\".")
    skipsUnreadable = decoder.value(
      "skip_unreadable", .boolean, default: false, "Leave out pictures that cannot be read.")
    normalization = decoder.value(
      "normalize", .object(Self.normalization), default: [:], "(byte / scale - mean) / std for each channel.")
  }

  private static func validation(_ decoder: ConfigDecoder) -> Validation {
    let images = ConfigField<Int>.integer(.within(1...1_000_000))
    let validation = Validation(
      from: decoder.value(
        "from", .choice(of: Validation.Origin.self), default: "train",
        "Set from which validation images are taken."),
      count: decoder.optional("count", images, "Number of random images held out once."),
      sample: decoder.optional("sample", images, "Number of random test images in each epoch."))
    if validation.from == .train, validation.sample != nil {
      decoder.report("is for \"from\": \"test\"; \"count\" holds out training images", at: "sample")
    } else if validation.from == .train, validation.count == nil {
      decoder.report("is required: the number of images to hold out", at: "count")
    } else if validation.count != nil, validation.sample != nil {
      decoder.report("cannot be combined with \"count\"", at: "sample")
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
