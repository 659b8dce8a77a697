import Datasets
import Testing
import TestSupport

@Suite struct LabeledImagesTests {
  private let three = LabeledImages(pixels: Array(0..<12), labels: [5, 6, 7], height: 2, width: 2)

  @Test func hasImagesOfOneShape() {
    #expect(three.count == 3)
    #expect((three.channels, three.height, three.width) == (1, 2, 2))
    #expect(three[1] == [4, 5, 6, 7])
  }

  @Test func selectsCopiesInOrder() {
    let chosen = three.selecting([2, 0, 2])
    #expect(chosen.labels == [7, 5, 7])
    #expect(chosen.pixels == [8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11])
  }

  private func load(images: [UInt8], labels: [UInt8], classes: Int = 10) throws -> LabeledImages {
    try withTemporaryFolder { folder in
      try write(images, "\(folder)/i")
      try write(labels, "\(folder)/l")
      return try LabeledImages.load(images: "\(folder)/i", labels: "\(folder)/l", classes: classes)
    }
  }

  @Test func loadsAPair() throws {
    let images = TestBytes.gzip(IDX.encode(three.images))
    #expect(try load(images: images, labels: IDX.encode(labels: three.labels)) == three)
  }

  @Test func refusesDifferentCounts() {
    let images = IDX.encode(three.images)
    #expect(
      message { _ = try load(images: images, labels: IDX.encode(labels: [1, 2])) }
        == "DIR/l: byte 4: 2 labels, but DIR/i has 3 images")
    #expect(
      message { _ = try load(images: images, labels: IDX.encode(labels: [1, 2, 3, 4])) }
        == "DIR/l: byte 4: 4 labels, but DIR/i has 3 images")
  }

  @Test func refusesLabelsOutsideTheClasses() {
    let images = IDX.encode(three.images)
    #expect(
      message { _ = try load(images: images, labels: IDX.encode(labels: [9, 10, 255])) }
        == "DIR/l: byte 9: label 10 of image 1 is not one of 0 to 9")
    #expect(
      message {
        _ = try load(images: images, labels: TestBytes.gzip(IDX.encode(labels: [1, 0, 2])), classes: 2)
      }
        == "DIR/l: byte 10 (decompressed): label 2 of image 2 is not one of 0 to 1")
  }
}
