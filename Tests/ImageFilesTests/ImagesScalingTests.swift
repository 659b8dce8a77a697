import ImageFiles
import Testing

@Suite struct ImagesScalingTests {
  @Test(
    "Scaling by rows has the same bytes as scaling a float image",
    arguments: [(28, 28), (60, 40), (17, 300), (5, 3), (1, 1), (28, 100), (1, 90)])
  func sameAsFloatImage(width: Int, height: Int) {
    let shape = ImageShape(height: height, width: width)
    let pixels = (0..<shape.size).map { UInt8(truncatingIfNeeded: $0 &* 97 &+ $0 / 7) }
    let image = GrayImage(width: width, height: height, values: pixels.map { Float($0) / 255 })
    for target in [ImageShape(height: 28, width: 28), ImageShape(height: 7, width: 50)] {
      let expected = image.resized(width: target.width, height: target.height).values
        .map { UInt8(min(max($0, 0), 1) * 255 + 0.5) }
      #expect(Images(pixels: pixels, shape: shape).scaled(to: target).pixels == expected)
    }
  }

  @Test func channels() {
    let colour = Images(
      pixels: [200, 100, 100, 50, 50, 0], shape: ImageShape(channels: 3, height: 1, width: 2))
    #expect(
      colour.scaled(to: ImageShape(height: 1, width: 2)).pixels
        == [124, 59])
    #expect(colour.scaled(to: ImageShape(channels: 3, height: 1, width: 1)).pixels == [150, 75, 25])
    let gray = Images(pixels: [7], shape: ImageShape(height: 1, width: 1))
    #expect(gray.scaled(to: ImageShape(channels: 3, height: 1, width: 2)).pixels == [7, 7, 7, 7, 7, 7])
    #expect(colour.scaled(to: colour.shape) == colour)
  }
}
