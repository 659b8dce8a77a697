import ImageFiles

/// How a data set is read.
public struct DatasetOptions: Sendable {
  /// What the images of a source become that does not divide them into training and test set.
  public enum Undivided: Sendable {
    /// A fifth of each class becomes the test set, the same ones each time; the rest the training set.
    case fifthIsTest
    /// All become the training set, as a resplit divides them.
    case training
    /// All become the test set.
    case test
  }

  /// The name of a data set that is not known by its labels; nil for that of the file or folder.
  public var name: String?
  /// The shape to which pictures are scaled, and which flat rows have if their length fits; nil for the source's own.
  public var shape: ImageShape?
  /// The scores of the network: classes that are numbers below it keep their numbers; nil if there is none.
  public var units: Int?
  /// The names of the classes in the order of the labels, as of a run; nil for those of the source.
  public var classNames: [String]?
  /// The label column of CSV: a name in the header, `first` or `last`; nil to find it.
  public var labelColumn: String?
  /// What images become that the source does not divide.
  public var undivided: Undivided
  /// Whether pictures that cannot be read are left out, with a notice; otherwise they are an error.
  public var skipsUnreadable: Bool
  /// How pictures become images; nil to scale them, and to find from the training images how others should.
  public var pictures: PicturePreparation?
  /// The folder in which what was read from pictures and CSV is remembered; nil to read it each time.
  public var cacheFolder: String?
  /// Called with the number of pictures or bytes that have been read, and of all; by several threads, never at once, and at
  /// the end, even of a failure, with the number of all.
  public var progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  /// What takes less time to read is not remembered.
  package var rememberedDuration = Duration.milliseconds(300)

  /// Options with these values.
  public init(
    name: String? = nil, shape: ImageShape? = nil, units: Int? = nil, classNames: [String]? = nil,
    labelColumn: String? = nil, undivided: Undivided = .fifthIsTest, skipsUnreadable: Bool = false,
    pictures: PicturePreparation? = nil, cacheFolder: String? = nil,
    progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
  ) {
    (self.name, self.shape, self.units, self.classNames) = (name, shape, units, classNames)
    (self.labelColumn, self.undivided, self.skipsUnreadable) = (labelColumn, undivided, skipsUnreadable)
    (self.pictures, self.cacheFolder, self.progress) = (pictures, cacheFolder, progress)
  }
}
