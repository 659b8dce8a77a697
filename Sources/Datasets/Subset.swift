import ImageFiles

/// Some of a pool of images, in an order: the pool is shared, only the indices are the subset's own.
public struct Subset: Sendable {
  /// The pool the indices point into.
  public let images: LabeledImages
  /// The members, as indices into the pool.
  public let indices: [Int32]

  /// The members `indices` of `images`, which must lie in its range.
  public init(of images: LabeledImages, indices: [Int32]) {
    precondition(indices.allSatisfy { 0..<images.count ~= Int($0) }, "indices outside the pool")
    self.images = images
    self.indices = indices
  }

  /// The images of `range`, in order; all of them without a range.
  public init(of images: LabeledImages, range: Range<Int>? = nil) {
    let range = range ?? 0..<images.count
    self.init(of: images, indices: (Int32(range.lowerBound)..<Int32(range.upperBound)).map { $0 })
  }

  /// How many images there are.
  public var count: Int { indices.count }
  /// The shape of each image.
  public var shape: ImageShape { images.shape }

  /// The class of the image at `position`.
  public func label(at position: Int) -> UInt8 { images.labels[Int(indices[position])] }

  /// The bytes of the image at `position`, [C, H, W].
  public subscript(position: Int) -> ArraySlice<UInt8> { images[Int(indices[position])] }

  /// The first `count` members, or all if there are fewer.
  public func prefix(_ count: Int) -> Subset {
    Subset(of: images, indices: Array(indices.prefix(count)))
  }
}
