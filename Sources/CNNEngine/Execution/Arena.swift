/// Zeroed, aligned memory that is freed all at once.
///
/// Its requests are known before it is made: an arena that only counts is asked for everything first.
final class Arena {
  /// The sizes of the requests so far, in bytes.
  private var requests: [Int] = []
  /// One for each request, so that the address sanitizer sees the first byte beyond each; none if it only counts.
  private var chunks: [UnsafeMutableRawPointer] = []
  private let isCounting: Bool

  /// An arena that counts what it is asked for; what it hands out must not be read or written.
  init() { isCounting = true }

  /// What `build` makes of the memory that it asks for; it is called twice.
  static func allocate<Result>(_ build: (Arena) -> Result) throws(MemoryError) -> Result {
    let counted = Arena()
    _ = build(counted)
    return build(try Arena(counted))
  }

  /// Memory for everything that another arena has counted.
  private init(_ counted: Arena) throws(MemoryError) {
    isCounting = false
    for bytes in counted.requests { chunks.append(try Memory.allocate(bytes: bytes)) }
  }

  deinit { for chunk in chunks { Memory.deallocate(chunk) } }

  /// What it was asked for so far, in bytes.
  var total: Int { requests.reduce(0, +) }

  func lanes(_ count: Int) -> UnsafeMutablePointer<Lanes> { memory(for: count) }

  func floats(_ count: Int) -> UnsafeMutablePointer<Float> { memory(for: count) }

  func bytes(_ count: Int) -> UnsafeMutablePointer<UInt8> { memory(for: count) }

  private func memory<Element>(for count: Int) -> UnsafeMutablePointer<Element> {
    let chunk = isCounting ? Memory.nowhere : chunks[requests.count]
    requests.append(count * MemoryLayout<Element>.stride)
    return chunk.bindMemory(to: Element.self, capacity: count)
  }
}
