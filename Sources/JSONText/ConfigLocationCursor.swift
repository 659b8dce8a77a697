import ConfigDecoding

/// Converts byte offsets to lines and columns; linear in total for ascending offsets.
struct ConfigLocationCursor {
  let origin: String
  private var offset = 0
  private var line = 1
  private var column = 1

  init(origin: String) { self.origin = origin }

  mutating func location(at target: Int, in bytes: [UInt8]) -> ConfigLocation {
    if target < offset { self = ConfigLocationCursor(origin: origin) }
    while offset < min(target, bytes.count) {
      if bytes[offset] == UInt8(ascii: "\n") {
        line += 1
        column = 0
      }
      // A column is a Unicode scalar: its continuation bytes are not counted.
      let next = offset + 1
      if next == bytes.count || bytes[next] & 0xC0 != 0x80 { column += 1 }
      offset = next
    }
    return .file(origin, line: line, column: column)
  }
}
