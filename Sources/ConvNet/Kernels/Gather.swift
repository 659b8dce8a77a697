/// Turns the bytes of a block's images into lanes: one image per lane, zeros in lanes without an image.
struct Gather {
  private var images = InlineArray<16, UnsafePointer<UInt8>?>(repeating: nil)
  private let count: Int

  init(
    pixels: UnsafeBufferPointer<UInt8>, indices: UnsafeBufferPointer<Int32>, imageSize: Int, firstImage: Int
  ) {
    count = min(LaneCPU.laneCount, indices.count - firstImage)
    for lane in 0..<count {
      images[lane] = pixels.baseAddress.map { $0 + Int(indices[firstImage + lane]) * imageSize }
    }
  }

  /// Looks up `count` neighbouring pixels of every image.
  @inline(__always)
  func row(
    at first: Int, count width: Int, table: UnsafeBufferPointer<Float>, tableOffset: Int,
    into target: UnsafeMutablePointer<Lanes>
  ) {
    let lanes = LaneCPU.laneCount
    let floats = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Float.self)
    for lane in 0..<lanes {
      guard lane < count, let source = images[lane] else {
        for column in 0..<width { floats[column &* lanes &+ lane] = 0 }
        continue
      }
      for column in 0..<width {
        floats[column &* lanes &+ lane] = table[tableOffset &+ Int(source[first &+ column])]
      }
    }
  }
}
