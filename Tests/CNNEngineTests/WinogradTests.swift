import CNNEngine
import ConfigDecoding
import Testing
import TestSupport

/// 3x3 convolutions by Winograd's algorithm against plain loops in double precision and against the direct kernels.
@Suite struct WinogradTests {
  struct Case: CustomTestStringConvertible {
    var size: (rows: Int, columns: Int)
    var channels: (input: Int, output: Int)
    var images: Int
    var padding: JSON = "same"

    var testDescription: String {
      "\(images)x\(channels.input)x\(size.rows)x\(size.columns) to \(channels.output), padding \(padding)"
    }
    var input: [Int] { [channels.input, size.rows, size.columns] }
    var layer: JSON {
      ["type": "conv2d", "filters": JSON(channels.output), "kernel": 3, "padding": padding]
    }
  }

  /// Maps whose last tiles are cut, channels with remainders, borders, and batches with empty lanes.
  static let cases = [
    Case(size: (4, 4), channels: (16, 16), images: 1),
    Case(size: (7, 7), channels: (64, 40), images: 17),
    Case(size: (7, 7), channels: (32, 48), images: 64),
    Case(size: (14, 14), channels: (32, 64), images: 5),
    Case(size: (8, 29), channels: (19, 33), images: 16),
    Case(size: (28, 7), channels: (30, 31), images: 3),
    Case(size: (13, 15), channels: (27, 22), images: 33, padding: "valid"),
    Case(size: (12, 12), channels: (23, 32), images: 2, padding: 2),
    Case(size: (10, 11), channels: (32, 18), images: 15, padding: [0, 1, 2, 3]),
    Case(size: (16, 16), channels: (130, 70), images: 2),
    Case(size: (40, 60), channels: (16, 24), images: 1),
  ]

  private struct Result {
    let y: [Float]
    let gradients: (dx: [Float], parameters: [[Float]])
  }

  private struct Numbers {
    let x: [Float]
    let dy: [Float]
    let parameters: [[Float]]
  }

  private func result(_ one: Case, usesWinograd: Bool, threads: Int = 1) throws -> (Result, Numbers, Model) {
    let probe = try makeProbe(
      one.input, [one.layer], images: one.images, threads: threads, usesWinograd: usesWinograd)
    var draws = Draws(3)
    let numbers = Numbers(
      x: draws.values(one.images * probe.model.input.count),
      dy: draws.values(one.images * probe.model.output.count),
      parameters: probe.model.parameters.map { draws.values($0.count) })
    probe.setParameters(numbers.parameters)
    let y = probe.forward(numbers.x)
    return (Result(y: y, gradients: probe.backward(numbers.dy)), numbers, probe.model)
  }

  /// The errors of Winograd's sums are those of rounding: at most 3 times those of the direct kernels.
  @Test(arguments: cases) func roundsAsTheDirectSumDoes(_ one: Case) throws {
    let (winograd, numbers, model) = try result(one, usesWinograd: true)
    let (direct, _, _) = try result(one, usesWinograd: false)
    let conv = try #require(readLayers([one.layer]).first?.layer as? Conv2D)
    let plain = ReferenceConvolution(
      images: one.images, input: model.input, output: model.output, window: conv.window)
    let (x, dy, weights) = (numbers.x.doubles, numbers.dy.doubles, numbers.parameters[0].doubles)

    func compare(
      _ values: [Float], _ others: [Float], _ reference: [Double], atMost factor: Double = 3, _ what: String
    ) {
      let (error, directError) = (meanError(values, reference), meanError(others, reference))
      #expect(values != others, "\(what) is not computed by Winograd's algorithm")
      #expect(error < factor * directError, "\(what): \(error) where the direct sum has \(directError)")
    }
    compare(
      winograd.y, direct.y, plain.forward(x: x, weights: weights, bias: numbers.parameters[1].doubles), "y")
    compare(
      winograd.gradients.dx, direct.gradients.dx, plain.inputGradient(dy: dy, weights: weights), "dx")
    // The direct sum of few products has next to no error.
    let products = one.images * model.output.height * model.output.width
    compare(
      winograd.gradients.parameters[0], direct.gradients.parameters[0],
      plain.weightGradient(dy: dy, x: x), atMost: products < 1000 ? 7 : 3, "dw")
    #expect(winograd.gradients.parameters[1] == direct.gradients.parameters[1])
  }

  /// The root of the mean square.
  private func meanError(_ values: [Float], _ reference: [Double]) -> Double {
    let squares = zip(values, reference).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }
    return (squares / Double(reference.count)).squareRoot()
  }

  @Test(arguments: [2, 3, 8]) func threadsDoNotChangeABit(threads: Int) throws {
    let one = Self.cases[1]
    let (alone, together) = (
      try result(one, usesWinograd: true).0, try result(one, usesWinograd: true, threads: threads).0
    )
    #expect(alone.y == together.y)
    #expect(alone.gradients.dx == together.gradients.dx)
    #expect(alone.gradients.parameters == together.gradients.parameters)
  }

  /// The convolutions the tutorials' networks begin with, and other kernels and strides, are summed directly.
  @Test(
    arguments: [
      ["type": "conv2d", "filters": 32, "kernel": 5], ["type": "conv2d", "filters": 32, "kernel": [3, 2]],
      ["type": "conv2d", "filters": 32, "kernel": 3, "stride": 2, "rounding": "floor"],
      ["type": "conv2d", "filters": 1, "kernel": 3],
    ] as [JSON]) func otherConvolutionsAreDirect(layer: JSON) throws
  {
    var results: [[Float]] = []
    for usesWinograd in [true, false] {
      let probe = try makeProbe([16, 12, 12], [layer], images: 3, usesWinograd: usesWinograd)
      var draws = Draws(4)
      probe.setParameters(probe.model.parameters.map { draws.values($0.count) })
      results.append(probe.forward(draws.values(3 * probe.model.input.count)))
    }
    #expect(results[0] == results[1])
  }
}
