import ImageFiles
import Testing

struct EnlargedImagesTests {
  @Test func everyPixelBecomesASquare() {
    let images = Images(
      pixels: [1, 2, 3, 4, 5, 6, 7, 8], shape: ImageShape(channels: 2, height: 2, width: 2))
    let large = images.enlarged(by: 2)
    #expect(large.shape == ImageShape(channels: 2, height: 4, width: 4) && large.count == 1)
    #expect(Array(large.pixels.prefix(16)) == [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4])
    #expect(Array(large.pixels.suffix(4)) == [7, 7, 8, 8])
    #expect(images.enlarged(by: 1) == images)
  }
}
