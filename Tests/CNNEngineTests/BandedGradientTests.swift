import CNNEngine
import ConfigDecoding
import Randomness
import Testing

/// The first layer's weight gradient, which is summed band by band when nobody needs the gradient of its input.
@Suite struct BandedGradientTests {
  struct Case: CustomTestStringConvertible {
    var input: [Int]
    var kernel = 5
    var stride = 1
    var filters: Int
    var epilogue: [JSON]
    var images: Int
    var bias = true

    var testDescription: String {
      "\(images)x\(input) to \(filters), kernel \(kernel)/\(stride), \(epilogue)"
    }

    var layers: [JSON] {
      [
        [
          "type": "conv2d", "filters": JSON(filters), "kernel": JSON(kernel), "stride": JSON(stride),
          "padding": "same", "bias": JSON(bias),
        ]
      ] + epilogue
    }
  }

  private static let relu: JSON = ["type": "relu"]
  private static let pool: JSON = ["type": "max_pool2d", "kernel": 2, "rounding": "floor"]
  private static let dropout: JSON = ["type": "dropout", "rate": 0.3]

  static let cases = [
    Case(input: [1, 28, 28], filters: 6, epilogue: [relu, pool], images: 100),
    Case(input: [1, 28, 28], filters: 30, epilogue: [relu, pool, dropout], images: 17),
    Case(
      input: [1, 28, 28], kernel: 3, filters: 32, epilogue: [relu, pool, dropout], images: 20, bias: false),
    Case(input: [3, 11, 13], kernel: 3, filters: 5, epilogue: [relu], images: 5),
    Case(
      input: [4, 9, 9], kernel: 7, stride: 2, filters: 7, epilogue: [["type": "tanh"], pool], images: 33),
    Case(input: [2, 15, 10], kernel: 4, filters: 3, epilogue: [dropout, relu, pool], images: 16),
    Case(
      input: [1, 15, 15], filters: 9,
      epilogue: [relu, ["type": "average_pool2d", "kernel": 3, "rounding": "floor"], ["type": "sigmoid"]],
      images: 50),
    // Windows that overlap cannot be worked on apart.
    Case(
      input: [1, 14, 14], filters: 4,
      epilogue: [relu, ["type": "max_pool2d", "kernel": 3, "stride": 2, "rounding": "floor"]], images: 18),
    // Five input channels are too many for sums that stay in the cache.
    Case(input: [5, 10, 10], filters: 4, epilogue: [relu, pool], images: 18),
  ]

  @Test(arguments: cases, [1, 3]) func givesWhatTheWholeGradientGives(_ example: Case, threads: Int) throws {
    var draws = Draws(8)
    func probe(inputGradient: Bool) throws -> LayerProbe {
      try makeProbe(
        example.input, example.layers, images: example.images, threads: threads,
        inputGradient: inputGradient)
    }
    let (whole, banded) = (try probe(inputGradient: true), try probe(inputGradient: false))
    let parameters = whole.model.parameters.map { draws.values($0.count) }
    let x = draws.values(example.images * whole.model.input.count)
    let dy = draws.values(example.images * whole.model.output.count)
    var gradients: [[[Float]]] = []
    for probe in [whole, banded] {
      probe.setParameters(parameters)
      // Twice: nothing may be left over from the step before.
      for _ in 0..<2 {
        _ = probe.forward(x, dropout: CounterRandom(seed: 3, purpose: .dropout))
        gradients.append(probe.backward(dy).parameters)
      }
    }
    #expect(gradients[2] == gradients[3])
    _ = banded.forward(x, dropout: CounterRandom(seed: 3, purpose: .dropout))
    #expect(banded.backward(dy).dx.isEmpty)
    for (expected, actual) in zip(gradients[0], gradients[2]) {
      let scale = expected.map(abs).max() ?? 0
      #expect(scale > 0)
      for (a, b) in zip(expected, actual) { #expect(abs(a - b) <= 1e-5 * scale) }
    }
  }
}
