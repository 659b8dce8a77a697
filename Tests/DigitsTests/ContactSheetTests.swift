import Digits
import Testing

@Suite struct ContactSheetTests {
  @Test func imagesStandInASquareWithGaps() {
    let images = Images(pixels: [1, 2, 3, 4, 5], shape: ImageShape(height: 1, width: 1))
    let sheet = ContactSheet(images).images
    #expect(sheet.shape == ImageShape(height: 8, width: 11))
    let inked = sheet.pixels.enumerated().filter { $0.element != 0 }
    #expect(inked.map(\.element) == [1, 2, 3, 4, 5])
    #expect(inked.map { [$0.offset / 11, $0.offset % 11] } == [[2, 2], [2, 5], [2, 8], [5, 2], [5, 5]])
  }

  @Test func colourSheetsArePPM() {
    let images = Images(
      pixels: [UInt8](repeating: 9, count: 12), shape: ImageShape(channels: 3, height: 2, width: 2))
    #expect(ContactSheet(images).encoded.starts(with: Array("P6".utf8)))
    let gray = Images(pixels: [7], shape: ImageShape(height: 1, width: 1))
    #expect(ContactSheet(gray).encoded.starts(with: Array("P5".utf8)))
  }
}
