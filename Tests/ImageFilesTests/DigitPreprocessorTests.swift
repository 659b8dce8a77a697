import Datasets
import ImageFiles
import Testing
import TestSupport

struct DigitPreprocessorTests {
  private let mnist = ImageShape(height: 28, width: 28)

  private func prepare(
    _ picture: Images, for shape: ImageShape, _ source: DigitPreprocessor.Source = .photo
  ) throws -> Images {
    try DigitPreprocessor(for: shape, source: source).prepare(picture, name: "f")
  }

  private func gray(_ pixels: [UInt8], width: Int) -> Images {
    Images(pixels: pixels, shape: ImageShape(height: pixels.count / width, width: width))
  }

  @Test func rawPicturesAreOnlyResized() throws {
    let picture = gray([10, 20, 30, 40], width: 2)
    #expect(try prepare(picture, for: picture.shape, .raw) == picture)
    #expect(try prepare(picture, for: ImageShape(height: 1, width: 2), .raw).pixels == [20, 30])
    #expect(try prepare(picture, for: ImageShape(height: 1, width: 1), .raw).pixels == [25])
  }

  @Test func mnistDigitsAreUnchanged() throws {
    let digit = gray((0..<784).map { (300..<310).contains($0) ? 200 : 0 }, width: 28)
    #expect(try prepare(digit, for: mnist) == digit)
    let colour = Images(
      pixels: digit.pixels + digit.pixels + digit.pixels,
      shape: ImageShape(channels: 3, height: 28, width: 28))
    #expect(try prepare(colour, for: mnist) == digit)
  }

  @Test(.enabled(if: realMNIST != nil))
  func everyTestImageOfMNISTIsUnchanged() throws {
    let images = try IDX.images(path: DatasetFiles(in: #require(realMNIST)).testImages)
    for index in 0..<images.count {
      let image = images.image(at: index)
      #expect(try prepare(image, for: mnist) == image)
    }
  }

  @Test func colourNetworksReadTheWholePhoto() throws {
    let shape = ImageShape(channels: 3, height: 1, width: 1)
    let picture = Images(
      pixels: [10, 20, 30, 40, 50, 60], shape: ImageShape(channels: 3, height: 1, width: 2))
    #expect(try prepare(picture, for: shape).pixels == [15, 35, 55])
    #expect(try prepare(picture, for: picture.shape) == picture)
    #expect(try prepare(gray([7], width: 1), for: shape).pixels == [7, 7, 7])
  }

  @Test func aThinPenIsThickened() throws {
    func ring(_ width: Float) -> Images {
      let pixels = (0..<40_000).map { pixel -> UInt8 in
        let (y, x) = (Float(pixel / 200) - 100, Float(pixel % 200) - 100)
        return abs((x * x + y * y).squareRoot() - 60) < width / 2 ? 255 : 0
      }
      return gray(pixels, width: 200)
    }
    func ink(_ images: Images) -> Double { images.pixels.reduce(0) { $0 + Double($1) } }
    for source in [DigitPreprocessor.Source.photo, .drawing] {
      let thin = try prepare(ring(3), for: mnist, source), thick = try prepare(ring(14), for: mnist, source)
      #expect(ink(thin) > 0.7 * ink(thick))
    }
  }

  @Test(arguments: [UInt8(0), 128, 255])
  func aBlankPhotoIsRefused(shade: UInt8) {
    let blank = gray([UInt8](repeating: shade, count: 90_000), width: 300)
    #expect(message { _ = try prepare(blank, for: mnist) } == "f: the picture is blank")
  }

  @Test func specksAreRefused() {
    let specks = (0..<90_000).map { UInt8($0 / 300 % 20 < 2 && $0 % 300 % 20 < 2 ? 0 : 255) }
    #expect(
      message { _ = try prepare(gray(specks, width: 300), for: mnist) }
        == "f: there are only specks in the picture")
  }

  @Test func tinyPhotosAreRefusedOrRead() {
    for (width, height) in [(1, 1), (2, 1), (1, 9), (3, 3), (300, 1), (1, 2000)] {
      let pixels = (0..<width * height).map { UInt8($0 * 97 % 256) }
      _ = message { _ = try prepare(gray(pixels, width: width), for: mnist) }
    }
  }
}
