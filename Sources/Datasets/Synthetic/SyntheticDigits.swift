import Dispatch
import Randomness

/// Handwritten-looking digits drawn by the program itself, for runs without any data file.
///
/// White ink on black in gray, random inks and backgrounds in colour. A digit depends on the seed and its
/// index alone; take the training set and the test set from disjoint ranges of indices.
public struct SyntheticDigits: Sendable {
  /// What all random numbers follow from.
  public let seed: UInt64
  /// 1 for gray, 3 for red, green and blue.
  public let channels: Int
  /// Width and height of a picture, in pixels.
  public let size: Int

  /// A source of pictures of `channels` (1 or 3) x `size` x `size` (8 to 1024 pixels).
  public init(seed: UInt64, channels: Int = 1, size: Int = 28) {
    precondition(channels == 1 || channels == 3, "pictures have 1 or 3 channels")
    precondition((8...1024).contains(size), "pictures are 8 to 1024 pixels wide")
    self.seed = seed
    self.channels = channels
    self.size = size
  }

  /// The bytes of one picture.
  public var byteCount: Int { channels * size * size }

  /// The label of digit `index`: each ten digits that start at a multiple of ten are 0 to 9 in random order.
  public func label(at index: Int) -> UInt8 {
    let (ten, position) = UInt64(bitPattern: Int64(index)).quotientAndRemainder(dividingBy: 10)
    let order = CounterRandom(seed: seed, purpose: .drawnDigits, stream: ~ten).permutation(10)
    return UInt8(order[Int(position)])
  }

  /// Draws digit `index` into `pixels` ([C, H, W]).
  ///
  /// As in MNIST, the digit fits a box of 20 / 28 of the picture, its mass centred on the pixel `size / 2`.
  public func draw(at index: Int, into pixels: UnsafeMutableBufferPointer<UInt8>) {
    precondition(pixels.count == byteCount, "a picture needs \(byteCount) bytes")
    var random = DigitRandom(seed: seed, index: UInt64(bitPattern: Int64(index)))
    let center = SIMD2(random.normal(0.3), random.normal(0.3)) + Float(size / 2) + 0.5
    let writing = Handwriting(
      digit: Int(label(at: index)), box: Float(size) * 20 / 28, center: center, random: &random)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: size * size) { coverage in
      coverage.initialize(repeating: 0)
      Pen.draw(writing.points, into: coverage, size: size)
      if channels == 1 {
        for i in coverage.indices { pixels[i] = UInt8(coverage[i] * 255 + 0.5) }
      } else {
        Paper(random: &random).paint(coverage, into: pixels, size: size, random: &random)
      }
    }
  }

  /// The pixels [N, C, H, W] and labels [N] of the digits in `range`, drawn on all cores.
  public func images(_ range: Range<Int>) -> (pixels: [UInt8], labels: [UInt8]) {
    let labels = range.map { label(at: $0) }
    let pixels = [UInt8](unsafeUninitializedCapacity: range.count * byteCount) { buffer, count in
      nonisolated(unsafe) let target = buffer
      let chunk = 64
      DispatchQueue.concurrentPerform(iterations: (range.count + chunk - 1) / chunk) { part in
        for i in (part * chunk)..<min((part + 1) * chunk, range.count) {
          let picture = target[(i * byteCount)..<((i + 1) * byteCount)]
          draw(at: range.lowerBound + i, into: UnsafeMutableBufferPointer(rebasing: picture))
        }
      }
      count = range.count * byteCount
    }
    return (pixels, labels)
  }

  /// The digits in `range` with their labels.
  public func labeledImages(_ range: Range<Int>) -> LabeledImages {
    let (pixels, labels) = images(range)
    return LabeledImages(pixels: pixels, labels: labels, channels: channels, height: size, width: size)
  }
}
