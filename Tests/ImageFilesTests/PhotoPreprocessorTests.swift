import Datasets
import ImageFiles
import Testing
import TestSupport

/// Synthetic digits on photographed paper.
struct PhotoPreprocessorTests {
  private func prepare(_ photo: Images, width: Int = 28, height: Int = 28) throws -> Images {
    try DigitPreprocessor(for: ImageShape(height: height, width: width), source: .photo)
      .prepare(photo, name: "f")
  }

  /// Synthetic digit `index` as ink from 0 to 1, `size` pixels wide and high.
  private func digit(_ index: Int, size: Int) -> GrayImage {
    let pixels = SyntheticDigits(seed: 5, size: size).images(index..<index + 1).pixels
    return GrayImage(width: size, height: size, values: pixels.map { Float($0) / 255 })
  }

  /// The digit in MNIST's style.
  private func expected(_ index: Int) -> Images {
    image(digit(index, size: 280).resized(width: 28, height: 28))
  }

  private func image(_ gray: GrayImage) -> Images {
    Images(
      pixels: gray.values.map { UInt8(min(max($0, 0), 1) * 255 + 0.5) },
      shape: ImageShape(height: gray.height, width: gray.width))
  }

  /// A sheet of 500x400 with a synthetic digit; `brightness` is a function of the ink, the row and the column.
  private func sheet(_ index: Int, _ brightness: (Float, Int, Int) -> Float) -> Images {
    let size = 280
    let digit = digit(index, size: size)
    var sheet = GrayImage(width: 500, height: 400, values: [Float](repeating: 0, count: 200_000))
    for row in 0..<400 {
      for column in 0..<500 {
        let (y, x) = (row - 60, column - 150)
        let ink = (0..<size).contains(y) && (0..<size).contains(x) ? digit[y, x] : 0
        sheet[row, column] = brightness(ink, row, column)
      }
    }
    return image(sheet)
  }

  /// The cosine similarity of two images of 28x28, the largest for offsets of up to one pixel.
  private func similarity(_ a: Images, _ b: Images) -> Double {
    func norm(_ x: Images) -> Double { x.pixels.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
    func product(_ offset: Int) -> Double {
      let both = a.pixels.indices.filter { b.pixels.indices.contains($0 + offset) }
      return both.reduce(0) { $0 + Double(a.pixels[$1]) * Double(b.pixels[$1 + offset]) }
    }
    let offsets = (-1...1).flatMap { row in (-1...1).map { 28 * row + $0 } }
    return (offsets.map(product).max() ?? 0) / (norm(a) * norm(b))
  }

  @Test(arguments: 0..<10)
  func inkOnPaperBecomesAnMNISTDigit(index: Int) throws {
    let digit = try prepare(sheet(index) { ink, _, _ in 0.9 - 0.7 * ink })
    #expect(digit.shape == ImageShape(height: 28, width: 28))
    #expect(similarity(digit, expected(index)) > 0.9)
    #expect(try prepare(digit) == digit)
  }

  @Test(arguments: 0..<10)
  func chalkOnABoardBecomesAnMNISTDigit(index: Int) throws {
    let digit = try prepare(sheet(index) { ink, _, _ in 0.2 + 0.7 * ink })
    #expect(similarity(digit, expected(index)) > 0.9)
  }

  @Test(arguments: 0..<10)
  func shadowsLinesAndNoiseAreRemoved(index: Int) throws {
    let noise = Noise()
    let photo = sheet(index) { ink, row, column in
      let light = 1 - Float(column) / 1000 - (row + column > 480 ? 0.3 : 0)
      let line: Float = (row - column / 30 + 20) % 50 < 2 || column % 60 < 2 ? 0.25 : 0
      return (0.95 - line - (0.85 - line) * ink) * light + 0.04 * noise(row, column)
    }
    #expect(try similarity(prepare(photo), expected(index)) > 0.85)
  }

  @Test func otherSizesAreInProportion() throws {
    let large = try prepare(sheet(3) { ink, _, _ in 0.9 - 0.8 * ink }, width: 64, height: 56)
    #expect(large.shape == ImageShape(height: 56, width: 64))
    let rows = large.pixels.indices.filter { large.pixels[$0] > 40 }.map { $0 / 64 }
    #expect((38...41).contains((rows.max() ?? 0) - (rows.min() ?? 0) + 1))
  }

  @Test func picturesInMNISTsStyleAreUnchanged() throws {
    for index in 0..<10 { #expect(try prepare(expected(index)) == expected(index)) }
    let inverted = Images(
      pixels: expected(3).pixels.map { 255 - $0 }, shape: ImageShape(height: 28, width: 28))
    #expect(try similarity(prepare(inverted), expected(3)) > 0.9)
  }
}

/// Pseudorandom noise from -1 to 1 for each pixel.
private struct Noise {
  func callAsFunction(_ row: Int, _ column: Int) -> Float {
    var word = UInt64(row) << 32 | UInt64(column)
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return Float(Int64(bitPattern: word ^ word >> 31) >> 40) * 0x1p-23
  }
}
