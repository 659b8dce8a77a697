import CNNEngine
import FileIO
import ModelFormats

/// Weights of another program, matched to the parameters of a network.
///
/// Tensors are matched by name if the file has the network's names. Otherwise they are matched in order if all shapes
/// agree, as PyTorch's or, transposed, as Keras'; or by shape, if no two tensors have the same shape.
public struct WeightImport {
  /// The weights in the order of the network's parameters.
  public let tensors: [NamedTensor]
  /// How tensors were matched, one line for the user; nil if they were matched by name.
  public let notice: String?

  /// Reads the weights of `model` from the file at `path`, safetensors or a NumPy archive.
  ///
  /// - Throws: `DataError`, `SafeTensorsError`, or `CheckpointError` for tensors that do not fit the network.
  public init(of model: Model, contentsOf path: String) throws {
    try self.init(of: model, in: Self.file(path), path: path)
  }

  /// The tensors in the file at `path`; errors say which formats are read.
  private static func file(_ path: String) throws -> SafeTensors {
    var source = try ByteSource(path: path)
    let start = try source.peek(FileSignature.length)
    // The header length at the start may look like any signature; only safetensors has a brace after it.
    if start.dropFirst(8).first == UInt8(ascii: "{") { return try SafeTensors(contentsOf: path) }
    switch FileSignature(start) {
    case .zip:
      let archive = try NPZ(contentsOf: path)
      if let member = archive.names.first(where: { $0.hasSuffix(".pkl") || $0.hasSuffix(".h5") }) {
        let writer = member.hasSuffix(".pkl") ? "torch.save" : "Keras"
        throw CheckpointError(path, "this was written by \(writer); \(advice)")
      }
      return try SafeTensors(archive)
    default: throw CheckpointError(path, "\(FileSignature.describe(start)); \(advice)")
    }
  }

  private static let advice = "weights are read from safetensors and NumPy's .npz (docs/interop.md)"

  /// Matches the tensors of `file` to `model`; errors name `path`.
  package init(of model: Model, in file: SafeTensors, path: String) throws(CheckpointError) {
    let parameters = model.parameters
    let candidates = Self.ordered(file.tensors.filter(\.dataType.isFloatingPoint))
    guard parameters.contains(where: { file[$0.name] == nil }), candidates.count == parameters.count else {
      tensors = try WeightFile.weights(of: model, in: file, path: path)
      notice = nil
      return
    }
    let match = try Match(candidates, model, path)
    var renamed = SafeTensors()
    for (index, (parameter, tensor)) in zip(parameters, match.tensors).enumerated() {
      let values = file.floats(of: tensor) ?? []
      do {
        try renamed.append(
          parameter.name, shape: parameter.shape, match.layout?.fromKeras(values, index) ?? values)
      } catch {
        throw CheckpointError(path, "\(error)")
      }
    }
    tensors = try WeightFile.weights(of: model, in: renamed, path: path)
    let pairs = zip(match.tensors, parameters).prefix(4).map { "\($0.name) is \($1.name)" }
    let list = pairs.joined(separator: ", ") + (parameters.count > 4 ? ", …" : "")
    notice =
      "\(path): its tensor names are not the network's, so tensors are matched \(match.description): \(list)"
  }

  /// The tensors that match the parameters of a network.
  private struct Match {
    /// One for each parameter.
    let tensors: [SafeTensors.Tensor]
    /// Their layout; nil for PyTorch's.
    let layout: KerasLayout?
    /// How they were matched, for the notice.
    let description: String

    init(_ tensors: [SafeTensors.Tensor], _ model: Model, _ path: String) throws(CheckpointError) {
      let parameters = model.parameters
      let layout = KerasLayout(model)
      let fitsTorch = zip(tensors, parameters).allSatisfy { $0.shape == $1.shape }
      let fitsKeras = tensors.indices.allSatisfy { tensors[$0].shape == layout?.shape($0) }
      switch (fitsTorch, fitsKeras) {
      case (true, true):
        let advice = "rename its tensors to the network's names, such as \(parameters.first?.name ?? "")"
        throw CheckpointError(path, "its shapes match PyTorch's and Keras' layout; \(advice)")
      case (true, false): (self.tensors, self.layout, description) = (tensors, nil, "in order")
      case (false, true):
        (self.tensors, self.layout) = (tensors, layout)
        description = "in order and transposed from Keras' layout, channels last"
      case (false, false):
        self.tensors = try Self.byShape(tensors, parameters, path)
        (self.layout, description) = (nil, "by shape")
      }
    }

    /// The tensors with the shapes of the parameters, in their order; throws if two tensors have the same shape.
    private static func byShape(
      _ tensors: [SafeTensors.Tensor], _ parameters: [Parameter], _ path: String
    ) throws(CheckpointError) -> [SafeTensors.Tensor] {
      let byShape = Dictionary(tensors.map { ($0.shape, $0) }, uniquingKeysWith: { first, _ in first })
      let matches = parameters.compactMap { byShape[$0.shape] }
      let shapes = Set(parameters.map(\.shape))
      if matches.count == parameters.count, [byShape.count, shapes.count].allSatisfy({ $0 == tensors.count })
      {
        return matches
      }
      let difference = zip(tensors, parameters).first { $0.shape != $1.shape }.map { tensor, parameter in
        "; \(tensor.name) is \(tensor.shape), but \(parameter.name) is \(parameter.shape)"
      }
      throw CheckpointError(
        path, "its tensors match the network neither by name nor by order nor by shape\(difference ?? "")")
    }
  }

  /// The tensors in the order of their modules. safetensors files of PyTorch are sorted by name, `10.bias` before
  /// `2.weight`; here, modules are sorted by number, and a weight comes before its bias. Names without a module keep
  /// their order.
  private static func ordered(_ tensors: [SafeTensors.Tensor]) -> [SafeTensors.Tensor] {
    guard tensors.allSatisfy({ $0.name.contains(".") }) else { return tensors }
    return tensors.sorted { a, b in
      let (left, right) = (key(a.name), key(b.name))
      return left.lexicographicallyPrecedes(right) { $0.precedes($1) }
    }
  }

  /// The sort key of a name: its parts, with numbers as integers, and whether it is a bias.
  private static func key(_ name: String) -> [NamePart] {
    let parts = name.split(separator: ".")
    return parts.dropLast().map { NamePart($0) } + [parts.last == "bias" ? .number(1) : .number(0)]
  }

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
