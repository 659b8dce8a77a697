import CSIMD

/// Reads and normalizes the images of a batch into batch blocks; lanes without an image are zero.
struct BatchReader {
  /// `[N, C, H, W]` bytes.
  let pixels: UnsafeBufferPointer<UInt8>
  /// The images of the batch.
  let indices: UnsafeBufferPointer<Int32>
  /// 256 normalized values for each channel, one for each byte.
  let table: UnsafeBufferPointer<Float>
  /// One image's shape.
  let shape: Shape

  /// Vectors of a task.
  private static let vectorsPerTask = 8192 / CPUFeatures.laneCount

  private var rowsPerTask: Int { max(1, Self.vectorsPerTask / shape.width) }
  private var rows: Int { shape.channels * shape.height }
  /// Tasks of a batch block.
  var tasksPerBlock: Int { (rows + rowsPerTask - 1) / rowsPerTask }

  /// Reads some rows of the images of one batch block.
  func read(_ task: Int, into x: FeatureMaps) {
    let (block, part) = task.quotientAndRemainder(dividingBy: tasksPerBlock)
    let images = images(ofBlock: block)
    let lines = part * rowsPerTask..<min((part + 1) * rowsPerTask, rows)
    fetch(images, lines.lowerBound * shape.width..<lines.upperBound * shape.width)
    for line in lines {
      let (channel, row) = line.quotientAndRemainder(dividingBy: shape.height)
      read(images, at: line * shape.width, tableOffset: channel * 256, into: x.row(block, channel, row))
    }
  }

  /// One image of the batch.
  func image(_ place: Int) -> UnsafePointer<UInt8>? {
    pixels.baseAddress.map { $0 + Int(indices[place]) * shape.count }
  }

  private typealias Images = InlineArray<16, UnsafePointer<UInt8>?>

  private func images(ofBlock block: Int) -> Images {
    let first = block * CPUFeatures.laneCount
    var images = Images(repeating: nil)
    for lane in 0..<min(CPUFeatures.laneCount, indices.count - first) {
      images[lane] = image(first + lane)
    }
    return images
  }

  /// Prefetches the images, which are scattered over the data set, before the first is read.
  private func fetch(_ images: Images, _ pixels: Range<Int>) {
    for lane in 0..<CPUFeatures.laneCount {
      guard let image = images[lane] else { return }
      for pixel in Swift.stride(from: pixels.lowerBound, to: pixels.upperBound, by: 64) {
        prefetch(image + pixel)
      }
    }
  }

  /// Normalizes one row of every image.
  @inline(__always)
  private func read(
    _ images: Images, at first: Int, tableOffset: Int, into target: UnsafeMutablePointer<Lanes>
  ) {
    // Four images at a time, because the time goes into stores.
    let (lanes, width) = (CPUFeatures.laneCount, shape.width)
    let floats = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Float.self)
    guard let table = table.baseAddress.map({ $0 + tableOffset }) else { return }
    for lane in Swift.stride(from: 0, to: lanes, by: 4) {
      if let a = images[lane], let b = images[lane + 1], let c = images[lane + 2], let d = images[lane + 3] {
        for (column, pixel) in (first..<first + width).enumerated() {
          UnsafeMutableRawPointer(floats + (column &* lanes &+ lane)).storeBytes(
            of: SIMD4(table[Int(a[pixel])], table[Int(b[pixel])], table[Int(c[pixel])], table[Int(d[pixel])]),
            as: SIMD4<Float>.self)
        }
        continue
      }
      for lane in lane..<lane + 4 {
        let image = images[lane]
        for column in 0..<width {
          floats[column &* lanes &+ lane] = image.map { table[Int($0[first &+ column])] } ?? 0
        }
      }
    }
  }
}
