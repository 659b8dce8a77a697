import CNNEngine

extension Model {
  /// The outputs whose metrics are reported one by one: all of them, or none where there is only one.
  public var separateOutputs: [ModelOutput] { outputs.count > 1 ? outputs : [] }

  /// The number of classes of the data.
  var dataClasses: Int { outputs[0].dataClasses }

  /// The names of the classes of each output.
  ///
  /// - Parameter names: the names of the data's classes.
  public func classNames(of names: [String]) -> [[String]] { outputs.map { $0.classNames(of: names) } }
}

extension ModelOutput {
  /// The number of classes of the data.
  var dataClasses: Int { labels?.count ?? classes }

  /// The most characters of a name that is made of several.
  private static let longestName = 20

  /// The names of the output's classes: those of the data, or where a map gives several classes one label, their names
  /// with commas between them; a long list ends in "…".
  func classNames(of names: [String]) -> [String] {
    guard let labels else { return names }
    return (0..<classes).map { label in
      let members = labels.indices.filter { labels[$0] == label }.map { names.name(of: $0) }
      guard var text = members.first else { return "label \(label)" }
      for name in members.dropFirst() {
        guard text.count + 1 + name.count <= Self.longestName else { return "\(text),…" }
        text += ",\(name)"
      }
      return text
    }
  }
}
