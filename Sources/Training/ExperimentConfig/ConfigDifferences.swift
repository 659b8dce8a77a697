import ConfigDecoding
import JSONText

/// The keys whose values differ between some configs.
package struct ConfigDifferences {
  /// A key whose values differ, with the value of each config as text; `-` where it has none.
  package typealias Row = (key: String, values: [String])

  /// The keys in the order of the configs.
  package let rows: [Row]

  /// What differs between `configs`.
  ///
  /// - Parameters:
  ///   - ignored: key paths that are left out.
  ///   - summarizesLayers: whether an array of objects, such as `model.layers`, is one value of a few words instead of
  ///     one value for each key in it.
  package init(_ configs: [JSON], ignoring ignored: Set<String>, summarizesLayers: Bool) {
    let settings = configs.map { $0.settings(prefix: "", summarizesLayers) }
    let values = settings.map { Dictionary($0, uniquingKeysWith: { first, _ in first }) }
    var seen = ignored
    var rows: [Row] = []
    for (key, _) in settings.joined() where seen.insert(key).inserted {
      let row = values.map { $0[key] ?? "-" }
      if Set(row).count > 1 { rows.append((key, row)) }
    }
    self.rows = rows
  }
}

extension JSON {
  /// The leaf values by key path.
  fileprivate func settings(prefix: String, _ summarizesLayers: Bool) -> [(key: String, value: String)] {
    if let members {
      return members.flatMap {
        $0.value.settings(prefix: prefix.isEmpty ? $0.key : "\(prefix).\($0.key)", summarizesLayers)
      }
    }
    guard let array, array.contains(where: { $0.members != nil }) else { return [(prefix, shortText)] }
    if summarizesLayers { return [(prefix, array.map(\.layerText).joined(separator: ", "))] }
    return array.enumerated().flatMap {
      $0.element.settings(prefix: "\(prefix)[\($0.offset)]", summarizesLayers)
    }
  }

  /// A layer's type and its sizes.
  private var layerText: String {
    let sizes = ["filters", "units", "kernel", "groups", "dilation", "rate", "weight"].compactMap {
      self[$0]?.text(pretty: false)
    }
    let type = self["type"]?.string ?? self["layer"]?.string ?? string ?? "?"
    return ([type] + sizes).joined(separator: " ")
  }

  /// The value as text; equal numbers have equal texts.
  private var shortText: String {
    unsigned.map { "\($0)" } ?? number.map { JSON($0).text(pretty: false) } ?? string ?? text(pretty: false)
  }
}
