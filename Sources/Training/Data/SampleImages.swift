import Datasets
import FileIO
import Formatting
import ImageFiles

/// Consecutive images of a split, as stored or as augmented in some epochs, for `cnn show`.
public struct SampleImages {
  /// One image.
  public struct Sample {
    /// The position in the split.
    public let position: Int
    /// The epoch of the augmentation; nil for the stored image.
    public let epoch: Int?
    /// The name of the class.
    public let label: String
    /// The bytes, [C, H, W].
    public let pixels: ArraySlice<UInt8>
  }

  /// The images; the epochs of an image follow each other.
  public let samples: [Sample]
  /// The shape of every image.
  public let shape: ImageShape
  /// The number of images, each counted once.
  public let imageCount: Int
  /// The number of images in the split.
  public let splitCount: Int

  /// The `count` images of `split` from position `first`, or fewer at its end.
  ///
  /// - Parameter epochs: the epochs whose augmented versions are shown; nil for the stored images.
  /// - Throws: `DataError.unsatisfiable` if the split has no image `first`, or if there is no such split; `MemoryError`.
  public init(
    _ data: ExperimentData, _ config: ExperimentConfig, split: ExperimentData.Split, first: Int, count: Int,
    epochs: Range<Int>?
  ) throws {
    let images = try data.split(split)
    guard first < images.count else {
      throw DataError.unsatisfiable(
        reason: "--first \(first): there are \(images.count.grouped) images, 0 to \(images.count - 1)")
    }
    let range = first..<min(first + count, images.count)
    (shape, imageCount, splitCount) = (images.shape, range.count, images.count)
    samples = try range.flatMap { position in
      let label = data.classNames.name(of: Int(images.label(at: position)))
      guard let epochs else {
        return [Sample(position: position, epoch: nil, label: label, pixels: images[position])]
      }
      return try epochs.map { epoch in
        let pixels = try config.data.augmentation.augment(
          images[position], config.model.input, number: images.indices[position],
          config.augmentationRandom(epoch: epoch))
        return Sample(position: position, epoch: epoch, label: label, pixels: pixels[...])
      }
    }
  }

  /// All images in one picture.
  ///
  /// - Parameters:
  ///   - columns: images per row; nil for a square.
  ///   - hasLabels: whether the label is written below each image.
  public func contactSheet(columns: Int?, hasLabels: Bool) -> ContactSheet {
    ContactSheet(
      Images(pixels: samples.flatMap(\.pixels), shape: shape), columns: columns,
      captions: hasLabels ? samples.map(\.label) : nil)
  }
}
