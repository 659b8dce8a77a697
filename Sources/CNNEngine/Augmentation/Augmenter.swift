import Randomness

/// An augmentation at work on images of one shape: memory for the new versions of a batch, and for each worker's warp.
final class Augmenter: @unchecked Sendable {
  /// A change with its chance and its place in the list, which names its generator.
  private typealias Drawn<Change> = (place: UInt32, probability: Double, change: Change)

  private let moving: [Drawn<any SpatialTransform>]
  private let painting: [Drawn<any PixelTransform>]
  private let shape: Shape
  /// `[capacity, C, H, W]`
  fileprivate let images: UnsafeMutableBufferPointer<UInt8>
  /// 0, 1, 2, ...: where the images of the batch lie.
  private let order: UnsafeMutableBufferPointer<Int32>
  private let warpMemory: UnsafeMutableBufferPointer<Lanes>
  /// Vectors of one worker.
  private let warpSize: Int

  init(_ augmentation: Augmentation, shape: Shape, capacity: Int, workers: Int) {
    func drawn<Change>(_ type: Change.Type) -> [Drawn<Change>] {
      augmentation.entries.enumerated().compactMap { place, entry in
        (entry.change as? Change).map { (UInt32(place), entry.probability, $0) }
      }
    }
    moving = drawn((any SpatialTransform).self).map {
      ($0.place, $0.probability, $0.change.fitted(to: shape))
    }
    painting = drawn((any PixelTransform).self)
    self.shape = shape
    images = .allocate(capacity: capacity * shape.count)
    images.initialize(repeating: 0)
    order = .allocate(capacity: capacity)
    _ = order.initialize(from: 0..<Int32(capacity))
    warpSize = Warp.size(shape) + (moving.map(\.change.scratchSize).max() ?? 0)
    warpMemory = .allocate(capacity: workers * warpSize)
    warpMemory.initialize(repeating: Lanes())
  }

  deinit {
    images.deallocate()
    order.deallocate()
    warpMemory.deallocate()
  }

  /// The first `count` new versions, to be read into lanes.
  func batch(of count: Int, table: UnsafeBufferPointer<Float>) -> BatchReader {
    BatchReader(
      pixels: UnsafeBufferPointer(images), indices: UnsafeBufferPointer(rebasing: order[..<count]),
      table: table,
      shape: shape)
  }

  /// Makes the version of an image that `random` draws, as number `place` of the batch.
  ///
  /// - Parameter number: tells the image from others; each draws by itself.
  func draw(
    _ image: UnsafePointer<UInt8>?, number: Int32, _ random: CounterRandom, at place: Int, _ worker: Int
  ) {
    guard let image, let images = images.baseAddress, let memory = warpMemory.baseAddress else { return }
    let target = images + place &* shape.count
    var warp = Warp(shape, memory: memory + worker &* warpSize)
    var isMoved = false
    for entry in moving {
      guard let own = random.drawing(entry.place, of: number, entry.probability) else { continue }
      entry.change.move(&warp, own)
      isMoved = true
    }
    if isMoved {
      warp.resample(image, channels: shape.channels, into: target)
    } else {
      target.update(from: image, count: shape.count)
    }
    for entry in painting {
      guard let own = random.drawing(entry.place, of: number, entry.probability) else { continue }
      entry.change.paint(target, shape, own)
    }
  }
}

extension CounterRandom {
  /// The generator of change `place` of image `number`; nil where the image does not undergo it.
  fileprivate func drawing(_ place: UInt32, of number: Int32, _ probability: Double) -> CounterRandom? {
    let own = substream(UInt32(bitPattern: number), place)
    return probability >= 1 || own.uniform(at: 0) < probability ? own : nil
  }
}

extension Augmentation {
  /// The version of one image that a batch gets.
  ///
  /// - Parameters:
  ///   - image: its bytes, `[C, H, W]`.
  ///   - number: tells the image from others.
  ///   - random: the generator of the epoch.
  public func draw(
    _ image: ArraySlice<UInt8>, _ shape: Shape, number: Int32, _ random: CounterRandom
  ) -> [UInt8] {
    require(image.count == shape.count)
    let augmenter = Augmenter(self, shape: shape, capacity: 1, workers: 1)
    return image.withUnsafeBufferPointer { image in
      augmenter.draw(image.baseAddress, number: number, random, at: 0, 0)
      return Array(augmenter.images)
    }
  }
}
