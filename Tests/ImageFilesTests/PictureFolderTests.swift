import ImageFiles
import Testing
import TestSupport

struct PictureFolderTests {
  private let picture = PGM(width: 1, height: 1, pixels: [7]).encoded()

  @Test func picturesComeInNaturalOrder() throws {
    try withTemporaryFolder { folder in
      for name in ["10.pgm", "2.pgm", "a1b.jpg", "a01c", "1.txt.pgm", ".hidden.pgm"] {
        try write(picture, "\(folder)/\(name)")
      }
      try write(Array("hello".utf8), "\(folder)/notes.txt")
      try write([], "\(folder)/empty.png")
      try write([1, 2], "\(folder)/odd.gz")
      let found = try PictureFolder(folder)
      #expect(
        found.paths.map { $0.dropFirst(folder.count + 1) } == [
          "1.txt.pgm", "2.pgm", "10.pgm", "a01c", "a1b.jpg",
        ])
      #expect(found.skipped == ["empty.png", "notes.txt", "odd.gz"])
    }
  }

  @Test func numbersAreComparedAsNumbers() {
    let names = ["img2", "img10", "img1a", "img", "3", "20", "img02", "99999999999999999999"]
    #expect(
      names.sorted(by: PictureFolder.isNaturallyBefore)
        == ["3", "20", "99999999999999999999", "img", "img1a", "img02", "img2", "img10"])
  }

  @Test func aFolderWithoutPicturesIsRefused() throws {
    try withTemporaryFolder { folder in
      try write([1], "\(folder)/notes")
      #expect(
        message { _ = try PictureFolder(folder) }
          == "\(folder): no PNG, JPEG, GIF, BMP, PNM, WebP, TIFF, HEIC or AVIF picture in this folder")
    }
  }
}
