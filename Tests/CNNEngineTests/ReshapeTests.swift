import ConfigDecoding
import Testing

@Suite struct ReshapeTests {
  @Test(arguments: [
    ([24], [2, 3, 4], [2, 3, 4]), ([2, 3, 4], [24], [24]), ([2, 3, 4], [-1], [24]),
    ([2, 3, 4], [4, -1], [4, 6]), ([24], [-1, 3, 4], [2, 3, 4]), ([24], [24, 1, -1], [24, 1, 1]),
  ])
  func oneSizeIsWorkedOut(input: [Int], shape: [Int], output: [Int]) throws {
    #expect(try makeModel(input, [reshape(shape)]).output.dimensions == output)
  }

  @Test func wrongCountsAreRefused() {
    expectFaults(
      [2, 3, 4], [reshape([4, 5])], ["cannot make 4x5 of 24 elements (2x3x4): 4x5 has 20"])
    expectFaults(
      [2, 3, 4], [reshape([5, -1])],
      ["cannot make 5x-1 of 24 elements (2x3x4): 24 is not a multiple of 5"])
  }

  @Test(arguments: [
    ([-1, 2, -1], "[0].shape: sizes must be positive, and at most one may be -1"),
    ([0, 2], "[0].shape: sizes must be positive, and at most one may be -1"),
    ([], "[0].shape: must have a number of elements from 1 to 3, not 0"),
    ([1, 2, 3, 4], "[0].shape: must have a number of elements from 1 to 3, not 4"),
  ])
  func impossibleSizesAreRefused(shape: [Int], message: String) {
    do {
      _ = try readLayers([reshape(shape)])
      Issue.record("was read")
    } catch {
      #expect("\(error)" == message)
    }
  }

  /// Flattening goes channel by channel, row by row; numbers keep their order.
  @Test func numbersKeepTheirOrder() throws {
    let x = (0..<48).map(Float.init)
    for layers: [JSON] in [
      [["type": "flatten"]], [reshape([4, 6])], [reshape([3, 2, 4])],
      [["type": "relu"], reshape([2, 2, 6]), ["type": "relu"], reshape([24])],
    ] {
      let probe = try makeProbe([2, 3, 4], layers, images: 2)
      #expect(probe.forward(x) == x)
      #expect(probe.backward(x).dx == (layers.count == 1 ? x : x.map { max($0, 0) }))
    }
  }

  private func reshape(_ shape: [Int]) -> JSON {
    ["type": "reshape", "shape": JSON(shape.map { JSON($0) })]
  }
}
