import ImageFiles

/// An ordered subset of a pool of images: indices into the pool, which is shared.
public struct Subset: Sendable {
  /// The pool.
  public let images: LabeledImages
  /// The images of the subset, as indices into the pool.
  public let indices: [Int32]

  /// The images at `indices`, which must be valid, in this order.
  public init(of images: LabeledImages, indices: [Int32]) {
    precondition(indices.allSatisfy { 0..<images.count ~= Int($0) }, "indices outside the pool")
    self.images = images
    self.indices = indices
  }

  /// The images in `range`, by default all.
  public init(of images: LabeledImages, range: Range<Int>? = nil) {
    let range = range ?? 0..<images.count
    self.init(of: images, indices: (Int32(range.lowerBound)..<Int32(range.upperBound)).map { $0 })
  }

  /// The number of images.
  public var count: Int { indices.count }
  /// The shape of each image.
  public var shape: ImageShape { images.shape }

  /// The label of the image at `position` of the subset.
  public func label(at position: Int) -> UInt16 { images.labels[Int(indices[position])] }

  /// The bytes of the image at `position` of the subset, [C, H, W].
  public subscript(position: Int) -> ArraySlice<UInt8> { images[Int(indices[position])] }

  /// The images at `positions` of the subset, copied.
  package func images(at positions: some Sequence<Int>) -> Images {
    Images(pixels: positions.flatMap { self[$0] }, shape: shape)
  }

  /// The first `count` images, or all if there are fewer.
  public func prefix(_ count: Int) -> Subset {
    Subset(of: images, indices: Array(indices.prefix(count)))
  }
}
