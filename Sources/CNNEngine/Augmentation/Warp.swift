import CSIMD

/// Where each pixel of a transformed image is sampled: an affine map and a displacement of every pixel.
///
/// A worker has memory for one warp, which its images use one after another.
struct Warp {
  var map = AffineMap()
  private let height: Int
  private let width: Int
  /// Vectors of a row of pixels.
  private let lineLength: Int
  /// `[row][x, y][line]`, valid only with a displacement field.
  private let displacements: UnsafeMutablePointer<Lanes>
  /// Each pixel of a channel with its neighbours to the right, below, and below to the right, a byte each.
  private let squares: UnsafeMutablePointer<UInt32>
  /// Scratch memory of displacement fields.
  private let scratch: UnsafeMutablePointer<Lanes>
  private var isDisplaced = false

  /// Vectors of a row of pixels of `shape`.
  static func lineLength(_ shape: Shape) -> Int { vectorCount(shape.width) }

  /// Vectors of memory that images of `shape` take, without scratch memory.
  static func size(_ shape: Shape) -> Int {
    2 * shape.height * lineLength(shape) + vectorCount(shape.height * shape.width)
  }

  /// A warp of images of `shape` in `memory`.
  init(_ shape: Shape, memory: UnsafeMutablePointer<Lanes>) {
    (height, width, lineLength) = (shape.height, shape.width, Self.lineLength(shape))
    displacements = memory
    let behind = displacements + 2 * height * lineLength
    squares = UnsafeMutableRawPointer(behind).assumingMemoryBound(to: UInt32.self)
    scratch = memory + Self.size(shape)
  }

  /// Adds what `body` adds to the displacements, `[row][x, y][line]`, with some scratch memory.
  mutating func displace(
    _ body: (_ displacements: UnsafeMutablePointer<Lanes>, _ scratch: UnsafeMutablePointer<Lanes>) -> Void
  ) {
    if !isDisplaced { displacements.update(repeating: Lanes(), count: 2 &* height &* lineLength) }
    isDisplaced = true
    body(displacements, scratch)
  }

  // MARK: Resampling

  /// Samples an image `[C, H, W]` bilinearly; beyond the edges the pixels of the edges are repeated.
  func resample(_ source: UnsafePointer<UInt8>, channels: Int, into target: UnsafeMutablePointer<UInt8>) {
    let size = height &* width
    let end = target + channels &* size
    for channel in 0..<channels {
      collectSquares(source + channel &* size)
      for row in 0..<height {
        resample(row, into: target + (channel &* size &+ row &* width), endingAt: end)
      }
    }
  }

  private func collectSquares(_ image: UnsafePointer<UInt8>) {
    for row in 0..<height {
      let upper = image + row &* width
      let lower = row &+ 1 < height ? upper + width : upper
      let line = squares + row &* width
      for column in 0..<width &- 1 {
        line[column] =
          UInt32(upper[column]) | UInt32(upper[column &+ 1]) &<< 8 | UInt32(lower[column]) &<< 16
          | UInt32(lower[column &+ 1]) &<< 24
      }
      let (above, below) = (UInt32(upper[width &- 1]), UInt32(lower[width &- 1]))
      line[width &- 1] = above | above &<< 8 | below &<< 16 | below &<< 24
    }
  }

  /// Samples one row; what is written beyond its end is overwritten by the next row.
  @inline(__always)
  private func resample(
    _ row: Int, into target: UnsafeMutablePointer<UInt8>, endingAt end: UnsafeMutablePointer<UInt8>
  ) {
    let lanes = CPUFeatures.laneCount
    let (middleX, middleY) = (Double(width - 1) / 2, Double(height - 1) / 2)
    let y = Double(row) - middleY
    // The first pixel's coordinates are in double precision, so that the identity is exact.
    let startX = Lanes(repeating: Float(map.xy * y + map.x - map.xx * middleX + middleX))
    let startY = Lanes(repeating: Float(map.yy * y + map.y - map.yx * middleX + middleY))
    var column = Lanes()
    for lane in 0..<lanes { column[lane] = Float(lane) }
    let extra = displacements + 2 &* row &* lineLength
    for vector in 0..<lineLength {
      var x = startX + column * Float(map.xx)
      var y = startY + column * Float(map.yx)
      if isDisplaced {
        x += extra[vector]
        y += extra[lineLength &+ vector]
      }
      let (acrossAll, downAll) = (Self.fixedPoint(x, below: width), Self.fixedPoint(y, below: height))
      let index = (downAll &>> 8) &* Int32(truncatingIfNeeded: width) &+ (acrossAll &>> 8)
      let square = unsafeBitCast(lanes_gathered(squares, index), to: IntegerLanes.self)
      let (across, down) = (acrossAll & 255, downAll & 255)
      let upper = Self.mix(square & 255, (square &>> 8) & 255, across)
      let lower = Self.mix((square &>> 16) & 255, (square &>> 24) & 255, across)
      let byte = (Self.mix(upper, lower, down) &+ 32_768) &>> 16
      let output = target + vector &* lanes
      store_lanes_as_bytes(byte, output, Int64(end - output))
      column += Float(lanes)
    }
  }

  /// A coordinate clamped to the image, in 1/256 pixels.
  @inline(__always)
  private static func fixedPoint(_ value: Lanes, below size: Int) -> IntegerLanes {
    let last = Lanes(repeating: Float(size - 1))
    let inside = value.max(Lanes())
    return lanes_truncated(inside.replacing(with: last, where: inside .> last) * 256 + 0.5)
  }

  /// 256 times the value between `a` and `b`, at `part` / 256.
  @inline(__always)
  private static func mix(_ a: IntegerLanes, _ b: IntegerLanes, _ part: IntegerLanes) -> IntegerLanes {
    a &* 256 &+ (b &- a) &* part
  }
}
