import FileIO
import Formatting

/// Reads the tokens of a PNM file.
struct PNMScanner {
  /// One of the six formats.
  struct Kind {
    let isText: Bool
    let isBitmap: Bool
    let channels: Int

    /// The format whose name is `P` and this digit.
    init?(digit: UInt8) {
      guard (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(digit) else { return nil }
      let number = Int(digit - UInt8(ascii: "1"))
      (isText, isBitmap, channels) = (number < 3, number % 3 == 0, number % 3 == 2 ? 3 : 1)
    }
  }

  let kind: Kind
  /// The offset of the next byte.
  private(set) var position = 2
  private let file: [UInt8]

  /// Begins after the name of the format, `P1` to `P6`.
  init(_ file: [UInt8]) throws(PictureFault) {
    guard file.count >= 2, file[0] == UInt8(ascii: "P"), let kind = Kind(digit: file[1]) else {
      throw PictureFault("not PNM (P1 to P6): \(FileSignature.describe(file))", at: 0)
    }
    (self.file, self.kind) = (file, kind)
  }

  /// The next number; consumes the white space or comment after it.
  mutating func number(_ name: String, in range: ClosedRange<Int>) throws(PictureFault) -> Int {
    var value: Int?
    while let byte = nextByte() {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let number = (value ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
        if number > range.upperBound { throw fault("\(name) is more than \(range.upperBound.grouped)") }
        value = number
      case 0x09...0x0D, 0x20, UInt8(ascii: "#"):
        if byte == UInt8(ascii: "#") { skipComment() }
        if let value { return try checked(value, name, range) }
      default:
        throw fault("\(name): unexpected byte \(byte.hexadecimal)")
      }
    }
    guard let value else { throw fault("\(name): the file ends here") }
    return try checked(value, name, range)
  }

  private func checked(_ value: Int, _ name: String, _ range: ClosedRange<Int>) throws(PictureFault) -> Int {
    if range.contains(value) { return value }
    throw fault("\(name) is \(value), less than \(range.lowerBound)")
  }

  /// The next pixel of `P1`, which needs no space before the one after it.
  mutating func bit() throws(PictureFault) -> Bool {
    while let byte = nextByte() {
      switch byte {
      case UInt8(ascii: "0"): return false
      case UInt8(ascii: "1"): return true
      case UInt8(ascii: "#"): skipComment()
      case 0x09...0x0D, 0x20: break
      default: throw fault("pixel: unexpected byte \(byte.hexadecimal)")
      }
    }
    throw fault("pixel: the file ends here")
  }

  /// The last `count` bytes of the file, which hold `pixels` pixels.
  func bytes(_ count: Int, of pixels: Int) throws(PictureFault) -> ArraySlice<UInt8> {
    let rest = file.count - position
    if rest < count {
      throw PictureFault(
        "the data ends here, \((count - rest).pluralized("byte")) too early", at: file.count)
    }
    if rest > count {
      throw PictureFault(
        "\((rest - count).pluralized("byte")) after the end of \(pixels.pluralized("pixel"))",
        at: position + count)
    }
    return file[position...]
  }

  /// Throws unless only white space and comments are left after `pixels` pixels of text.
  mutating func expectEnd(of pixels: Int) throws(PictureFault) {
    while let byte = nextByte() {
      if byte == UInt8(ascii: "#") {
        skipComment()
      } else if !(0x09...0x0D).contains(byte), byte != 0x20 {
        throw fault("data after the last of \(pixels.pluralized("pixel"))")
      }
    }
  }

  private func fault(_ reason: String) -> PictureFault { PictureFault(reason, at: position) }

  private mutating func skipComment() {
    while let byte = nextByte(), byte != 0x0A, byte != 0x0D {}
  }

  private mutating func nextByte() -> UInt8? {
    guard position < file.count else { return nil }
    position += 1
    return file[position - 1]
  }
}
