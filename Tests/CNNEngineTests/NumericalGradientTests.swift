import CNNEngine
import ConfigDecoding
import Randomness
import Testing

/// Every gradient against central differences of the forward pass.
@Suite struct NumericalGradientTests {
  struct Case: CustomTestStringConvertible {
    var input: [Int]
    var layers: [JSON]
    var images = 2

    init(_ input: [Int], _ layers: JSON..., images: Int = 2) {
      (self.input, self.layers, self.images) = (input, layers, images)
    }

    var testDescription: String { "\(images)x\(Shape(input)) \(JSON(layers))" }
  }

  static let cases = [
    Case([1, 1, 1], ["type": "conv2d", "filters": 1, "kernel": 1]),
    Case([2, 5, 4], ["type": "conv2d", "filters": 3, "kernel": 3]),
    Case([2, 5, 7], ["type": "conv2d", "filters": 2, "kernel": 3, "stride": 2]),
    Case([2, 6, 6], ["type": "conv2d", "filters": 2, "kernel": 3, "stride": 2, "rounding": "floor"]),
    Case([1, 4, 6], ["type": "conv2d", "filters": 3, "kernel": [1, 3], "stride": [3, 1]]),
    Case([2, 4, 3], ["type": "conv2d", "filters": 2, "kernel": [3, 2], "padding": [0, 1, 2, 3]]),
    Case([2, 3, 3], ["type": "conv2d", "filters": 2, "kernel": 2, "padding": 3, "bias": false]),
    Case([2, 5, 3], ["type": "conv2d", "filters": 2, "kernel": 3, "padding": "same"]),
    Case([2, 5, 7], ["type": "conv2d", "filters": 2, "kernel": [3, 4], "stride": 2, "padding": "same"]),
    Case([1, 3, 3], ["type": "conv2d", "filters": 2, "kernel": 2], images: 17),
    Case(
      [1, 3, 3],
      [
        "type": "conv2d", "filters": 2, "kernel": 2, "l1": 0.3, "l2": 0.2, "activity_l1": 0.5,
        "activity_l2": 0.4,
      ], images: 3),
    Case([7], ["type": "dense", "units": 5], images: 3),
    Case([20], ["type": "dense", "units": 3, "bias": false], images: 17),
    Case([6], ["type": "dense", "units": 4, "l1": 0.3, "l2": 0.2], images: 3),
    Case([6], ["type": "dense", "units": 4, "activity_l1": 0.5, "activity_l2": 0.4], images: 18),
    Case([2, 4, 6], ["type": "max_pool2d", "kernel": 2]),
    Case([2, 5, 5], ["type": "max_pool2d", "kernel": 3, "stride": 1]),
    Case([1, 6, 6], ["type": "max_pool2d", "kernel": 3, "stride": 2, "rounding": "floor"]),
    Case([2, 5, 7], ["type": "max_pool2d", "kernel": [3, 2], "stride": 2, "padding": "same"]),
    Case([2, 5, 5], ["type": "min_pool2d", "kernel": 3, "stride": 2, "padding": 1]),
    Case([1, 7, 7], ["type": "min_pool2d", "kernel": 2, "stride": 5]),
    Case([2, 4, 6], ["type": "average_pool2d", "kernel": 2]),
    Case([2, 5, 5], ["type": "average_pool2d", "kernel": 3, "stride": 1, "padding": 1]),
    Case([1, 5, 7], ["type": "average_pool2d", "kernel": 3, "stride": 2, "padding": "same"]),
    Case([1, 6, 6], ["type": "average_pool2d", "kernel": [2, 3], "stride": 4, "rounding": "floor"]),
    Case([2, 3, 3], ["type": "relu"]), Case([2, 3, 3], ["type": "sigmoid"]),
    Case([2, 3, 3], ["type": "tanh"]),
    Case([10], ["type": "softmax"], images: 3), Case([10], ["type": "log_softmax"], images: 3),
    Case([1], ["type": "softmax"]), Case([1], ["type": "log_softmax"]),
    Case([3, 5, 3], ["type": "dropout", "rate": 0.4], images: 17), Case([9], ["type": "dropout", "rate": 0]),
    Case([2, 3, 4], ["type": "flatten"]), Case([2, 3, 4], ["type": "reshape", "shape": [4, -1, 3]]),
    Case([2, 4, 6], ["type": "global_average_pool2d"], images: 3),
    Case([2, 3, 3], ["type": "leaky_relu", "slope": 0.2]), Case([2, 3, 3], ["type": "elu", "alpha": 0.7]),
    Case([2, 3, 3], ["type": "gelu"]), Case([2, 3, 3], ["type": "gelu", "approximate": "tanh"]),
    Case([2, 3, 3], ["type": "silu"]),
    Case([4, 4, 5], ["type": "conv2d", "filters": 6, "kernel": 3, "groups": 2, "padding": 1], images: 3),
    Case([3, 4, 4], ["type": "conv2d", "filters": 6, "kernel": 2, "groups": 3, "stride": 2]),
    Case([2, 6, 7], ["type": "conv2d", "filters": 2, "kernel": 3, "dilation": [2, 3], "padding": "same"]),
    Case([2, 3, 4], ["type": "batch_norm"], images: 3), Case([5], ["type": "batch_norm"], images: 19),
    Case([24], ["type": "reshape", "shape": [2, 3, 4]]), Case([24], ["type": "reshape", "shape": [6, 4]]),
  ]

  /// Layers that share buffers, borders and bands with one another.
  static let chains = [
    Case(
      [1, 6, 6], ["type": "conv2d", "filters": 3, "kernel": 3, "padding": "same"], ["type": "tanh"],
      ["type": "average_pool2d", "kernel": 2],
      ["type": "conv2d", "filters": 2, "kernel": 3, "stride": 2, "padding": 1],
      ["type": "flatten"], ["type": "dense", "units": 3], ["type": "log_softmax"]),
    Case(
      [2, 8, 8], ["type": "conv2d", "filters": 2, "kernel": 3], ["type": "relu"],
      ["type": "max_pool2d", "kernel": 2],
      ["type": "dropout", "rate": 0.3], ["type": "conv2d", "filters": 3, "kernel": 2], ["type": "relu"],
      ["type": "flatten"], ["type": "dropout", "rate": 0.3], ["type": "dense", "units": 4]),
    Case(
      [1, 5, 5], ["type": "sigmoid"], ["type": "tanh"], ["type": "conv2d", "filters": 2, "kernel": 2],
      ["type": "sigmoid"], ["type": "dropout", "rate": 0.5]),
    Case(
      [12], ["type": "dense", "units": 18, "activity_l2": 0.3], ["type": "tanh"],
      ["type": "reshape", "shape": [2, 3, 3]], ["type": "dropout", "rate": 0.3],
      ["type": "conv2d", "filters": 2, "kernel": 3, "padding": "same"]),
    Case(
      [2, 4, 4], ["type": "tanh"], ["type": "reshape", "shape": [2, 8, 2]], ["type": "tanh"],
      ["type": "average_pool2d", "kernel": [2, 1]], ["type": "dropout", "rate": 0.3]),
    Case(
      [1, 5, 5], ["type": "conv2d", "filters": 2, "kernel": 2, "activity_l1": 0.1, "activity_l2": 0.1],
      ["type": "average_pool2d", "kernel": 2, "stride": 3, "rounding": "floor"], ["type": "flatten"],
      ["type": "dense", "units": 2]),
    Case(
      [1, 6, 6], ["type": "conv2d", "filters": 2, "kernel": 1, "activity_l2": 0.2],
      ["type": "max_pool2d", "kernel": [1, 2], "stride": [3, 4], "rounding": "floor"]),
    Case(
      [1, 6, 4], ["type": "max_pool2d", "kernel": 3, "stride": 1], ["type": "tanh"],
      ["type": "min_pool2d", "kernel": 2, "stride": 1, "padding": "same"], ["type": "flatten"],
      ["type": "softmax"], ["type": "dense", "units": 2], ["type": "softmax"]),
    Case(
      [1, 29, 5], ["type": "conv2d", "filters": 9, "kernel": 2, "padding": "same"], ["type": "tanh"],
      ["type": "average_pool2d", "kernel": 5, "padding": "same"], images: 1),
  ]

  /// Values that several layers read.
  static let graphs = [
    // A residual block with a projection.
    Case(
      [2, 6, 6],
      ["type": "conv2d", "filters": 3, "kernel": 3, "padding": 1, "stride": 2, "rounding": "floor"],
      ["type": "batch_norm"], ["type": "tanh"],
      ["type": "conv2d", "filters": 3, "kernel": 3, "padding": 1], ["type": "batch_norm"],
      [
        "type": "conv2d", "filters": 3, "kernel": 1, "stride": 2, "rounding": "floor", "from": "input",
        "name": "shortcut",
      ],
      ["type": "add", "from": ["batch_norm2", "shortcut"]], ["type": "silu"],
      ["type": "global_average_pool2d"], ["type": "dense", "units": 3], images: 3),
    // Identity shortcuts, without norms: borders of convolutions meet in a sum.
    Case(
      [2, 5, 5], ["type": "conv2d", "filters": 2, "kernel": 3, "padding": 1, "name": "a"],
      ["type": "conv2d", "filters": 2, "kernel": 3, "padding": 1, "activation": "tanh"],
      ["type": "conv2d", "filters": 2, "kernel": 3, "padding": 1],
      ["type": "add", "from": ["conv2d3", "a"]], ["type": "tanh"],
      ["type": "conv2d", "filters": 2, "kernel": 3, "padding": 1],
      ["type": "add", "from": ["tanh1", "conv2d4"]],
      ["type": "flatten"], ["type": "dense", "units": 2]),
    // A value that three layers read, one of them in place.
    Case(
      [2, 4, 4], ["type": "conv2d", "filters": 3, "kernel": 2, "name": "a"],
      ["type": "sigmoid", "from": "a", "name": "b"],
      ["type": "conv2d", "filters": 3, "kernel": 1, "from": "a", "name": "c"],
      ["type": "tanh", "from": "a", "name": "d"], ["type": "concat", "from": ["b", "c", "d"]],
      ["type": "flatten"], ["type": "dense", "units": 2]),
    // The same, with the in-place operation first in the config, and the value added to itself.
    Case(
      [6], ["type": "dense", "units": 5, "name": "a"], ["type": "tanh", "name": "b"],
      ["type": "add", "from": ["a", "a"], "name": "c"], ["type": "add", "from": ["b", "c", "a"]],
      ["type": "dense", "units": 3]),
    // Flat features side by side, and the image itself.
    Case(
      [2, 3, 3], ["type": "flatten", "name": "flat"], ["type": "dense", "units": 4, "activation": "elu"],
      ["type": "concat", "from": ["flat", "dense1", "flat"]], ["type": "dense", "units": 2]),
    // A gradient with gaps beside one without: a strided convolution reads a sum.
    Case(
      [1, 7, 7], ["type": "conv2d", "filters": 2, "kernel": 3, "stride": 2, "name": "a"],
      ["type": "conv2d", "filters": 2, "kernel": 3, "stride": 2, "from": "input", "name": "b"],
      ["type": "add", "from": ["a", "b"]], ["type": "conv2d", "filters": 2, "kernel": 3, "padding": 1],
      ["type": "add", "from": ["add1", "conv2d3"]], ["type": "flatten"]),
    // A pool, a flatten and a convolution with a border read the same map.
    Case(
      [1, 5, 5], ["type": "conv2d", "filters": 2, "kernel": 2, "name": "a", "activation": "sigmoid"],
      ["type": "average_pool2d", "kernel": 2], ["type": "flatten", "name": "left"],
      ["type": "conv2d", "filters": 1, "kernel": 3, "padding": "same", "from": "a"],
      ["type": "flatten", "name": "middle"], ["type": "flatten", "from": "a", "name": "right"],
      ["type": "concat", "from": ["left", "middle", "right"]], ["type": "dense", "units": 2]),
    // Dropout on one of two branches, in place beside another reader.
    Case(
      [2, 4, 4], ["type": "conv2d", "filters": 2, "kernel": 2], ["type": "relu", "name": "a"],
      ["type": "conv2d", "filters": 2, "kernel": 1], ["type": "dropout", "rate": 0.4, "from": "a"],
      ["type": "add", "from": ["conv2d2", "dropout1"]], ["type": "flatten"], ["type": "dense", "units": 2]),
    // A sum behind an in-place operation of its own group, of a value that has a gradient already.
    Case(
      [1, 5, 5], ["type": "conv2d", "filters": 2, "kernel": 3, "padding": 1, "name": "a"],
      ["type": "conv2d", "filters": 2, "kernel": 3, "padding": 1], ["type": "tanh"],
      ["type": "add", "from": ["tanh1", "a"]], ["type": "conv2d", "filters": 2, "kernel": 3, "padding": 1],
      ["type": "add", "from": ["conv2d3", "a"]], ["type": "flatten"], ["type": "dense", "units": 2]),
    // Two sums of one value in one group.
    Case(
      [1, 5, 5], ["type": "conv2d", "filters": 2, "kernel": 3, "padding": 1, "name": "a"],
      ["type": "conv2d", "filters": 2, "kernel": 3, "padding": 1], ["type": "sigmoid"],
      ["type": "add", "from": ["sigmoid1", "a"]], ["type": "add", "from": ["add1", "a"]],
      ["type": "average_pool2d", "kernel": 5], ["type": "flatten"], ["type": "dense", "units": 2]),
    // Two convolutions on the image, whose sum is pooled: weight gradients in bands.
    Case(
      [1, 6, 6], ["type": "conv2d", "filters": 2, "kernel": 3, "padding": 1, "name": "a"],
      ["type": "conv2d", "filters": 2, "kernel": 3, "padding": 1, "from": "input"],
      ["type": "add", "from": ["conv2d2", "a"]], ["type": "average_pool2d", "kernel": 2, "name": "left"],
      ["type": "conv2d", "filters": 2, "kernel": 3, "padding": 1, "from": "a"],
      ["type": "average_pool2d", "kernel": 2, "name": "right"],
      ["type": "concat", "from": ["left", "right"]],
      ["type": "flatten"], ["type": "dense", "units": 2], images: 18),
    // A norm behind a pool, and one whose input goes on.
    Case(
      [1, 6, 6], ["type": "conv2d", "filters": 3, "kernel": 3, "name": "a"], ["type": "relu"],
      ["type": "max_pool2d", "kernel": 2], ["type": "batch_norm", "name": "b"],
      ["type": "average_pool2d", "kernel": 2, "from": "a"],
      ["type": "add", "from": ["b", "average_pool2d1"]],
      ["type": "flatten"], ["type": "dense", "units": 2], images: 18),
  ]

  /// Without a gradient of the image, weight gradients may be summed in bands.
  @Test(arguments: chains + graphs) func parametersNeedNoImageGradient(_ one: Case) throws {
    var draws = Draws(7)
    let probes = try [true, false].map {
      try makeProbe(one.input, one.layers, images: one.images, inputGradient: $0)
    }
    let x = draws.values(one.images * probes[0].model.input.count)
    let dy = draws.values(one.images * probes[0].model.output.count)
    let parameters = probes[0].model.parameters.map { draws.values($0.count) }
    let gradients = probes.map { probe in
      probe.setParameters(parameters)
      _ = probe.forward(x, dropout: CounterRandom(seed: 9, purpose: .dropout))
      return probe.backward(dy).parameters
    }
    for (whole, banded) in zip(gradients[0], gradients[1]) {
      let largest = whole.reduce(1e-3) { max($0, abs($1)) }
      expectClose(
        banded, whole.doubles, scale: [Double(largest)], tolerance: 1e-5, "\(one.testDescription)")
    }
  }

  @Test(arguments: cases + chains + graphs)
  func analyticEqualsNumerical(_ one: Case) throws {
    var draws = Draws(6)
    let probe = try makeProbe(one.input, one.layers, images: one.images)
    let count = one.images * probe.model.input.count
    let x = draws.distinctValues(count, distance: count > 60 ? 0.03 : 0.06)
    let parameters = probe.model.parameters.map { draws.distinctValues($0.count, distance: 0.06) }
    let dy = draws.values(one.images * probe.model.output.count)
    let dropout = CounterRandom(seed: 9, purpose: .dropout, stream: 4)

    func objective(_ x: [Float], _ parameters: [[Float]]) -> Double {
      probe.setParameters(parameters)
      let y = probe.forward(x, dropout: dropout)
      return zip(y, dy).reduce(0) { $0 + Double($1.0) * Double($1.1) } + probe.regularizationLoss()
    }
    let center = objective(x, parameters)
    // Twice: nothing may add up from one step to the next.
    _ = probe.backward(dy)
    _ = probe.forward(x, dropout: dropout)
    let analytic = probe.backward(dy)
    let tensors = [x] + parameters
    let step: Float = 0x1p-9
    var kinks = 0
    for (tensor, gradient) in zip(tensors.indices, [analytic.dx] + analytic.parameters) {
      var numerical: [Double] = []
      for index in tensors[tensor].indices {
        func moved(_ step: Float) -> Double {
          var tensors = tensors
          tensors[tensor][index] += step
          return objective(tensors[0], Array(tensors[1...]))
        }
        let (right, left) = ((moved(step) - center) / Double(step), (center - moved(-step)) / Double(step))
        // A chain of layers may pass a kink of ReLU or max, where there is no slope.
        let isKink = abs(right - left) > 0.1 * max(abs(right), abs(left)) && abs(right - left) > 0.02
        if isKink { kinks += 1 }
        numerical.append(isKink ? Double(gradient[index]) : (right + left) / 2)
      }
      let largest = numerical.absolute.reduce(0.05, max)
      expectClose(
        gradient, numerical, scale: [largest], tolerance: 2e-3, tensor == 0 ? "dx" : "parameter \(tensor)")
    }
    let coordinates = tensors.reduce(0) { $0 + $1.count }
    #expect(kinks * 20 <= coordinates, "\(kinks) of \(coordinates) lie on a kink")
  }
}
