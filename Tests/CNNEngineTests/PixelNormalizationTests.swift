import CNNEngine
import Testing

@Suite struct PixelNormalizationTests {
  /// Two 3x2x2 images through a network that passes its input on.
  private func loaded(_ scale: PixelNormalization) throws -> [[Float]] {
    let network = try makeNetwork(
      makeModel([3, 2, 2], [["type": "flatten"]]), loss: ["type": "mse"], batchSize: 2)
    let pixels = (0..<36).map { UInt8($0 * 7) }
    // The third image and the first one.
    network.load(pixels: pixels, labels: [0, 1, 2], indices: [9, 2, 0][1...], normalization: scale)
    _ = network.forward()
    return network.outputs(images: 2)
  }

  private let bytes = [(24..<36).map { Float($0 * 7) }, (0..<12).map { Float($0 * 7) }]

  @Test func bytesAreDividedByTheScale() throws {
    #expect(try loaded(PixelNormalization(channels: 3, scale: 1, mean: [], std: [])) == bytes)
    let scaled = bytes.map { $0.map { $0 / 255 } }
    #expect(try loaded(PixelNormalization(channels: 3, scale: 255, mean: [], std: [])) == scaled)
  }

  @Test func meanAndDeviationServeOneOrAllChannels() throws {
    let one = bytes.map { $0.map { ($0 / 255 - Float(0.1307)) / Float(0.3081) } }
    #expect(try loaded(PixelNormalization(channels: 3, scale: 255, mean: [0.1307], std: [0.3081])) == one)
    let (mean, std): ([Float], [Float]) = ([0.5, 0.25, 0.125], [0.5, 2, 4])
    let each = bytes.map { image in
      image.enumerated().map { ($0.element / 255 - mean[$0.offset / 4]) / std[$0.offset / 4] }
    }
    #expect(
      try loaded(PixelNormalization(channels: 3, scale: 255, mean: [0.5, 0.25, 0.125], std: [0.5, 2, 4]))
        == each)
  }
}
