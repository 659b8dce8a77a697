import Datasets
import FileIO
import ImageFiles
import Testing
import TestSupport

struct PicturePreparationTests {
  private let shape = ImageShape(height: 28, width: 28)
  /// A bright bar on black.
  private let digit = (0..<784).map { (300..<310).contains($0) ? UInt8(200) : UInt8(0) }

  @Test func nineteenOfTwentyDecide() throws {
    let other = [UInt8](repeating: 200, count: 784)
    func suited(digits: Int, others: Int) -> PicturePreparation {
      let pixels = (0..<digits).flatMap { _ in digit } + (0..<others).flatMap { _ in other }
      return .suited(to: Images(pixels: pixels, shape: shape))
    }
    #expect(suited(digits: 20, others: 0) == .digit && suited(digits: 19, others: 1) == .digit)
    #expect(suited(digits: 37, others: 3) == .scale && suited(digits: 0, others: 1) == .scale)
    #expect(PicturePreparation.suited(to: Images(pixels: [], shape: shape)) == .scale)
  }

  @Test func colourIsScaled() {
    let colour = Images(pixels: digit + digit + digit, shape: ImageShape(channels: 3, height: 28, width: 28))
    #expect(PicturePreparation.suited(to: colour) == .scale)
  }

  @Test(.enabled(if: realMNIST != nil))
  func allOfMNISTIsDigits() throws {
    let images = try IDX.images(path: DatasetFiles(in: #require(realMNIST)).testImages)
    #expect(PicturePreparation.suited(to: images) == .digit)
  }

  /// The folder of Debian's package dataset-fashion-mnist.
  private static let fashion = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"

  @Test(.enabled(if: isFile(fashion), "dataset-fashion-mnist is not installed"))
  func fashionIsScaledAndItsPixelsStay() throws {
    let images = try IDX.images(path: Self.fashion)
    #expect(PicturePreparation.suited(to: images) == .scale)
    for index in 0..<200 {
      let image = images.image(at: index)
      let picture = try PictureFile.decode(ByteSource(bytes: PNG.encode(image), name: "f"))
      #expect(try PicturePreparation.scale.prepare(picture, for: shape, name: "f") == image)
    }
  }

  @Test(arguments: [ImageShape(height: 3, width: 5), ImageShape(channels: 3, height: 3, width: 5)])
  func scalingKeepsExactPixels(shape: ImageShape) throws {
    let image = Images(pixels: (0..<shape.size).map { UInt8($0 * 5) }, shape: shape)
    #expect(try PicturePreparation.scale.prepare(image, for: shape, name: "f") == image)
  }

  @Test func grayInColourIsExactToo() throws {
    let gray = (0..<256).map { UInt8($0) }
    let shape = ImageShape(height: 16, width: 16)
    let colour = Images(pixels: gray + gray + gray, shape: ImageShape(channels: 3, height: 16, width: 16))
    #expect(try PicturePreparation.scale.prepare(colour, for: shape, name: "f").pixels == gray)
    let back = try PicturePreparation.scale.prepare(
      Images(pixels: gray, shape: shape), for: colour.shape, name: "f")
    #expect(back == colour)
  }

  @Test func scalingSquashesAndAverages() throws {
    let wide = Images(pixels: [0, 100, 200, 40, 50, 60, 70, 80], shape: ImageShape(height: 2, width: 4))
    let small = try PicturePreparation.scale.prepare(wide, for: ImageShape(height: 2, width: 2), name: "f")
    #expect(small.pixels == [50, 120, 55, 75])
  }

  @Test func aDigitIsFoundAndCentred() throws {
    let pixels = (0..<10_000).map {
      UInt8((20..<60).contains($0 / 100) && (10..<16).contains($0 % 100) ? 0 : 255)
    }
    let photo = Images(pixels: pixels, shape: ImageShape(height: 100, width: 100))
    let input = try PicturePreparation.digit.prepare(photo, for: shape, name: "f")
    #expect(input.pixels[14 * 28 + 14] > 200 && input.pixels[0] == 0)
    #expect(try PicturePreparation.scale.prepare(photo, for: shape, name: "f").pixels[0] == 255)
    let blank = Images(pixels: [UInt8](repeating: 9, count: 10_000), shape: photo.shape)
    #expect(
      message { _ = try PicturePreparation.digit.prepare(blank, for: shape, name: "f") }
        == "f: the picture is blank")
  }
}
