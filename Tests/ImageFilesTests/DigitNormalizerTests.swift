import CNNEngine
import Datasets
import ImageFiles
import Testing
import TestSupport

struct DigitNormalizerTests {
  private let normalizer = DigitNormalizer(width: 28, height: 28)

  /// Drawn digit `index` as ink from 0 to 1, `size` pixels wide and high.
  private func drawn(_ index: Int, size: Int) -> GrayImage {
    let pixels = SyntheticDigits(seed: 5, size: size).images(index..<index + 1).pixels
    return GrayImage(width: size, height: size, values: pixels.map { Float($0) / 255 })
  }

  /// The drawn digit as MNIST's makers would have it.
  private func wanted(_ index: Int) -> Images {
    image(drawn(index, size: 280).resized(width: 28, height: 28))
  }

  private func image(_ map: GrayImage) -> Images {
    Images(
      pixels: map.values.map { UInt8(min(max($0, 0), 1) * 255 + 0.5) },
      shape: ImageShape(height: map.height, width: map.width))
  }

  /// A sheet of 500x400 with a drawn digit in it, each pixel made from its ink and its place.
  private func sheet(_ index: Int, size: Int = 280, _ brightness: (Float, Int, Int) -> Float) -> Images {
    let digit = drawn(index, size: size)
    var map = GrayImage(width: 500, height: 400, values: [Float](repeating: 0, count: 200_000))
    for row in 0..<400 {
      for column in 0..<500 {
        let (y, x) = (row - 60, column - 150)
        let ink = (0..<size).contains(y) && (0..<size).contains(x) ? digit[y, x] : 0
        map[row, column] = brightness(ink, row, column)
      }
    }
    return image(map)
  }

  /// How much two pictures of 28x28 are alike, one of them moved by a pixel if need be: the cosine of the
  /// angle between them.
  private func likeness(_ a: Images, _ b: Images) -> Double {
    func length(_ x: Images) -> Double { x.pixels.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
    func product(movedBy offset: Int) -> Double {
      let both = a.pixels.indices.filter { b.pixels.indices.contains($0 + offset) }
      return both.reduce(0) { $0 + Double(a.pixels[$1]) * Double(b.pixels[$1 + offset]) }
    }
    let offsets = (-1...1).flatMap { row in (-1...1).map { 28 * row + $0 } }
    return (offsets.map { product(movedBy: $0) }.max() ?? 0) / (length(a) * length(b))
  }

  @Test(arguments: 0..<10)
  func inkOnPaperBecomesAnMNISTDigit(index: Int) throws {
    let digit = try normalizer.normalize(sheet(index) { ink, _, _ in 0.9 - 0.7 * ink })
    #expect(digit.shape == ImageShape(height: 28, width: 28))
    #expect(likeness(digit, wanted(index)) > 0.9)
    #expect(normalizer.isNormalized(digit))
  }

  @Test(arguments: 0..<10)
  func chalkOnABoardBecomesOneToo(index: Int) throws {
    let digit = try normalizer.normalize(sheet(index) { ink, _, _ in 0.2 + 0.7 * ink })
    #expect(likeness(digit, wanted(index)) > 0.9)
  }

  @Test(arguments: 0..<10)
  func lightLinesAndNoiseAreOverlooked(index: Int) throws {
    let random = CounterGrain()
    let picture = sheet(index) { ink, row, column in
      let light = 1 - Float(column) / 1000 - (row + column > 480 ? 0.3 : 0)
      let line: Float = (row - column / 30 + 20) % 50 < 2 || column % 60 < 2 ? 0.25 : 0
      return (0.95 - line - (0.85 - line) * ink) * light + 0.04 * random(row, column)
    }
    let digit = try normalizer.normalize(picture)
    #expect(likeness(digit, wanted(index)) > 0.85)
  }

  @Test func aThinPenIsThickened() throws {
    func ring(_ width: Float) -> Images {
      var map = GrayImage(width: 200, height: 200, values: [Float](repeating: 1, count: 40_000))
      for row in 0..<200 {
        for column in 0..<200 {
          let (y, x) = (Float(row) - 100, Float(column) - 100)
          if abs((x * x + y * y).squareRoot() - 60) < width / 2 { map[row, column] = 0 }
        }
      }
      return image(map)
    }
    let thin = try normalizer.normalize(ring(3)), thick = try normalizer.normalize(ring(14))
    func ink(_ images: Images) -> Double { images.pixels.reduce(0) { $0 + Double($1) } }
    #expect(ink(thin) > 0.7 * ink(thick))
  }

  @Test func otherSizesAreInProportion() throws {
    let picture = sheet(3) { ink, _, _ in 0.9 - 0.8 * ink }
    let large = try DigitNormalizer(width: 64, height: 56).normalize(picture)
    #expect(large.shape == ImageShape(height: 56, width: 64))
    let inked = large.pixels.indices.filter { large.pixels[$0] > 40 }
    let rows = inked.map { $0 / 64 }
    #expect((38...41).contains((rows.max() ?? 0) - (rows.min() ?? 0) + 1))
  }

  @Test(arguments: [UInt8(0), 128, 255])
  func aBlankPictureIsSaidToBe(shade: UInt8) {
    let blank = Images(
      pixels: [UInt8](repeating: shade, count: 90_000), shape: ImageShape(height: 300, width: 300))
    #expect(message { _ = try normalizer.normalize(blank) } == "the picture is blank")
  }

  @Test func specksAreNoDigit() {
    let picture = sheet(0) { _, row, column in row % 20 < 2 && column % 20 < 2 ? 0 : 1 }
    #expect(message { _ = try normalizer.normalize(picture) } == "there are only specks in the picture")
  }

  @Test func tinyPicturesAreNoTrouble() {
    for (width, height) in [(1, 1), (2, 1), (1, 9), (3, 3), (300, 1), (1, 2000)] {
      let pixels = (0..<width * height).map { UInt8($0 * 97 % 256) }
      let picture = Images(pixels: pixels, shape: ImageShape(height: height, width: width))
      _ = message { _ = try normalizer.normalize(picture) }
    }
  }

  @Test func mnistsStyleIsKnown() {
    #expect((0..<10).allSatisfy { normalizer.isNormalized(wanted($0)) })
    let white = Images(
      pixels: wanted(3).pixels.map { 255 - $0 }, shape: ImageShape(height: 28, width: 28))
    #expect(!normalizer.isNormalized(white))
    #expect(!normalizer.isNormalized(sheet(3) { ink, _, _ in ink }))
    #expect(!normalizer.isNormalized(Images(pixels: .init(repeating: 0, count: 784), shape: white.shape)))
  }

  @Test(.enabled(if: realMNIST != nil))
  func everyTestImageOfMNISTIsInItsStyle() throws {
    let images = try IDX.images(path: DatasetFiles(in: #require(realMNIST)).testImages)
    #expect((0..<images.count).allSatisfy { normalizer.isNormalized(images.image(at: $0)) })
  }
}

/// A number from -1 to 1 that looks random, for each place.
private struct CounterGrain {
  func callAsFunction(_ row: Int, _ column: Int) -> Float {
    var word = UInt64(row) << 32 | UInt64(column)
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return Float(Int64(bitPattern: word ^ word >> 31) >> 40) * 0x1p-23
  }
}
