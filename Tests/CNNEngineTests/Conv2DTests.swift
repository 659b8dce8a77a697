import CNNEngine
import ConfigDecoding
import Testing
import TestSupport

/// The convolution kernels against `ReferenceConvolution`, over every size a tile may have a remainder for.
@Suite struct Conv2DTests {
  struct Case: CustomTestStringConvertible {
    var size: (rows: Int, columns: Int)
    var kernel: (rows: Int, columns: Int)
    var stride: (rows: Int, columns: Int)
    var padding: JSON
    var channels: (input: Int, output: Int)
    var images: Int
    var bias = true

    var testDescription: String {
      """
      \(images)x\(channels.input)x\(size.rows)x\(size.columns) to \(channels.output), \
      kernel \(kernel), stride \(stride), padding \(padding)
      """
    }

    var input: [Int] { [channels.input, size.rows, size.columns] }

    var layer: JSON {
      [
        "type": "conv2d", "filters": JSON(channels.output),
        "kernel": [JSON(kernel.rows), JSON(kernel.columns)],
        "stride": [JSON(stride.rows), JSON(stride.columns)], "padding": padding, "bias": JSON(bias),
        "rounding": "floor",
      ]
    }

    var products: Int {
      images * channels.input * channels.output * size.rows * size.columns * kernel.rows * kernel.columns
        / (stride.rows * stride.columns)
    }
  }

  static let sizes = [1, 2, 3, 5, 7, 28, 29]
  static let channelCounts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 30, 31, 32, 33]
  static let imageCounts = [1, 15, 16, 17, 100]
  static let paddings: [JSON] = ["valid", "same", 1, 2, [1, 0], [0, 2], [0, 1, 2, 3], [3, 2, 1, 0], 7]

  /// A covering selection of at most 3 million products each.
  static let cases: [Case] = {
    var draws = Draws(1)
    var cases: [Case] = []
    while cases.count < 300 {
      let size = (draws.pick(sizes), draws.pick(sizes))
      let one = Case(
        size: cases.count % 2 == 0 ? (size.0, size.0) : size,
        kernel: (draws.pick(Array(1...7)), draws.pick(Array(1...7))),
        stride: (draws.pick([1, 1, 2, 3]), draws.pick([1, 1, 2, 3])), padding: draws.pick(paddings),
        channels: (draws.pick(channelCounts), draws.pick(channelCounts)), images: draws.pick(imageCounts),
        bias: draws.pick([true, true, false]))
      let fits = (try? makeModel(one.input, [one.layer])) != nil
      if fits, one.products <= 3_000_000 { cases.append(one) }
    }
    return cases
  }()

  /// Sizes of the networks people train, and a batch larger than the L2.
  static let typicalCases = [
    Case(size: (28, 28), kernel: (5, 5), stride: (1, 1), padding: 0, channels: (1, 6), images: 100),
    Case(size: (12, 12), kernel: (5, 5), stride: (1, 1), padding: 0, channels: (6, 16), images: 33),
    Case(size: (28, 28), kernel: (5, 5), stride: (1, 1), padding: 0, channels: (1, 30), images: 17),
    Case(size: (14, 14), kernel: (3, 3), stride: (1, 1), padding: "same", channels: (32, 64), images: 5),
    Case(size: (7, 7), kernel: (3, 3), stride: (1, 1), padding: "same", channels: (64, 128), images: 4),
    Case(size: (32, 32), kernel: (3, 3), stride: (1, 1), padding: "same", channels: (3, 16), images: 16),
  ]

  @Test func casesCoverEverySize() {
    let cases = Self.cases
    #expect(Set(cases.map(\.size.rows)) == Set(Self.sizes))
    #expect(Set(cases.map(\.size.columns)) == Set(Self.sizes))
    #expect(Set(cases.map(\.channels.input)) == Set(Self.channelCounts))
    #expect(Set(cases.map(\.channels.output)) == Set(Self.channelCounts))
    #expect(Set(cases.map(\.images)) == Set(Self.imageCounts))
    #expect(Set(cases.map { $0.kernel.rows * 10 + $0.kernel.columns }).count == 49)
    #expect(Set(cases.map { $0.stride.rows * 10 + $0.stride.columns }).count == 9)
    #expect(Set(cases.map(\.padding.description)).count == Self.paddings.count)
  }

  @Test(arguments: cases + typicalCases)
  func kernelsEqualPlainLoops(_ one: Case) throws {
    // A larger batch is worked on first, so that what it leaves behind would show.
    let probe = try makeProbe(one.input, [one.layer], images: one.images + 5)
    let conv = try #require(readLayers([one.layer]).first?.layer as? Conv2D)
    let (input, output) = (probe.model.input, probe.model.output)
    var draws = Draws(2)
    let parameters = probe.model.parameters.map { draws.values($0.count) }
    probe.setParameters(parameters)
    let larger = probe.forward(draws.values((one.images + 5) * input.count))
    _ = probe.backward(draws.values(larger.count))

    let x = draws.values(one.images * input.count)
    let dy = draws.values(one.images * output.count)
    let y = probe.forward(x)
    let gradients = probe.backward(dy)

    expectEqual(
      ReferenceConvolution(images: one.images, input: input, output: output, window: conv.window),
      x: x, dy: dy, parameters: parameters, y: y, gradients)
  }
}
