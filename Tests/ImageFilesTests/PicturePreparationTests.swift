import ImageFiles
import Testing
import TestSupport

struct PicturePreparationTests {
  private let small = ImageShape(height: 4, width: 4)

  private func prepare(_ picture: Images, for shape: ImageShape, isRaw: Bool = false) throws -> Images {
    try PicturePreparation(for: shape, isRaw: isRaw).prepare(picture, name: "f")
  }

  private func gray(_ pixels: [UInt8], width: Int) -> Images {
    Images(pixels: pixels, shape: ImageShape(height: pixels.count / width, width: width))
  }

  @Test func rawPicturesAreOnlyScaled() throws {
    let picture = gray([10, 20, 30, 40], width: 2)
    #expect(try prepare(picture, for: picture.shape, isRaw: true) == picture)
    #expect(try prepare(picture, for: ImageShape(height: 1, width: 2), isRaw: true).pixels == [20, 30])
    #expect(try prepare(picture, for: ImageShape(height: 1, width: 1), isRaw: true).pixels == [25])
  }

  @Test func mnistDigitsStayAsTheyAre() throws {
    let digit = gray((0..<784).map { (300..<310).contains($0) ? 200 : 0 }, width: 28)
    #expect(try prepare(digit, for: digit.shape) == digit)
    let colour = Images(
      pixels: digit.pixels + digit.pixels + digit.pixels,
      shape: ImageShape(channels: 3, height: 28, width: 28))
    #expect(try prepare(colour, for: digit.shape) == digit)
  }

  @Test func colourNetworksGetTheWholePicture() throws {
    let shape = ImageShape(channels: 3, height: 1, width: 1)
    let picture = Images(
      pixels: [10, 20, 30, 40, 50, 60], shape: ImageShape(channels: 3, height: 1, width: 2))
    #expect(try prepare(picture, for: shape).pixels == [15, 35, 55])
    #expect(try prepare(picture, for: picture.shape) == picture)
    #expect(try prepare(gray([7], width: 1), for: shape).pixels == [7, 7, 7])
  }

  @Test func blankPicturesAreRefused() {
    let blank = gray([UInt8](repeating: 200, count: 784), width: 28)
    #expect(message { _ = try prepare(blank, for: blank.shape) } == "f: the picture is blank")
  }
}
