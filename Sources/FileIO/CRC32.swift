import CZlib

/// The CRC-32 of gzip, zip and PNG, updated with parts of the data and compared with an expected value.
package struct CRC32 {
  private let expected: UInt32
  private var state: UInt = 0

  /// The checksum of no bytes yet, of data whose checksum should be `expected`.
  package init(expected: UInt32) { self.expected = expected }

  /// Whether the checksum of all bytes so far is the expected one.
  package var isValid: Bool { state == expected }

  /// The checksum of all bytes so far.
  package var value: UInt32 { UInt32(truncatingIfNeeded: state) }

  /// Adds bytes to the checksum.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      state = crc32(state, part.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(part.count))
      rest = rest.dropFirst(part.count)
    }
  }

  /// The checksum of `bytes`.
  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc = CRC32(expected: 0)
    Array(bytes).withUnsafeBytes { crc.update($0) }
    return crc.value
  }
}
