import ConfigDecoding
import Testing

@Suite struct JSONNumberTests {
  @Test(arguments: ["0", "-0", "10", "0.5", "-1.25e-3", "1E+2", "18446744073709551615", "1e308"])
  func wellFormed(text: String) {
    #expect(JSON.Number(text)?.text == text)
  }

  @Test(arguments: [
    "", "-", "01", "-01", "1.", ".5", "+1", "1e", "1e+", "0x10", "1_000", "nan", "inf", "1e309", "1 ", "١",
  ])
  func malformed(text: String) {
    #expect(JSON.Number(text) == nil)
  }

  @Test func integersAreExact() {
    #expect(JSON.Number("18446744073709551615")?.exact(UInt64.self) == .max)
    #expect(JSON.Number("18446744073709551615")?.exact(Int.self) == nil)
    #expect(JSON.Number("18446744073709551616")?.exact(UInt64.self) == nil)
    #expect(JSON.Number("-9223372036854775808")?.exact(Int.self) == .min)
    #expect(JSON.Number("9007199254740993")?.exact(Int.self) == 9_007_199_254_740_993)
    #expect(JSON.Number("1.28e2")?.exact(Int.self) == 128)
    #expect(JSON.Number("1e19")?.exact(UInt64.self) == nil, "not plain digits and beyond 2^53")
    #expect(JSON.Number("1.5")?.exact(Int.self) == nil)
    #expect(JSON.Number("-1")?.exact(UInt64.self) == nil)
  }

  @Test func equalityIsByValue() {
    #expect(JSON.Number("1.0") == JSON.Number("1") && JSON.Number("1e2") == JSON.Number("100"))
    #expect(JSON.Number("18446744073709551615") != JSON.Number("18446744073709551614"))
  }

  @Test(arguments: [
    (0.1, "0.1"), (1.0, "1"), (-2.0, "-2"), (1e-8, "1e-08"), (1.0 / 3, "0.3333333333333333"),
    (1e22, "1e+22"), (123456789.5, "123456789.5"),
  ])
  func doublesAreShortAndExact(number: Double, text: String) {
    #expect(JSON.Number(number)?.text == text && JSON.Number(text)?.double == number)
  }
}
