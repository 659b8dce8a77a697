/// Names of files, arguments and environment variables are bytes, which need not be UTF-8; a `String` always is.
///
/// A byte that does not decode becomes a private-use character, U+10FE00 plus the byte, and the bytes of such characters
/// themselves are taken for undecodable ones: so `String.decoding(rawBytes:)` loses nothing, as Python's `surrogateescape`
/// (PEP 383), whose lone surrogates Swift does not have.
extension String {
  /// The text of `bytes`, whatever they are. No initializer: every `map(String.init)` would have to consider it.
  package static func decoding(rawBytes bytes: some Collection<UInt8>) -> String {
    if let text = String(validating: bytes, as: UTF8.self),
      text.unicodeScalars.allSatisfy({ $0.undecodedByte == nil })
    {
      return text
    }
    var text = String.UnicodeScalarView()
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      var parser = Unicode.UTF8.ForwardParser()
      var iterator = rest.makeIterator()
      var count = 1
      switch parser.parseScalar(from: &iterator) {
      case .valid(let encoded):
        count = encoded.count
        let scalar = Unicode.UTF8.decode(encoded)
        if scalar.undecodedByte == nil {
          text.append(scalar)
          rest = rest.dropFirst(count)
          continue
        }
      case .error(let length): count = length
      case .emptyInput: break
      }
      text += rest.prefix(count).compactMap {
        UnicodeScalar(UnicodeScalar.firstUndecoded + UInt32($0))
      }
      rest = rest.dropFirst(count)
    }
    return String(text)
  }

  /// The bytes that the text was made of.
  package var rawBytes: [UInt8] {
    var bytes: [UInt8] = []
    for scalar in unicodeScalars {
      if let byte = scalar.undecodedByte {
        bytes.append(byte)
      } else {
        bytes += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
      }
    }
    return bytes
  }
}

extension UnicodeScalar {
  fileprivate static let firstUndecoded: UInt32 = 0x10FE00

  /// The byte (0x80 to 0xFF) that this character stands for, as it could not be decoded; nil for any other character.
  package var undecodedByte: UInt8? {
    0x80...0xFF ~= value &- Self.firstUndecoded ? UInt8(truncatingIfNeeded: value) : nil
  }
}
