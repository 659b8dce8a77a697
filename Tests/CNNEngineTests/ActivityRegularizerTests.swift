import CNNEngine
import ConfigDecoding
import Testing

@Suite struct ActivityRegularizerTests {
  private static let dense: JSON = [
    "type": "dense", "units": 2, "bias": false, "activity_l1": 0.5, "activity_l2": 0.25,
  ]

  /// Two images with outputs (1, -2) and (-3, 0).
  private func makeProbe(after layers: [JSON] = []) throws -> LayerProbe {
    let probe = try CNNEngineTests.makeProbe([2], [Self.dense] + layers, images: 2)
    probe.setParameters([[1, 0, 0, 1]])
    return probe
  }

  @Test func lossIsAMeanOverTheBatch() throws {
    let probe = try makeProbe()
    #expect(probe.forward([1, -2, -3, 0]) == [1, -2, -3, 0])
    #expect(probe.regularizationLoss() == (0.5 * 6 + 0.25 * 14) / 2)
    // One image of the two.
    _ = probe.forward([1, -2])
    #expect(probe.regularizationLoss() == 0.5 * 3 + 0.25 * 5)
  }

  @Test func gradientIsAddedToTheUpstreamOne() throws {
    let probe = try makeProbe()
    _ = probe.forward([1, -2, -3, 0])
    let gradients = probe.backward([10, 20, 30, 40])
    let (l1, twoL2): (Float, Float) = (0.5 / 2, 2 * 0.25 / 2)
    #expect(gradients.dx == [10 + l1 + twoL2, 20 - l1 - 2 * twoL2, 30 - l1 - 3 * twoL2, 40])
  }

  @Test func activitiesArePenalizedInFrontOfTheActivation() throws {
    let probe = try makeProbe(after: [["type": "relu"]])
    #expect(probe.forward([1, -2, -3, 0]) == [1, 0, 0, 0])
    #expect(probe.regularizationLoss() == (0.5 * 6 + 0.25 * 14) / 2)
  }

  /// Pools that skip rows and columns, at the end or between windows.
  @Test(arguments: [(2, 3), (3, 3), (1, 3), (2, 2), (1, 1)], [[1, 7, 7], [1, 6, 7], [1, 7, 6]])
  func outputsThatAPoolSkipsArePenalizedToo(window: (kernel: Int, stride: Int), map: [Int]) throws {
    let conv: JSON = ["type": "conv2d", "filters": 1, "kernel": 1, "bias": false, "activity_l1": 0.5]
    try expectAllPenalized(map, [conv, pool("max_pool2d", window)])
    try expectAllPenalized(map, [conv, pool("average_pool2d", window)])
  }

  private func pool(_ type: JSON, _ window: (kernel: Int, stride: Int)) -> JSON {
    [
      "type": type, "kernel": JSON(window.kernel), "stride": JSON(window.stride), "rounding": "floor",
    ]
  }

  private func expectAllPenalized(_ map: [Int], _ layers: [JSON]) throws {
    let probe = try CNNEngineTests.makeProbe(map, layers, images: 1)
    probe.setParameters([[1]])
    let x = (0..<Shape(map).count).map { Float($0 * 10 % 49) - 24 }
    for _ in 1...3 {
      let y = probe.forward(x)
      let sum = x.map { Double(abs($0)) }.reduce(0, +)
      #expect(probe.regularizationLoss() == 0.5 * sum)
      let gradients = probe.backward(y.map { _ in 0 })
      let expected: [Float] = x.map { $0 > 0 ? 0.5 : $0 < 0 ? -0.5 : 0 }
      #expect(gradients.dx == expected)
    }
  }
}
