import Formatting
import Testing

@Suite struct IntegerConversionTests {
  private let extremes = [
    Double.nan, -.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0x1p63,
    -0x1p63,
    0x1p63.nextDown, (-0x1p63).nextUp, 1e19, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, -0.0,
  ]

  private func clamped<Integer: FixedWidthInteger>(_ type: Integer.Type) -> [Integer] {
    extremes.map { Integer(clamping: $0) }
  }

  @Test func everyNumberBecomesAnInteger() {
    let (most, least, near) = (Int.max, Int.min, 9_223_372_036_854_774_784)
    #expect(clamped(Int.self) == [0, 0, most, least, most, least, most, least, near, -near, most, 0, 0, 0])
    #expect(clamped(UInt8.self) == [0, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 0, 0])
    #expect(clamped(Int8.self)[2...5] == [127, -128, 127, -128])
    #expect(Int(clamping: Float.nan) == 0 && UInt8(clamping: Float.infinity) == 255)
  }

  @Test func theFractionIsDropped() {
    for number in [0, 0.99, 1, 254.5, 255, -0.5, -127.99, 4e9] {
      #expect(Int(clamping: number) == Int(number) && Int(clamping: Float(number)) == Int(Float(number)))
    }
    #expect(
      UInt8(clamping: 254.99) == 254 && UInt8(clamping: -0.99) == 0 && UInt32(clamping: 4e9) == 4_000_000_000)
  }

  @Test func onlyWholeNumbersInRangeAreIntegers() {
    for number in extremes + [0, 1, -1, 255, 256, 65_535, 65_536, 0.5, 1e15, 0x1p53] {
      #expect(Int(whole: number) == Int(exactly: number) && UInt16(whole: number) == UInt16(exactly: number))
      #expect(UInt8(whole: number) == UInt8(exactly: number) && Int8(whole: number) == Int8(exactly: number))
    }
  }

  @Test func everyNumberHasAText() {
    for number in extremes {
      for digits in 0...6 { #expect(!number.fixed(digits).isEmpty) }
      #expect(!number.duration.isEmpty)
    }
    #expect(1e19.duration == "2562047788015215:30:07" && Double.nan.duration == "nans")
  }
}
