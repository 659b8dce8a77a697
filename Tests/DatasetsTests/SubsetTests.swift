import Datasets
import Testing

@Suite struct SubsetTests {
  private let images = LabeledImages(pixels: Array(0..<8), labels: [3, 1, 4, 2], height: 1, width: 2)

  @Test func readsThroughItsIndices() {
    let subset = Subset(of: images, indices: [2, 0])
    #expect(subset.count == 2)
    #expect(subset.label(at: 0) == 4)
    #expect(subset[1] == [0, 1])
    #expect(subset.shape == images.shape)
  }

  @Test func takesRangesAndPrefixes() {
    #expect(Subset(of: images).indices == [0, 1, 2, 3])
    #expect(Subset(of: images, range: 1..<3).indices == [1, 2])
    #expect(Subset(of: images).prefix(3).indices == [0, 1, 2])
    #expect(Subset(of: images).prefix(9).count == 4)
  }

  @Test func equalImagesInTheSameOrderHaveOneFingerprint() {
    let subset = Subset(of: images, indices: [1, 2, 0])
    let copies = Subset(of: images.selecting([1, 2, 0]))
    #expect(subset.fingerprint(classes: 5) == copies.fingerprint(classes: 5))
    #expect(subset.fingerprint(classes: 5) != Subset(of: images, indices: [2, 1, 0]).fingerprint(classes: 5))
    #expect(subset.fingerprint(classes: 5) != subset.fingerprint(classes: 300))
  }
}
