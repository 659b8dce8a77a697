import FileIO
import Formatting

/// The classes of a data set: a label for each image, and the names.
struct ClassAssignment {
  let labels: [UInt16]
  let names: [String]
  var notices: [String] = []

  /// The largest number of classes.
  static let limit = 65_536

  /// Decides the classes of `raw`, by the names of the options, the numbers of the source, or the order of its names.
  ///
  /// Throws if a label is none of the classes that the options name.
  init(_ raw: RawDataset, _ options: DatasetOptions) throws(DataError) {
    switch raw.labels {
    case .numbers(let values):
      self = try Self.numbered(values, raw, options)
    case .names(let indices, let names):
      self = try Self.named(indices, names, raw, options)
    }
  }

  private init(labels: [UInt16], names: [String], notices: [String] = []) {
    (self.labels, self.names, self.notices) = (labels, names, notices)
  }

  // MARK: Numbers

  /// Labels that are numbers: they are kept, or lowered by one where they go from 1 to the number of classes.
  private static func numbered(
    _ values: [UInt16], _ raw: RawDataset, _ options: DatasetOptions
  ) throws(DataError) -> ClassAssignment {
    let named = raw.labelNames.keys
    let lowest = min(values.min().map { Int($0) } ?? 0, named.min() ?? Int.max)
    let highest = max(values.max().map { Int($0) } ?? 0, named.max() ?? 0)
    let (shift, count) = try range(lowest...max(lowest, highest), values, raw, options)
    let names = options.classNames ?? (0..<count).map { raw.labelNames[$0 + shift] ?? String($0 + shift) }
    guard shift > 0 else { return ClassAssignment(labels: values, names: names) }
    return ClassAssignment(
      labels: values.map { $0 - UInt16(shift) }, names: names,
      notices: ["the labels 1 to \(count) are the classes 0 to \(count - 1)"])
  }

  /// By how much labels are lowered, and the number of classes.
  private static func range(
    _ labels: ClosedRange<Int>, _ values: [UInt16], _ raw: RawDataset, _ options: DatasetOptions
  ) throws(DataError) -> (shift: Int, count: Int) {
    let (lowest, highest) = (labels.lowerBound, labels.upperBound)
    if let classes = options.classNames?.count ?? options.units {
      if highest < classes { return (0, classes) }
      if highest == classes, lowest >= 1 { return (1, classes) }
    }
    if let names = options.classNames {
      // Names of the source do not make a label wrong.
      guard let index = values.firstIndex(where: { Int($0) >= names.count }) else { return (0, names.count) }
      throw raw.labelFault(at: index, "is not one of 0 to \(names.count - 1)", label: values[index])
    }
    return lowest == 1 ? (1, highest) : (0, highest + 1)
  }

  // MARK: Names

  /// Labels that are names: of the options; else numbers below the scores of the network; else in their order.
  private static func named(
    _ indices: [UInt16], _ names: [String], _ raw: RawDataset, _ options: DatasetOptions
  ) throws(DataError) -> ClassAssignment {
    let names = names.map(ClassName.visible)
    let values = names.map(wholeNumber)
    let areNumbers = values.allSatisfy { $0 != nil }
    if areNumbers, Set(values).count < values.count {
      throw .unsuitable(
        path: raw.labelPath,
        reason: "two classes are the same number: " + list(names.sorted { before($0, $1) }))
    }
    if let given = options.classNames ?? raw.nameList(for: names) {
      return try matched(indices, names, with: given, raw, options)
    }
    let isContiguous = areNumbers && values.compactMap { $0 }.sorted() == Array(0..<values.count)
    let fits = areNumbers && options.units.map { units in values.allSatisfy { $0 ?? 0 < units } } ?? false
    if isContiguous || fits {
      return try numbered(indices.map { UInt16(values[Int($0)] ?? 0) }, raw, options)
    }
    let order = names.indices.sorted { before(names[$0], names[$1]) }
    var place = [UInt16](repeating: 0, count: names.count)
    for (rank, index) in order.enumerated() { place[index] = UInt16(rank) }
    return ClassAssignment(labels: indices.map { place[Int($0)] }, names: order.map { names[$0] })
  }

  /// Names found in a list of class names; numbers are indices into it where it does not have them.
  private static func matched(
    _ indices: [UInt16], _ names: [String], with given: [String], _ raw: RawDataset,
    _ options: DatasetOptions
  ) throws(DataError) -> ClassAssignment {
    var places: [String: Int] = [:]
    for (place, name) in given.enumerated() where places[name] == nil { places[name] = place }
    let unknown = names.filter { places[$0] == nil }
    if !unknown.isEmpty {
      let values = names.compactMap(wholeNumber)
      if values.count == names.count, values.allSatisfy({ $0 < given.count }) {
        return ClassAssignment(labels: indices.map { UInt16(values[Int($0)]) }, names: given)
      }
      throw .unsuitable(
        path: raw.labelPath,
        reason:
          "unknown \(unknown.count == 1 ? "class" : "classes") \(list(unknown.sorted { before($0, $1) })); "
          + "the classes are \(list(given))")
    }
    return ClassAssignment(labels: indices.map { UInt16(places[names[Int($0)]] ?? 0) }, names: given)
  }

  /// Whether the class `a` is before `b`: numbers by value, before other names, which are in byte order.
  static func before(_ a: String, _ b: String) -> Bool {
    switch (wholeNumber(a), wholeNumber(b)) {
    case (let a?, let b?) where a != b: a < b
    case (_?, nil): true
    case (nil, _?): false
    default: a.utf8.lexicographicallyPrecedes(b.utf8)
    }
  }

  /// The number that a name of one to five digits is.
  static func wholeNumber(_ name: String) -> Int? {
    guard 1...5 ~= name.utf8.count, name.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let value = Int(name),
      value < limit
    else { return nil }
    return value
  }

  /// The first names in quotes, and how many more there are.
  static func list(_ names: [String]) -> String {
    let shown = names.prefix(12).map { "\"\($0.oneLine)\"" }.joined(separator: ", ")
    return names.count > 12 ? "\(shown) and \((names.count - 12).grouped) more" : shown
  }
}

extension RawDataset {
  /// The file or folder of the labels.
  var labelPath: String { parts.first?.labelPath ?? "" }

  /// An error about the label of image `index` of all parts.
  func labelFault(at index: Int, _ reason: String, label: UInt16) -> DataError {
    var position = index
    for part in parts {
      if position < part.count {
        return part.origin.fault(
          at: position, "label \(Int(label).grouped) of image \(position.grouped) \(reason)")
      }
      position -= part.count
    }
    return .unsuitable(path: labelPath, reason: "label \(label) \(reason)")
  }

  /// The names of the source as a list, if it has one that knows all of `names`, or they are indices into it.
  func nameList(for names: [String]) -> [String]? {
    guard !labelNames.isEmpty, labelNames.keys.sorted() == Array(0..<labelNames.count) else { return nil }
    let list = (0..<labelNames.count).compactMap { labelNames[$0] }
    let values = names.compactMap(ClassAssignment.wholeNumber)
    let areIndices = values.count == names.count && values.allSatisfy { $0 < list.count }
    return areIndices || Set(names).isSubset(of: list) ? list : nil
  }
}
