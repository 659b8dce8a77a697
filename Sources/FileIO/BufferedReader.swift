/// Reads a file, or bytes in memory, through one buffer.
struct BufferedReader: ~Copyable {
  /// The number of bytes that have been read.
  private(set) var position = 0
  /// The length in bytes, nil if it is not known.
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

  /// Reads a part of the bytes in memory.
  init(_ bytes: [UInt8], range: Range<Int>) {
    length = range.count
    file = nil
    isFile = false
    buffer = bytes
    (start, end) = (range.lowerBound, range.upperBound)
  }

  /// The next bytes, up to `count` of them, without advancing.
  mutating func peek(_ count: Int) throws(DataError) -> ArraySlice<UInt8> {
    while end - start < count, try refill() {}
    return buffer[start..<min(end, start + count)]
  }

  /// Whether all bytes have been read; fills an empty buffer.
  mutating func isAtEnd() throws(DataError) -> Bool {
    if start < end { return false }
    return try !refill()
  }

  /// Calls `body` with the buffered bytes, at least one after `isAtEnd` returned false.
  func withAvailable<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
    buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
  }

  /// Marks `count` buffered bytes as read.
  mutating func advance(_ count: Int) {
    start += count
    position += count
  }

  /// Copies bytes to `destination` and returns their number: 0 only at the end.
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

  /// Appends more of the file to the unread bytes; false at its end.
  private mutating func refill() throws(DataError) -> Bool {
    // Bytes in memory are complete; shifting them would copy the whole array.
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
