import ModelFormats
import TestSupport

/// The events of a TensorBoard file, as far as the tests look at them.
struct ReadEvent: Equatable {
  var step = 0
  var isStart = false
  var version = ""
  /// The value of each tag: the bits of a scalar, or the bytes of any other value.
  var values: [String: [UInt8]] = [:]

  /// Reads a file whose records have to be framed as the program frames them.
  static func events(_ file: [UInt8]) throws -> [ReadEvent] {
    var events: [ReadEvent] = []
    var rest = file[...]
    while rest.count >= 16 {
      let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      guard length <= rest.count - 16 else { break }
      let data = Array(rest.dropFirst(12).prefix(length))
      guard TFRecord.framed(data)[...] == rest.prefix(length + 16) else { break }
      events.append(ReadEvent(data))
      rest = rest.dropFirst(length + 16)
    }
    return rest.isEmpty ? events : []
  }

  private init(_ message: [UInt8]) {
    for (field, number, bytes) in Self.fields(message) {
      switch field {
      case 2: step = number
      case 3: version = String(decoding: bytes, as: UTF8.self)
      case 5:
        for (_, _, value) in Self.fields(bytes) {
          let parts = Self.fields(value)
          let tag = parts.first.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
          values[tag] = parts.last?.bytes
        }
      case 7: isStart = Self.fields(bytes).contains { $0.field == 1 && $0.number == 1 }
      default: break
      }
    }
  }

  /// The fields of a message: varints as numbers, everything else as bytes.
  private static func fields(_ message: [UInt8]) -> [(field: Int, number: Int, bytes: [UInt8])] {
    var fields: [(field: Int, number: Int, bytes: [UInt8])] = []
    var position = 0
    func varint() -> Int {
      var (value, shift) = (0, 0)
      while position < message.count {
        let byte = Int(message[position])
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128 { break }
      }
      return value
    }
    while position < message.count {
      let tag = varint()
      let number = tag & 7 == 0 ? varint() : 0
      let count = [0: 0, 1: 8, 2: tag & 7 == 2 ? varint() : 0, 5: 4][tag & 7] ?? 0
      let bytes = Array(message[position..<min(position + count, message.count)])
      position += count
      fields.append((tag >> 3, number, bytes))
    }
    return fields
  }
}
