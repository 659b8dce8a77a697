import CZlib

/// The CRC-32 of gzip and zip, taken in piece by piece and compared with the one that is expected.
package struct CRC32 {
  private let expected: UInt32
  private var state: UInt = 0

  package init(expected: UInt32) { self.expected = expected }

  package var isRight: Bool { state == expected }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      state = crc32(state, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(piece.count))
      rest = rest.dropFirst(piece.count)
    }
  }

  /// The checksum of `bytes`.
  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc = CRC32(expected: 0)
    bytes.withUnsafeBytes { crc.update($0) }
    return UInt32(truncatingIfNeeded: crc.state)
  }
}
