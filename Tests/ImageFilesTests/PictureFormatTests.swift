import ImageFiles
import Testing

@Suite struct PictureFormatTests {
  @Test(arguments: [
    ("a.png", "png"), ("a.b/c.PGM", "pgm"), ("x.ppm", "ppm"), ("a.jpg", nil), ("png", nil), ("a.png/b", nil),
    ("", nil), ("a.", nil), (".png", "png"),
  ])
  func theExtensionSelectsTheFormat(path: String, format: String?) {
    #expect(PictureFormat(path: path)?.rawValue == format)
  }

  @Test func encodesEveryFormat() {
    let gray = Images(pixels: [7, 8], shape: ImageShape(height: 1, width: 2))
    let color = Images(pixels: [1, 2, 3], shape: ImageShape(channels: 3, height: 1, width: 1))
    #expect(PictureFormat.pgm.encode(gray) == Array("P5\n2 1\n255\n".utf8) + [7, 8])
    #expect(PictureFormat.ppm.encode(gray) == Array("P6\n2 1\n255\n".utf8) + [7, 7, 7, 8, 8, 8])
    #expect(PictureFormat.ppm.encode(color) == Array("P6\n1 1\n255\n".utf8) + [1, 2, 3])
    #expect(PictureFormat.png.encode(color) == PNG.encode(color))
    #expect(!PictureFormat.pgm.supports(channels: 3) && PictureFormat.png.supports(channels: 3))
  }
}
