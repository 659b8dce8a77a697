import FileIO
import Formatting

/// The weights of layers in the groups of an HDF5 file of Keras.
struct KerasWeights {
  private let file: HDF5File
  /// The addresses of what has been read, and the bytes of its values.
  private var addresses: Set<Int> = []
  private var byteCount = 0

  init(_ file: HDF5File) { self.file = file }

  /// Whether the file lists the names of its layers, as Keras 2 does.
  var hasNames: Bool { Self.list("layer_names", namedRoot) != nil }
  private var namedRoot: HDF5File.Group { file.root.group("model_weights") ?? file.root }

  /// The layers of `config` in its order, or without one all with their names in the file.
  mutating func layers(of config: KerasConfig?) throws(DataError) -> [KerasFile.Layer] {
    if hasNames { return try namedLayers(of: config, in: namedRoot) }
    for container in ["layers", "_layer_checkpoint_dependencies"] {
      let groups = Self.groups(in: container, file.root)
      if !groups.isEmpty { return try numberedLayers(of: config, groups, isSparse: container != "layers") }
    }
    let advice = FileSignature.hdf5.weightConversion(of: file.name).map { "; " + $0 } ?? ""
    throw .unsuitable(
      path: file.name,
      reason: "an HDF5 file without weights of Keras: it has neither layer_names nor layers\(advice)")
  }

  // MARK: Keras 2 and legacy: lists of names

  private mutating func namedLayers(
    of config: KerasConfig?, in root: HDF5File.Group
  ) throws(DataError) -> [KerasFile.Layer] {
    let names = Self.list("layer_names", root) ?? []
    let layers = config?.layers.map { ($0.name, Optional($0.className)) } ?? names.map { ($0, nil) }
    let known = Set(names)
    var result: [KerasFile.Layer] = []
    for (name, className) in layers {
      var weights: [KerasFile.Weight] = []
      if known.contains(name) {
        guard let group = root.group(name), let names = Self.list("weight_names", group) else {
          throw .unsuitable(path: file.name, reason: "layer \(name.quoted) has no group with weight_names")
        }
        for name in names { weights.append(try weight(name, in: group)) }
      }
      let stem = Self.split(name).stem
      result.append(KerasFile.Layer(name: name, className: className ?? stem, weights: weights))
    }
    return result
  }

  /// A list of names, which is split into several attributes where it is long.
  private static func list(_ name: String, _ group: HDF5File.Group) -> [String]? {
    if let list = group.attributes[name] { return list }
    guard var list = group.attributes["\(name)0"] else { return nil }
    var number = 1
    while let more = group.attributes["\(name)\(number)"] {
      list += more
      number += 1
    }
    return list
  }

  // MARK: Keras 3: numbers within a class

  private mutating func numberedLayers(
    of config: KerasConfig?, _ groups: [String: HDF5File.Group], isSparse: Bool
  ) throws(DataError) -> [KerasFile.Layer] {
    // The numbers of each class in ascending order: conv2d, conv2d_1, conv2d_2, …, conv2d_10.
    var numbers: [String: [Int]] = [:]
    for name in groups.keys {
      let (stem, number) = Self.split(name)
      numbers[stem, default: []].append(number)
    }
    for stem in numbers.keys { numbers[stem]?.sort() }
    func name(_ stem: String, _ number: Int) -> String { number == 0 ? stem : "\(stem)_\(number)" }
    var result: [KerasFile.Layer] = []
    guard let config else {
      for (stem, numbers) in numbers.sorted(by: { $0.key < $1.key }) {
        for number in numbers {
          let weights = try weights(in: groups[name(stem, number)])
          result.append(KerasFile.Layer(name: name(stem, number), className: stem, weights: weights))
        }
      }
      return result
    }
    var counts: [String: Int] = [:]
    for layer in config.layers {
      let stem = Self.snakeCase(layer.className)
      let place = counts[stem, default: 0]
      counts[stem] = place + 1
      // TensorFlow 2.12 counts each layer with weights twice: only the order of its numbers says something.
      let number = isSparse ? numbers[stem].flatMap { $0.indices.contains(place) ? $0[place] : nil } : place
      let group = number.flatMap { groups[name(stem, $0)] }
      result.append(
        KerasFile.Layer(name: layer.name, className: layer.className, weights: try weights(in: group)))
    }
    if isSparse {
      for (stem, count) in counts.sorted(by: { $0.key < $1.key }) {
        guard let found = numbers[stem]?.count, found != count else { continue }
        throw .unsuitable(
          path: file.name, reason: "it has weights of \(found) layers of class \(stem), its config \(count)")
      }
    }
    return result
  }

  /// The groups of layers by their names; on Windows the path of a group is its name.
  private static func groups(in container: String, _ root: HDF5File.Group) -> [String: HDF5File.Group] {
    var groups: [String: HDF5File.Group] = [:]
    func insert(_ name: String, _ object: HDF5File.Object) {
      if case .group(let group) = object, let weights = group.group("vars") { groups[name] = weights }
    }
    for (name, object) in root.group(container)?.objects ?? [:] { insert(name, object) }
    for (name, object) in root.objects {
      let path = name.split(separator: "\\")
      if path.count == 2, path[0] == container { insert(String(path[1]), object) }
    }
    return groups
  }

  /// The weights `0`, `1`, … of a layer.
  private mutating func weights(in group: HDF5File.Group?) throws(DataError) -> [KerasFile.Weight] {
    var weights: [KerasFile.Weight] = []
    guard let group else { return [] }
    for number in 0..<group.objects.count { weights.append(try weight("\(number)", in: group)) }
    return weights
  }

  /// The name of a class and the number behind it; 0 where there is none.
  static func split(_ name: String) -> (stem: String, number: Int) {
    let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
    let stem = name.dropLast(digits)
    guard digits > 0, stem.count > 1, stem.last == "_", let number = Int(name.suffix(digits)), number > 0,
      !name.suffix(digits).hasPrefix("0")
    else { return (name, 0) }
    return (String(stem.dropLast()), number)
  }

  // MARK: Values

  private mutating func weight(_ path: String, in group: HDF5File.Group) throws(DataError) -> KerasFile.Weight
  {
    guard let dataset = group.dataset(path) else {
      throw .malformed(path: file.name, byte: group.address, reason: "no array \(path.quoted) in this group")
    }
    byteCount += dataset.shape.byteCount(elementSize: 4) ?? 0
    guard addresses.insert(dataset.address).inserted, byteCount <= ByteSource.byteLimit else {
      throw .malformed(
        path: file.name, byte: dataset.address,
        reason: "\(path.quoted) is the array of several weights, or the weights exceed 4 GiB")
    }
    return KerasFile.Weight(name: path, shape: dataset.shape, values: try file.floats(of: dataset))
  }
}
