/// The bytes as they lie in a file (or in memory), through one buffer.
struct BufferedReader: ~Copyable {
  /// How many bytes have been handed out.
  private(set) var position = 0
  /// The length in bytes, or nil if it is not known.
  let length: Int?
  private let file: InputFile?
  private let isFile: Bool
  private var buffer: [UInt8]
  private var start = 0
  private var end: Int

  /// Reads a file, 128 KiB at a time.
  init(_ file: consuming InputFile) {
    length = file.length
    self.file = consume file
    isFile = true
    buffer = [UInt8](repeating: 0, count: 1 << 17)
    end = 0
  }

  /// Reads from memory.
  init(_ bytes: [UInt8]) { self.init(bytes, range: 0..<bytes.count) }

  /// Reads a part of what is in memory.
  init(_ bytes: [UInt8], range: Range<Int>) {
    length = range.count
    file = nil
    isFile = false
    buffer = bytes
    (start, end) = (range.lowerBound, range.upperBound)
  }

  /// The next bytes, up to `count` of them, which stay to be read.
  mutating func peek(_ count: Int) throws(DataError) -> ArraySlice<UInt8> {
    while end - start < count, try refill() {}
    return buffer[start..<min(end, start + count)]
  }

  /// Whether nothing is left.
  mutating func isAtEnd() throws(DataError) -> Bool {
    if start < end { return false }
    return try !refill()
  }

  /// Calls `body` with the buffered bytes; see `isAtEnd`, which fills the buffer.
  func withAvailable<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
    buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
  }

  /// Marks `count` buffered bytes as read.
  mutating func advance(_ count: Int) {
    start += count
    position += count
  }

  /// Moves bytes to `destination`, at least one unless nothing is left; returns how many.
  mutating func read(into destination: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    if start == end, destination.count >= buffer.count, let count = try file?.read(into: destination) {
      position += count
      return count
    }
    if try isAtEnd() { return 0 }
    let count = min(end - start, destination.count)
    withAvailable { destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    advance(count)
    return count
  }

  /// Reads more of the file behind the bytes not yet handed out; false at its end.
  private mutating func refill() throws(DataError) -> Bool {
    // What is in memory is all there is; moving it would copy it.
    if !isFile { return false }
    if start > 0 {
      buffer.replaceSubrange(0..<end - start, with: Array(buffer[start..<end]))
      end -= start
      start = 0
    }
    let count = try buffer.withUnsafeMutableBufferPointer { (bytes) throws(DataError) in
      let free = UnsafeMutableBufferPointer(rebasing: bytes[end...])
      return try file?.read(into: UnsafeMutableRawBufferPointer(free)) ?? 0
    }
    end += count
    return count > 0
  }
}
