import CNNEngine
import FileIO
import ModelFormats

/// Weights of another program, matched to the parameters and the state of a network.
///
/// Tensors are matched by name if the file has the network's names. Otherwise they are matched in order if all shapes
/// agree, as PyTorch's or, transposed, as Keras'; or by shape, if no two tensors have the same shape. A count of batches,
/// which other programs may not have, starts anew where there is none.
public struct WeightImport {
  /// The weights in the order of the network's parameters, and behind them the state.
  public let tensors: [NamedTensor]
  /// How tensors were matched, or that they are an average, one line for the user; nil if they were matched by name.
  public let notice: String?

  /// What a notice says of a checkpoint whose average is read.
  static let averageNotice = "the average of the weights is used"

  /// Reads the weights of `model` from the file at `path`, in any format of `WeightFormat`.
  ///
  /// - Throws: `DataError`, `SafeTensorsError`, or `CheckpointError` for tensors that do not fit the network.
  public init(of model: Model, contentsOf path: String) throws {
    switch try WeightFormat(ofFile: path) {
    case .safetensors: try self.init(of: model, in: SafeTensors(contentsOf: path), path: path)
    case .npz: try self.init(of: model, in: SafeTensors(NPZ(contentsOf: path)), path: path)
    case .pytorch:
      try self.init(of: model, in: SafeTensors(PyTorchFile(contentsOf: path)), path: path, isInOrder: true)
    case .keras:
      let file = try KerasFile(contentsOf: path)
      if file.config != nil {
        try self.init(of: model, in: KerasNetwork(file).weights, path: path, isInOrder: true)
      } else {
        try self.init(of: model, in: SafeTensors(weightsOf: file, for: model), path: path, isInOrder: true)
      }
    case .onnx:
      try self.init(
        of: model, in: ONNXNetwork(ONNXGraph(contentsOf: path), path: path).weights, path: path,
        isInOrder: true)
    }
  }

  /// Matches the tensors of `file` to `model`; errors name `path`.
  ///
  /// - Parameter isInOrder: whether the order of the file is that of the layers; otherwise names decide it.
  package init(
    of model: Model, in file: SafeTensors, path: String, isInOrder: Bool = false
  ) throws(CheckpointError) {
    let expected = ExpectedTensor.all(of: model)
    let tensors = file.tensors.filter(\.dataType.isFloatingPoint)
    let candidates = isInOrder ? tensors : Self.ordered(tensors)
    guard expected.contains(where: { file[$0.name] == nil }), candidates.count == expected.count else {
      try Self.checkStatistics(candidates.count, of: model, in: file, path: path)
      // A checkpoint of this program stands for its average where it has one.
      let average = Checkpoint.averagePrefix
      let hasAverage =
        file.metadata("format") == "cnn" && expected.allSatisfy { file[average + $0.name] != nil }
      self.tensors = try Self.tensors(of: model, in: file, path: path, prefix: hasAverage ? average : "")
      notice = hasAverage ? "\(path): \(Self.averageNotice)" : nil
      return
    }
    let match = try Match(candidates, model, path)
    var renamed = SafeTensors()
    do {
      for (index, (expected, tensor)) in zip(expected, match.tensors).enumerated() {
        let values = file.floats(of: tensor) ?? []
        try renamed.append(
          expected.name, shape: expected.shape, match.layout?.fromKeras(values, index) ?? values)
        // PyTorch's count of batches has the module of the other statistics.
        let module = tensor.name.lastIndex(of: ".").map { tensor.name[...$0] } ?? ""
        if let counter = expected.counter, let count = file[module + counter.role] {
          try renamed.append(
            counter.name, shape: count.shape, count.dataType, bytes: Array(file.bytes(of: count)))
        }
      }
    } catch {
      throw CheckpointError(path, "\(error)")
    }
    self.tensors = try Self.tensors(of: model, in: renamed, path: path)
    let pairs = zip(match.tensors, expected).prefix(4).map { "\($0.name) is \($1.name)" }
    let list = pairs.joined(separator: ", ") + (expected.count > 4 ? ", …" : "")
    notice =
      "\(path): its tensor names are not the network's, so tensors are matched \(match.description): \(list)"
  }

  private static func tensors(
    of model: Model, in file: SafeTensors, path: String, prefix: String = ""
  ) throws(CheckpointError) -> [NamedTensor] {
    try WeightFile.weights(of: model, in: file, path: path, prefix: prefix)
      + WeightFile.state(of: model, in: file, path: path, prefix: prefix, needsCounters: false)
  }

  /// Refuses a file of `count` tensors that has as many as the network has weights, under other names, but no running
  /// statistics.
  private static func checkStatistics(
    _ count: Int, of model: Model, in file: SafeTensors, path: String
  ) throws(CheckpointError) {
    let missing = model.state.filter { !$0.spec.isCounter }.map(\.name)
    guard !missing.isEmpty, count == model.parameters.count,
      !model.parameters.contains(where: { file[$0.name] != nil })
    else { return }
    throw CheckpointError(
      path,
      "has as many tensors as the network has weights, but no running statistics: \(WeightFile.list(missing))"
    )
  }

  /// A tensor that the network needs; a count of batches is not needed.
  private struct ExpectedTensor {
    let name: String
    let shape: [Int]
    /// The count of batches that belongs to it.
    var counter: (name: String, role: String)?

    /// Layer by layer, as PyTorch and Keras list them.
    static func all(of model: Model) -> [ExpectedTensor] {
      model.layers.flatMap { layer in
        var tensors = layer.parameters.map { ExpectedTensor(name: $0.name, shape: $0.shape) }
        tensors += layer.state.filter { !$0.spec.isCounter }.map {
          ExpectedTensor(name: $0.name, shape: $0.shape)
        }
        if let counter = layer.state.first(where: \.spec.isCounter), !tensors.isEmpty {
          tensors[tensors.count - 1].counter = (counter.name, counter.spec.role)
        }
        return tensors
      }
    }
  }

  /// The tensors that match those that a network needs.
  private struct Match {
    /// One for each of them.
    let tensors: [SafeTensors.Tensor]
    /// Their layout; nil for PyTorch's.
    let layout: KerasLayout?
    /// How they were matched, for the notice.
    let description: String

    init(_ tensors: [SafeTensors.Tensor], _ model: Model, _ path: String) throws(CheckpointError) {
      let expected = ExpectedTensor.all(of: model)
      let layout = KerasLayout(model)
      let fitsTorch = zip(tensors, expected).allSatisfy { $0.shape == $1.shape }
      let fitsKeras =
        layout.map { layout in
          zip(tensors, layout.order).allSatisfy { $0.shape == layout.shape($1) }
        } ?? false
      switch (fitsTorch, fitsKeras) {
      case (true, true):
        let advice = "rename its tensors to the network's names, such as \(expected.first?.name ?? "")"
        throw CheckpointError(path, "its shapes match PyTorch's and Keras' layout; \(advice)")
      case (true, false): (self.tensors, self.layout, description) = (tensors, nil, "in order")
      case (false, true):
        (self.tensors, self.layout) = (layout?.inNetworkOrder(tensors) ?? tensors, layout)
        description = "in order and transposed from Keras' layout, channels last"
      case (false, false):
        self.tensors = try Self.byShape(tensors, expected, path)
        (self.layout, description) = (nil, "by shape")
      }
    }

    /// The tensors with the shapes of `expected`, in their order; throws if two tensors have the same shape.
    private static func byShape(
      _ tensors: [SafeTensors.Tensor], _ expected: [ExpectedTensor], _ path: String
    ) throws(CheckpointError) -> [SafeTensors.Tensor] {
      let byShape = Dictionary(tensors.map { ($0.shape, $0) }, uniquingKeysWith: { first, _ in first })
      let matches = expected.compactMap { byShape[$0.shape] }
      let shapes = Set(expected.map(\.shape))
      if matches.count == expected.count, [byShape.count, shapes.count].allSatisfy({ $0 == tensors.count }) {
        return matches
      }
      let difference = zip(tensors, expected).first { $0.shape != $1.shape }.map { tensor, expected in
        "; \(tensor.name) is \(tensor.shape), but \(expected.name) is \(expected.shape)"
      }
      throw CheckpointError(
        path, "its tensors match the network neither by name nor by order nor by shape\(difference ?? "")")
    }
  }

  /// The tensors in the order of their modules. safetensors files of PyTorch are sorted by name, `10.bias` before
  /// `2.weight`; here, modules are sorted by number, and the tensors of a module as a layer lists them. Names without a
  /// module keep their order.
  private static func ordered(_ tensors: [SafeTensors.Tensor]) -> [SafeTensors.Tensor] {
    guard tensors.allSatisfy({ $0.name.contains(".") }) else { return tensors }
    return tensors.sorted { a, b in
      let (left, right) = (key(a.name), key(b.name))
      return left.lexicographicallyPrecedes(right) { $0.precedes($1) }
    }
  }

  /// The sort key of a name: its parts, with numbers as integers, and the place of the tensor in its module.
  private static func key(_ name: String) -> [NamePart] {
    let parts = name.split(separator: ".")
    let place = parts.last.flatMap { last in places.firstIndex { $0.contains(String(last)) } } ?? 0
    return parts.dropLast().map { NamePart($0) } + [.number(place)]
  }

  /// The tensors of a module in order, by PyTorch's and Keras' names.
  private static let places: [Set<String>] = [
    ["weight", "kernel", "gamma"], ["bias", "beta"], ["running_mean", "moving_mean"],
    ["running_var", "moving_variance"],
  ]

  /// A part of a name between dots.
  private enum NamePart: Equatable {
    case number(Int)
    case word(String, Int)

    /// Splits a part: `conv10` is the word `conv` and the number 10.
    init(_ text: Substring) {
      let digits = text.reversed().prefix(while: \.isNumber).count
      let number = Int(text.suffix(digits)) ?? 0
      self = digits == text.count ? .number(number) : .word(String(text.dropLast(digits)), number)
    }

    func precedes(_ other: NamePart) -> Bool {
      switch (self, other) {
      case (.number(let a), .number(let b)): a < b
      case (.word(let a, let m), .word(let b, let n)): (a, m) < (b, n)
      case (.number, .word): true
      case (.word, .number): false
      }
    }
  }
}

extension SafeTensors.DataType {
  /// Whether the element type is a floating-point type.
  fileprivate var isFloatingPoint: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16: true
    case .int64, .int32, .uint8: false
    }
  }
}

extension SafeTensors {
  /// The arrays of a NumPy archive in its order.
  ///
  /// - Throws: `DataError`, or `CheckpointError` for an element type that weights cannot have.
  package init(_ archive: NPZ) throws {
    self.init()
    let types: [String: DataType] = [
      "<f8": .float64, "<f4": .float32, "<f2": .float16, "<i8": .int64, "<i4": .int32, "|u1": .uint8,
    ]
    for array in try archive.arrays() {
      guard let type = types[array.type] else {
        throw CheckpointError(
          archive.name, "\(array.name) has the element type \(array.type), which is not supported for weights"
        )
      }
      try append(array.name, shape: array.shape, type, bytes: array.bytes)
    }
  }
}

extension SafeTensors {
  /// The tensors of a file of Keras' weights alone, in the order of `get_weights()` of a model like `model`.
  fileprivate init(weightsOf file: KerasFile, for model: Model) throws {
    self.init()
    let layers = try file.isInOrder ? file.layers : file.layers(inOrder: KerasLayout.classes(of: model))
    for layer in layers {
      for (index, weight) in layer.weights.enumerated() {
        try append("\(layer.name).\(index)", shape: weight.shape, weight.values)
      }
    }
  }
}
