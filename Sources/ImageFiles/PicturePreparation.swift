import FileIO

/// How pictures become the input of a network.
public enum PicturePreparation: String, CaseIterable, Sendable {
  /// The digit is found in the picture and centred, as MNIST was made.
  case digit
  /// The whole picture is scaled to the input, antialiased; one that has its size and channels stays as it is.
  case scale

  /// The share of images in MNIST's style from which on pictures are taken for digits.
  private static let minimumShare = 0.95

  /// The preparation for a network that is trained on `images`: `digit` if 95 % of them or more look like MNIST's.
  public static func suited(to images: Images) -> PicturePreparation {
    let similar = (0..<images.count).count { DigitPreprocessor.isNormalized(images[$0], images.shape) }
    return similar > 0 && Double(similar) >= minimumShare * Double(images.count) ? .digit : .scale
  }

  /// The input of shape `shape`, gray or RGB, for `picture`, an image of any size, called `name` in errors.
  ///
  /// Throws `unsuitable` if a digit is looked for and there is none.
  public func prepare(_ picture: Images, for shape: ImageShape, name: String) throws(DataError) -> Images {
    if self == .scale, picture.shape == shape { return picture }
    return try DigitPreprocessor(for: shape, source: self == .digit ? .photo : .raw)
      .prepare(picture, name: name)
  }
}
