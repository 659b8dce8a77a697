import ImageFiles
import Testing

struct GrayImageTests {
  private let image = GrayImage(width: 3, height: 2, values: [0, 0.25, 0.5, 0.5, 0.75, 1])

  @Test func grayIsUnchanged() {
    let images = Images(pixels: (0...255).map { UInt8($0) }, shape: ImageShape(height: 16, width: 16))
    let gray = GrayImage(images, side: 16)
    #expect(gray.values == (0...255).map { Float($0) / 255 })
    let colour = Images(
      pixels: images.pixels + images.pixels + images.pixels,
      shape: ImageShape(channels: 3, height: 16, width: 16))
    #expect(GrayImage(colour, side: 16) == gray)
  }

  @Test func largePicturesShrinkByWholeBlocks() {
    let images = Images(pixels: [0, 255, 255, 255, 51, 51], shape: ImageShape(height: 2, width: 3))
    // Blocks of 2x2: the second one has a column only.
    #expect(GrayImage(images, side: 2).values == [Float(561) / 1020, Float(306) / 510])
  }

  @Test func greenIsBrighterThanBlue() {
    let shape = ImageShape(channels: 3, height: 1, width: 1)
    let brightness = [[255, 0, 0], [0, 255, 0], [0, 0, 255]].map {
      GrayImage(Images(pixels: $0, shape: shape), side: 1).values[0]
    }
    #expect(brightness[2] < brightness[0] && brightness[0] < brightness[1])
  }

  @Test func shrinkingAverages() {
    #expect(image.resized(width: 1, height: 2).values == [0.25, 0.75])
    #expect(image.resized(width: 3, height: 1).values == [0.25, 0.5, 0.75])
    let wide = GrayImage(width: 3, height: 1, values: [0, 0.6, 0.9])
    let two = wide.resized(width: 2, height: 1).values
    #expect(abs(two[0] - 0.2) < 1e-6 && abs(two[1] - 0.8) < 1e-6)
  }

  @Test func growingInterpolates() {
    let line = GrayImage(width: 2, height: 1, values: [0, 1]).resized(width: 4, height: 1).values
    #expect(line == [0, 0.25, 0.75, 1])
  }

  @Test func blurringAverages() {
    #expect(image.blurred(radius: 5).values.allSatisfy { abs($0 - 0.5) < 1e-6 })
    let dot = GrayImage(width: 3, height: 1, values: [0, 0.9, 0]).blurred(radius: 1).values
    #expect(zip(dot, [0.45, 0.3, 0.45]).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func dilationAndErosionTakeTheExtremes() {
    #expect(image.dilated(radius: 1).values == [0.75, 1, 1, 0.75, 1, 1])
    #expect(image.eroded(radius: 1).values == [0, 0, 0.25, 0, 0, 0.25])
  }

  @Test func quantilesCountValues() {
    #expect(image.quantile(0) == 0 && image.quantile(1) == 1)
    #expect(abs(image.quantile(0.5) - 0.5) < 0.001)
  }

  @Test func strokeWidthIsThatOfAStroke() {
    var bar = GrayImage(width: 40, height: 60, values: [Float](repeating: 0, count: 2400))
    for row in 5..<55 { for column in 10..<16 { bar[row, column] = 1 } }
    #expect(abs(bar.strokeWidth - 6) < 1)
  }
}
