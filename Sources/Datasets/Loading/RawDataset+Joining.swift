import FileIO
import ImageFiles

extension RawDataset {
  /// The images of several sources of one shape, one after another; the first are called `name` in errors.
  init(joining sources: [RawDataset], paths: [String]) throws(DataError) {
    guard var joined = sources.first else { throw .unsatisfiable(reason: "no images") }
    for (source, path) in zip(sources, paths).dropFirst() {
      guard source.shape == joined.shape else {
        throw .unsuitable(
          path: path, reason: "images of \(source.shape), but \(paths[0]) has \(joined.shape)")
      }
      joined.pixels += source.pixels
      joined.parts += source.parts
      joined.labels = joined.labels.appending(source.labels)
      joined.notices += source.notices
    }
    self = joined
  }
}

extension RawDataset.Labels {
  /// The labels with others behind them: as numbers where both are, else as names.
  func appending(_ other: RawDataset.Labels) -> RawDataset.Labels {
    if case .numbers(let a) = self, case .numbers(let b) = other { return .numbers(a + b) }
    let (indices, names) = asNames
    let (otherIndices, otherNames) = other.asNames
    var (places, all) = ([String: UInt16](), names)
    for (place, name) in names.enumerated() { places[name] = UInt16(place) }
    let moved = otherNames.map { name in
      if let place = places[name] { return place }
      let place = UInt16(clamping: all.count)
      places[name] = place
      all.append(name)
      return place
    }
    return .names(indices + otherIndices.map { moved[Int($0)] }, names: all)
  }

  /// The labels as indices into names.
  var asNames: (indices: [UInt16], names: [String]) {
    switch self {
    case .names(let indices, let names): return (indices, names)
    case .numbers(let values):
      let distinct = Set(values).sorted()
      let places = Dictionary(
        uniqueKeysWithValues: distinct.enumerated().map { ($0.element, UInt16($0.offset)) })
      return (values.map { places[$0] ?? 0 }, distinct.map { String($0) })
    }
  }
}
