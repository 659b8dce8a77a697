import CNNEngine
import ConfigDecoding
import Testing
import TestSupport

/// The pools against `ReferencePooling`.
@Suite struct PoolingTests {
  struct Case: CustomTestStringConvertible {
    var kind: ReferencePooling.Kind
    var shape: [Int]
    var images: Int
    var layer: JSON

    var testDescription: String { "\(images)x\(Shape(shape)) \(layer)" }
  }

  static let cases: [Case] = {
    var draws = Draws(4)
    var cases: [Case] = []
    let kinds: [(ReferencePooling.Kind, JSON)] = [
      (.max, "max_pool2d"), (.min, "min_pool2d"), (.average, "average_pool2d"),
    ]
    let paddings: [JSON] = ["valid", "valid", "same", 1, [1, 0], [0, 1, 1, 0], 2]
    while cases.count < 300 {
      let (kind, name) = kinds[cases.count % 3]
      let kernel = (draws.pick([1, 2, 3, 4, 5]), draws.pick([1, 2, 3, 4, 5]))
      let layer: JSON = [
        "type": name, "kernel": [JSON(kernel.0), JSON(kernel.1)],
        "stride": draws.pick([
          [JSON(kernel.0), JSON(kernel.1)],
          [JSON(draws.pick([1, 2, 3, 6])), JSON(draws.pick([1, 2, 3, 6]))],
        ]),
        "padding": draws.pick(paddings), "rounding": "floor",
      ]
      let size = draws.pick([1, 2, 3, 5, 7, 28, 29])
      let shape = [draws.pick([1, 2, 3, 6, 17]), size, draws.pick([size, size, 4, 9])]
      let one = Case(kind: kind, shape: shape, images: draws.pick([1, 15, 16, 17, 100]), layer: layer)
      let fits = (try? makeModel(one.shape, [layer])) != nil
      if fits, one.images * Shape(shape).count < 100_000 { cases.append(one) }
    }
    return cases
  }()

  @Test(arguments: cases)
  func poolsEqualPlainLoops(_ one: Case) throws {
    let probe = try makeProbe(one.shape, [one.layer], images: one.images + 3)
    let (input, output) = (probe.model.input, probe.model.output)
    var draws = Draws(5)
    _ = probe.forward(draws.values((one.images + 3) * input.count))
    _ = probe.backward(draws.values((one.images + 3) * output.count))
    // Coarse numbers: many windows hold equal ones, and the first of them wins.
    let x = draws.values(one.images * input.count).map { ($0 * 8).rounded() / 4 }
    let dy = draws.values(one.images * output.count)
    let y = probe.forward(x)
    let gradients = probe.backward(dy)

    let window = try #require(readLayers([one.layer]).first?.layer.pooled)
    let plain = ReferencePooling(one.kind, images: one.images, input: input, output: output, window: window)
    expectClose(y, plain.forward(x: x.doubles), scale: [1], tolerance: 1e-6, "y")
    let scale = plain.inputGradient(dy: dy.doubles.absolute, x: x.doubles)
    expectClose(
      gradients.dx, plain.inputGradient(dy: dy.doubles, x: x.doubles), scale: scale, tolerance: 1e-6, "dx")
    // In evaluation nothing is remembered for a backward pass, but the outputs are the same.
    #expect(probe.forward(x, training: false) == y)
  }

  /// A byte counts the places of a window up to 16 x 16.
  @Test(arguments: [16, 17]) func theLastPlaceOfALargeWindowWins(kernel: Int) throws {
    let probe = try makeProbe(
      [1, kernel, kernel], [["type": "max_pool2d", "kernel": JSON(kernel)]], images: 2)
    let places = kernel * kernel
    let x = (0..<2 * places).map { Float($0 % places) }
    #expect(probe.forward(x) == [Float(places - 1), Float(places - 1)])
    var dx = [Float](repeating: 0, count: 2 * places)
    (dx[places - 1], dx[2 * places - 1]) = (5, 7)
    #expect(probe.backward([5, 7]).dx == dx)
  }
}

extension Layer {
  fileprivate var pooled: Window? {
    (self as? MaxPool2D)?.window ?? (self as? MinPool2D)?.window ?? (self as? AveragePool2D)?.window
  }
}
