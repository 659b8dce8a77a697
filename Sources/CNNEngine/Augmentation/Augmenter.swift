import Randomness

/// An augmentation with its memory for batches of images of one shape: the augmented images, and a warp for each worker.
final class Augmenter: @unchecked Sendable {
  /// A transform with its probability and its position in the list, the stream of its random numbers.
  private typealias Randomized<Transform> = (position: UInt32, probability: Double, transform: Transform)

  private let spatial: [Randomized<any SpatialTransform>]
  private let pixel: [Randomized<any PixelTransform>]
  private let shape: Shape
  /// `[capacity, C, H, W]`
  fileprivate let images: UnsafeMutableBufferPointer<UInt8>
  /// 0, 1, 2, ...: the indices of the augmented images.
  private let order: UnsafeMutableBufferPointer<Int32>
  private let warpMemory: UnsafeMutablePointer<Lanes>
  private let arena: Arena
  /// Vectors of one worker.
  private let warpSize: Int

  init(_ augmentation: Augmentation, shape: Shape, capacity: Int, workers: Int, arena: Arena) {
    func randomized<Transform>(_ type: Transform.Type) -> [Randomized<Transform>] {
      augmentation.entries.enumerated().compactMap { position, entry in
        (entry.transform as? Transform).map { (UInt32(position), entry.probability, $0) }
      }
    }
    spatial = randomized((any SpatialTransform).self).map {
      ($0.position, $0.probability, $0.transform.prepared(for: shape))
    }
    pixel = randomized((any PixelTransform).self)
    self.shape = shape
    images = UnsafeMutableBufferPointer(
      start: arena.bytes(capacity * shape.count), count: capacity * shape.count)
    order = .allocate(capacity: capacity)
    _ = order.initialize(from: 0..<Int32(capacity))
    warpSize = Warp.size(shape) + (spatial.map(\.transform.scratchSize).max() ?? 0)
    warpMemory = arena.lanes(workers * warpSize)
    self.arena = arena
  }

  deinit { order.deallocate() }

  /// The first `count` augmented images.
  func batch(of count: Int, table: UnsafeBufferPointer<Float>) -> BatchReader {
    BatchReader(
      pixels: UnsafeBufferPointer(images), indices: UnsafeBufferPointer(rebasing: order[..<count]),
      table: table, shape: shape)
  }

  /// Augments one image.
  ///
  /// - Parameters:
  ///   - number: the image's index, the stream of its random numbers.
  ///   - random: the epoch's generator.
  ///   - position: the index in the batch.
  func augment(
    _ image: UnsafePointer<UInt8>?, number: Int32, _ random: CounterRandom, at position: Int, _ worker: Int
  ) {
    guard let image, let images = images.baseAddress else { return }
    let target = images + position &* shape.count
    var warp = Warp(shape, memory: warpMemory + worker &* warpSize)
    var isWarped = false
    for entry in spatial {
      guard let own = random.drawing(entry.position, of: number, entry.probability) else { continue }
      entry.transform.apply(to: &warp, own)
      isWarped = true
    }
    if isWarped {
      warp.resample(image, channels: shape.channels, into: target)
    } else {
      target.update(from: image, count: shape.count)
    }
    for entry in pixel {
      guard let own = random.drawing(entry.position, of: number, entry.probability) else { continue }
      entry.transform.apply(to: target, shape, own)
    }
  }
}

extension CounterRandom {
  /// The generator of the transform at `position` for image `number`; nil where it is not applied.
  fileprivate func drawing(_ position: UInt32, of number: Int32, _ probability: Double) -> CounterRandom? {
    let own = substream(UInt32(bitPattern: number), position)
    return probability >= 1 || own.uniform(at: 0) < probability ? own : nil
  }
}

extension Augmentation {
  /// The augmented version of one image, as a batch would have it.
  ///
  /// - Parameters:
  ///   - image: bytes, `[C, H, W]`.
  ///   - shape: the image's shape.
  ///   - number: the image's index.
  ///   - random: the epoch's generator.
  /// - Throws: `MemoryError`.
  public func augment(
    _ image: ArraySlice<UInt8>, _ shape: Shape, number: Int32, _ random: CounterRandom
  ) throws(MemoryError) -> [UInt8] {
    require(image.count == shape.count)
    let augmenter = try Arena.allocate { Augmenter(self, shape: shape, capacity: 1, workers: 1, arena: $0) }
    return image.withUnsafeBufferPointer { image in
      augmenter.augment(image.baseAddress, number: number, random, at: 0, 0)
      return Array(augmenter.images)
    }
  }
}
