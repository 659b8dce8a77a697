import FileIO
import Formatting

/// The bytes of an HDF5 file and the sizes of its numbers; what is wrong with them as errors.
struct HDF5Source: Sendable {
  let bytes: [UInt8]
  /// The name in error messages: the path.
  let name: String
  /// Bytes of an address.
  var addressSize = 8
  /// Bytes of a length.
  var lengthSize = 8

  /// An error about the byte at an offset.
  func fault(_ reason: String, at byte: Int) -> DataError {
    .malformed(path: name, byte: byte, reason: "HDF5: \(reason)")
  }

  /// A cursor from `address` to the end of the file; `what` is expected there.
  func cursor(at address: Int, _ what: String) throws(DataError) -> HDF5Cursor {
    guard (0..<bytes.count).contains(address) else {
      throw fault("\(what) would be at byte \(address), behind the end of the file", at: bytes.count)
    }
    return HDF5Cursor(self, address..<bytes.count)
  }
}

/// Reads little-endian fields within a range of a file, which no read can leave.
struct HDF5Cursor {
  let source: HDF5Source
  /// The offset of the next field in the file.
  private(set) var position: Int
  private let end: Int

  /// A cursor at the start of `range`, which is within the file.
  init(_ source: HDF5Source, _ range: Range<Int>) {
    (self.source, position, end) = (source, range.lowerBound, range.upperBound)
  }

  /// The number of bytes that are left.
  var remaining: Int { end - position }

  /// An error about the next field.
  func fault(_ reason: String) -> DataError { source.fault(reason, at: position) }

  /// The range of the next `count` bytes, which are read over.
  mutating func range(_ count: Int) throws(DataError) -> Range<Int> {
    guard count >= 0, count <= remaining else {
      throw fault("\(count.pluralized("byte")) expected, \(remaining.grouped) are left")
    }
    defer { position += count }
    return position..<position + count
  }

  /// Reads over `count` bytes.
  mutating func skip(_ count: Int) throws(DataError) { _ = try range(count) }

  /// The next byte.
  mutating func byte() throws(DataError) -> Int { try number(1) }

  /// The next unsigned number of `count` bytes, at most 8.
  mutating func number(_ count: Int) throws(DataError) -> Int {
    let start = position
    let range = try range(count)
    guard let number = Int(exactly: source.bytes[range].littleEndian(at: 0, count)) else {
      throw source.fault("the number is too large", at: start)
    }
    return number
  }

  /// The next length.
  mutating func length() throws(DataError) -> Int { try number(source.lengthSize) }

  /// The next address, which is that of a byte of the file; nil for the undefined one.
  mutating func address() throws(DataError) -> Int? {
    let start = position
    let range = try range(source.addressSize)
    if source.bytes[range].allSatisfy({ $0 == 0xFF }) { return nil }
    let address = source.bytes[range].littleEndian(at: 0, range.count)
    guard address < UInt64(source.bytes.count) else {
      throw source.fault("address \(address) is behind the end of the file", at: start)
    }
    return Int(address)
  }

  /// The next address, which must be defined; `what` is there.
  mutating func address(of what: String) throws(DataError) -> Int {
    let start = position
    guard let address = try address() else { throw source.fault("no address of \(what)", at: start) }
    return address
  }

  /// Reads the four letters of a structure.
  mutating func signature(_ letters: String, _ what: String) throws(DataError) {
    let start = position
    guard remaining >= 4, source.bytes[try range(4)].elementsEqual(letters.utf8) else {
      throw source.fault("\(what) (\(letters)) does not begin here", at: start)
    }
  }

  /// Whether the next bytes are these letters; they are not read.
  func begins(with letters: String) -> Bool {
    remaining >= letters.utf8.count && source.bytes[position...].starts(with: letters.utf8)
  }

  /// Reads a version, which must be one of `versions`.
  mutating func version(of what: String, _ versions: ClosedRange<Int>) throws(DataError) -> Int {
    let start = position
    let version = try byte()
    guard versions.contains(version) else {
      throw source.fault("version \(version) of \(what) is not supported", at: start)
    }
    return version
  }
}
