import CNNEngine
import ConfigDecoding
import Testing

/// Output sizes, and what is said when there is none.
@Suite struct WindowTests {
  @Test(
    arguments: [
      // D1's example: 32x32x3 under a 5x5 filter.
      ([3, 32, 32], ["filters": 10, "kernel": 5], [10, 28, 28]),
      ([3, 32, 32], ["filters": 10, "kernel": 5, "padding": 2], [10, 32, 32]),
      ([3, 32, 32], ["filters": 10, "kernel": 5, "padding": "same"], [10, 32, 32]),
      ([3, 32, 32], ["filters": 1, "kernel": 1], [1, 32, 32]),
      ([1, 28, 28], ["filters": 6, "kernel": [5, 3]], [6, 24, 26]),
      ([1, 28, 28], ["filters": 6, "kernel": 28], [6, 1, 1]),
      ([1, 7, 9], ["filters": 2, "kernel": 3, "stride": [2, 3]], [2, 3, 3]),
      ([1, 7, 7], ["filters": 2, "kernel": 3, "padding": [0, 1]], [2, 5, 7]),
      ([1, 7, 7], ["filters": 2, "kernel": 3, "padding": [1, 2, 3, 4]], [2, 9, 11]),
      ([1, 7, 7], ["filters": 2, "kernel": 3, "padding": "same", "stride": 2], [2, 4, 4]),
      ([1, 8, 8], ["filters": 2, "kernel": 3, "padding": "same", "stride": 3], [2, 3, 3]),
      ([1, 8, 8], ["filters": 2, "kernel": 3, "stride": 2, "rounding": "floor"], [2, 3, 3]),
      ([1, 2, 2], ["filters": 2, "kernel": 5, "padding": "same"], [2, 2, 2]),
    ] as [([Int], JSON, [Int])])
  func convolution(input: [Int], options: JSON, output: [Int]) throws {
    #expect(try makeModel(input, [layer("conv2d", options)]).output.dimensions == output)
  }

  @Test(arguments: ["max_pool2d", "min_pool2d", "average_pool2d"] as [JSON])
  func pools(type: JSON) throws {
    func output(_ input: [Int], _ options: JSON) throws -> [Int] {
      try makeModel(input, [layer(type, options)]).output.dimensions
    }
    #expect(try output([6, 24, 24], ["kernel": 2]) == [6, 12, 12])
    #expect(try output([6, 24, 24], [:]) == [6, 12, 12])
    #expect(try output([6, 24, 20], ["kernel": [3, 2]]) == [6, 8, 10])
    #expect(try output([6, 7, 7], ["kernel": 2, "padding": "same"]) == [6, 4, 4])
    #expect(try output([6, 7, 7], ["kernel": 2, "rounding": "floor"]) == [6, 3, 3])
    #expect(try output([6, 7, 7], ["kernel": 3, "stride": 2]) == [6, 3, 3])
    #expect(try output([6, 7, 7], ["kernel": 3, "stride": 1, "padding": 1]) == [6, 7, 7])
    #expect(try output([6, 1, 5], ["kernel": [1, 5], "stride": 1, "padding": "same"]) == [6, 1, 5])
    #expect(try output([6, 4, 5], ["kernel": [1, 3], "stride": 1, "padding": [0, 1]]) == [6, 4, 5])
  }

  @Test func summaryColumns() throws {
    func details(_ options: JSON) throws -> LayerDetails? {
      try readLayers([layer("conv2d", options)]).first?.layer.details
    }
    #expect(
      try details(["filters": 1, "kernel": 5])
        == LayerDetails(
          kernel: "5x5", stride: "1", padding: "0", bias: true))
    #expect(
      try details(["filters": 1, "kernel": [5, 3], "stride": [2, 1], "padding": [1, 2], "bias": false])
        == LayerDetails(kernel: "5x3", stride: "2x1", padding: "1x2", bias: false))
    #expect(
      try details(["filters": 1, "kernel": 2, "padding": [0, 1, 2, 3]])?.padding == "0,1,2,3")
    #expect(try details(["filters": 1, "kernel": 2, "padding": "same"])?.padding == "same")
  }

  @Test func borderOfSamePaddingIsTensorFlows() throws {
    func border(_ size: Int, _ kernel: Int, _ stride: Int) throws -> [Int] {
      let options: JSON = [
        "filters": 1, "kernel": JSON(kernel), "stride": JSON(stride), "padding": "same",
      ]
      let conv = try readLayers([layer("conv2d", options)]).first?.layer as? Conv2D
      let border = try #require(conv).window.border(Shape(channels: 1, height: size, width: size))
      #expect(border.top == border.left && border.bottom == border.right)
      return [border.top, border.bottom]
    }
    #expect(try border(28, 5, 1) == [2, 2])
    #expect(try border(28, 4, 1) == [1, 2])
    #expect(try border(7, 2, 2) == [0, 1])
    #expect(try border(8, 2, 2) == [0, 0])
    #expect(try border(7, 5, 2) == [2, 2])
    #expect(try border(5, 1, 3) == [0, 0])
  }

  // MARK: Refusals

  @Test func kernelLargerThanItsInput() {
    expectFault(
      [1, 4, 4], "conv2d", ["filters": 2, "kernel": 5],
      "kernel 5x5 does not fit a 4x4 input; a kernel of at most 4x4 would, or \"padding\": \"same\"")
    expectFault(
      [1, 4, 9], "conv2d", ["filters": 2, "kernel": [7, 3], "padding": 1],
      """
      kernel 7x3 does not fit a 4x9 input (6x11 with padding); a kernel of at most 6x3 would, or \
      "padding": "same"
      """)
    expectFault(
      [1, 4, 1], "max_pool2d", ["kernel": 2],
      "kernel 2x2 does not fit a 4x1 input; a kernel of at most 2x1 would")
  }

  @Test func sizesThatAreNotWhole() {
    expectFault(
      [1, 28, 28], "conv2d", ["filters": 2, "kernel": 5, "stride": 2],
      """
      OH = (H + 2P - FH) / S + 1 = (28 + 0 - 5) / 2 + 1 = 12.5 is not a whole number; would fit: \
      stride 1 (24), kernel 4 (13), "padding": "same" (14), "rounding": "floor" (12)
      """)
    expectFault(
      [1, 9, 10], "conv2d", ["filters": 2, "kernel": 3, "stride": 3, "padding": [0, 1]],
      """
      OW = (W + 2P - FW) / S + 1 = (10 + 2 - 3) / 3 + 1 = 4 is not a whole number
      """, isRefused: false)
    expectFault(
      [1, 9, 10], "conv2d", ["filters": 2, "kernel": 3, "stride": 3],
      """
      OW = (W + 2P - FW) / S + 1 = (10 + 0 - 3) / 3 + 1 = 3.33 is not a whole number; would fit: \
      stride 1 (8), kernel 4 (3), "padding": "same" (4), "rounding": "floor" (3)
      """)
  }

  @Test func mapThatIsNotAMultipleOfItsPool() {
    expectFault(
      [16, 7, 7], "max_pool2d", ["kernel": 2],
      """
      a map of 7 is not a multiple of the pool of 2: OH = (H + 2P - FH) / S + 1 = \
      (7 + 0 - 2) / 2 + 1 = 3.5 is not a whole number; would fit: kernel 7 (1), \
      "padding": "same" (4), "rounding": "floor" (3)
      """)
    expectFault(
      [16, 24, 24], "max_pool2d", ["kernel": 7],
      """
      a map of 24 is not a multiple of the pool of 7: OH = (H + 2P - FH) / S + 1 = \
      (24 + 0 - 7) / 7 + 1 = 3.43 is not a whole number; would fit: kernel 6 (4), kernel 8 (3), \
      "padding": "same" (4), "rounding": "floor" (3)
      """)
  }

  @Test func paddingAsLargeAsThePool() {
    expectFault(
      [1, 8, 8], "average_pool2d", ["kernel": 2, "padding": 2],
      "padding 2 is not smaller than the 2x2 pool: a window would lie outside the map")
    expectFault(
      [1, 8, 8], "max_pool2d", ["kernel": [4, 1], "stride": 1, "padding": 1],
      "padding 1 is not smaller than the 4x1 pool: a window would lie outside the map")
  }

  @Test func paddingThatNoMemoryHolds() {
    expectFault(
      [1, 28, 28], "conv2d", ["filters": 1, "kernel": 4, "stride": 64, "padding": 4096],
      "an input of 1x28x28 padded to 8220x8220 has more than 50000000 values per image")
  }

  @Test func copiesWithABorderAreCounted() throws {
    func count(_ options: JSON) throws -> Int? {
      let conv = try readLayers([layer("conv2d", options)]).first?.layer as? any WindowedLayer
      return conv?.window.borderedCount(Shape(channels: 3, height: 8, width: 9))
    }
    #expect(try count(["filters": 1, "kernel": 3]) == 0)
    #expect(try count(["filters": 1, "kernel": 3, "padding": "same"]) == 3 * 10 * 11)
    #expect(try count(["filters": 1, "kernel": 3, "padding": [1, 2, 3, 4]]) == 3 * 12 * 15)
  }

  @Test func flatInput() {
    expectFault(
      [10], "conv2d", ["filters": 2, "kernel": 1],
      "needs a map [channels, height, width], not 10 flat features; put it before \"flatten\"")
    expectFault([10, 2], "max_pool2d", [:], "needs a map [channels, height, width], not 10x2")
  }

  private func layer(_ type: JSON, _ options: JSON) -> JSON {
    var layer = options
    layer["type"] = type
    return layer
  }

  private func expectFault(
    _ input: [Int], _ type: JSON, _ options: JSON, _ message: String, isRefused: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectFaults(
      input, [layer(type, options)], isRefused ? [message] : [], sourceLocation: sourceLocation)
  }
}
