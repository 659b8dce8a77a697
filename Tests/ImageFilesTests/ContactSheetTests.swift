import ImageFiles
import Testing

@Suite struct ContactSheetTests {
  @Test func imagesAreArrangedInASquareWithGaps() {
    let images = Images(pixels: [1, 2, 3, 4, 5], shape: ImageShape(height: 1, width: 1))
    let sheet = ContactSheet(images).images
    #expect(sheet.shape == ImageShape(height: 8, width: 11))
    let inked = sheet.pixels.enumerated().filter { $0.element != 0 }
    #expect(inked.map(\.element) == [1, 2, 3, 4, 5])
    #expect(inked.map { [$0.offset / 11, $0.offset % 11] } == [[2, 2], [2, 5], [2, 8], [5, 2], [5, 5]])
  }

  @Test func captionsAreBelowTheirImages() {
    let shape = ImageShape(channels: 3, height: 4, width: 9)
    let images = Images(pixels: [UInt8](repeating: 255, count: 2 * shape.size), shape: shape)
    let sheet = ContactSheet(images, captions: ["7", "L-long"]).images
    #expect(sheet.shape == ImageShape(channels: 3, height: 14, width: 24))
    let drawing = (0..<sheet.shape.height).map { row in
      String(
        (0..<24).map { column in
          let byte = sheet.pixels[14 * 24 + row * 24 + column]
          return byte == 255 ? "#" : byte == 0 ? " " : "o"
        })
    }
    #expect(
      drawing == [
        "                        ", "                        ",
        "  #########  #########  ", "  #########  #########  ", "  #########  #########  ",
        "  #########  #########  ", "                        ",
        "     ooo      o         ", "       o      o         ", "      o       o   ooo   ",
        "      o       o         ", "      o       ooo       ", "                        ",
        "                        ",
      ])
  }

  @Test func smallSheetsAreEnlarged() {
    let images = Images(pixels: [9], shape: ImageShape(height: 1, width: 1))
    let sheet = ContactSheet(images)
    #expect(sheet.enlarged(toWidth: 9) == sheet.images)
    let twice = sheet.enlarged(toWidth: 14)
    #expect(twice.shape == ImageShape(height: 10, width: 10))
    #expect(twice.pixels.enumerated().filter { $0.element == 9 }.map(\.offset) == [44, 45, 54, 55])
    #expect(sheet.enlarged(toWidth: 1000).shape == ImageShape(height: 40, width: 40))
  }
}
