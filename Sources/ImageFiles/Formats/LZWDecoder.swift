import Formatting

/// GIF's compression: LZW with codes of up to 12 bits, in blocks of up to 255 bytes.
struct LZWDecoder {
  private static let tableSize = 4096

  /// The `count` indices in the blocks of `file` that begin, after the size of a code, at offset `start`.
  ///
  /// Throws if a code is invalid, or there are fewer; the blocks must be whole to their end.
  static func decode(_ file: [UInt8], from start: Int, count: Int) throws(PictureFault) -> [UInt8] {
    guard start < file.count else { throw PictureFault("the file ends here, before its pixels", at: start) }
    let bits = Int(file[start])
    guard 1...8 ~= bits else { throw PictureFault("pixels of \(bits) bits, not 1 to 8", at: start) }
    var decoder = LZWDecoder(file, at: start + 1, bits: bits)
    let pixels = try decoder.pixels(count)
    while try decoder.nextByte() != nil {}
    return pixels
  }

  private let file: [UInt8]
  private var position: Int
  private var blockEnd: Int
  private var isEnded = false
  private var buffer = 0
  private var bufferedBits = 0

  private let bits: Int
  /// A code's string is that of another code and one more index.
  private var prefixes = [UInt16](repeating: 0, count: tableSize)
  private var suffixes = [UInt8](repeating: 0, count: tableSize)
  private var lengths = [UInt16](repeating: 0, count: tableSize)

  private init(_ file: [UInt8], at position: Int, bits: Int) {
    (self.file, self.position, blockEnd, self.bits) = (file, position, position, bits)
    for index in 0..<1 << bits { (suffixes[index], lengths[index]) = (UInt8(index), 1) }
  }

  private mutating func pixels(_ count: Int) throws(PictureFault) -> [UInt8] {
    let (clear, end) = (1 << bits, 1 << bits + 1)
    var pixels = [UInt8](repeating: 0, count: count)
    var filled = 0
    var (codeBits, next) = (bits + 1, end + 1)
    var previous: Int?
    while filled < count {
      guard let code = try nextCode(codeBits), code != end else {
        throw PictureFault(
          "the frame ends here, after \(filled.grouped) of \(count.pluralized("pixel"))", at: position)
      }
      if code == clear {
        (codeBits, next, previous) = (bits + 1, end + 1, nil)
        continue
      }
      guard code < clear || (code > end && (code < next || (code == next && previous != nil))) else {
        throw PictureFault("code \(code) before it is defined", at: position)
      }
      if let last = previous, next < Self.tableSize {
        prefixes[next] = UInt16(last)
        lengths[next] = lengths[last] + 1
        suffixes[next] = first(code == next ? last : code)
        next += 1
        if next == 1 << codeBits, codeBits < 12 { codeBits += 1 }
      }
      let length = Int(lengths[code])
      var link = code
      for index in (filled..<filled + length).reversed() {
        if index < count { pixels[index] = suffixes[link] }
        link = Int(prefixes[link])
      }
      filled += length
      previous = code
    }
    return pixels
  }

  /// The first index of a code's string.
  private func first(_ code: Int) -> UInt8 {
    var link = code
    while lengths[link] > 1 { link = Int(prefixes[link]) }
    return suffixes[link]
  }

  /// The next `count` bits, the low one first; nil at the end of the blocks.
  private mutating func nextCode(_ count: Int) throws(PictureFault) -> Int? {
    while bufferedBits < count {
      guard let byte = try nextByte() else { return nil }
      buffer |= Int(byte) << bufferedBits
      bufferedBits += 8
    }
    defer {
      buffer >>= count
      bufferedBits -= count
    }
    return buffer & (1 << count - 1)
  }

  /// The next byte; nil after the empty block that ends them.
  private mutating func nextByte() throws(PictureFault) -> UInt8? {
    if isEnded { return nil }
    guard position < file.count else {
      throw PictureFault("the file ends here, before the end of its first frame", at: file.count)
    }
    if position == blockEnd {
      blockEnd = position + 1 + Int(file[position])
      position += 1
      if position == blockEnd {
        isEnded = true
        return nil
      }
      return try nextByte()
    }
    position += 1
    return file[position - 1]
  }
}
