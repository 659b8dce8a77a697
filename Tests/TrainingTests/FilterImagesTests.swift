import CNNEngine
import ImageFiles
import Testing
import Training

struct FilterImagesTests {
  @Test("Filters become gray images, zero in the middle of the scale")
  func gray() throws {
    let tensor = NamedTensor(name: "conv1.weight", shape: [2, 1, 1, 2], values: [0, 0.5, -1, 0.25])
    let images = try #require(tensor.filterImages)
    #expect(images.count == 2 && images.shape == ImageShape(height: 1, width: 2))
    #expect(images.pixels == [128, 191, 0, 159])
  }

  @Test(
    "Weights of any size have a picture", arguments: [1e-45, 1e-39, 1e-30, 1e30, .greatestFiniteMagnitude])
  func extremes(largest: Float) {
    let tensor = NamedTensor(name: "w", shape: [1, 1, 1, 3], values: [largest, 0, -largest])
    #expect(tensor.filterImages?.pixels == [255, 128, 0])
  }

  @Test("Weights that are not finite have a picture, too")
  func notFinite() {
    let tensor = NamedTensor(name: "w", shape: [1, 1, 1, 3], values: [.infinity, .nan, -.infinity])
    #expect(tensor.filterImages(largest: .infinity)?.pixels.count == 3)
  }

  @Test("Filters over three channels are in colour, over others one image a channel")
  func channels() {
    func images(_ channels: Int) -> Images? {
      NamedTensor(
        name: "w", shape: [4, channels, 3, 3], values: [Float](repeating: 0, count: 36 * channels)
      ).filterImages
    }
    #expect(images(3)?.count == 4 && images(3)?.shape.channels == 3)
    #expect(images(6)?.count == 24 && images(6)?.pixels.allSatisfy { $0 == 128 } == true)
    #expect(
      NamedTensor(name: "fc1.weight", shape: [10, 4], values: .init(repeating: 0, count: 40)).filterImages
        == nil)
  }

  @Test("Filters of two tensors at one scale can be compared")
  func oneScale() throws {
    let tensor = NamedTensor(name: "conv1.weight", shape: [1, 1, 1, 2], values: [0.5, -0.25])
    #expect(tensor.largestMagnitude == 0.5)
    #expect(tensor.filterImages(largest: 1)?.pixels == [191, 96])
  }
}
