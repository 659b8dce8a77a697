import ConfigDecoding
import Formatting

extension JSON {
  /// Applies the argument of `--set`: `train.epochs=3`, `model.layers[3].filters=8`.
  ///
  /// The value is parsed as JSON; if it is not JSON, it is a string. Errors are added to `issues`.
  public mutating func apply(setting text: String, issues: IssueList) {
    let flag = "--set \(text)"
    guard let equals = text.firstIndex(of: "=") else {
      return issues.report(
        ConfigIssue(location: .flag(flag), path: "", message: "expected key.path=value, as in train.epochs=3")
      )
    }
    let value = String(text[text.index(after: equals)...])
    let json = try? JSON(parsing: Array(value.utf8), origin: flag)
    set(String(text[..<equals]), to: json ?? JSON(value), flag: flag, issues: issues)
  }

  /// Sets the value at a path such as `train.epochs`, creating missing objects.
  ///
  /// Its location becomes `flag`, the text of the command line. An invalid path, a path through a value that is not
  /// an object or an array, and an index out of range are added to `issues`.
  public mutating func set(_ path: String, to value: JSON, flag: String, issues: IssueList) {
    let location = ConfigLocation.flag(flag)
    guard let steps = JSONPath(parsing: path)?.steps else {
      let message = "\(path.quoted) is not a key path such as model.layers[3].kernel"
      return issues.report(ConfigIssue(location: location, path: "", message: message))
    }
    do throws(ConfigIssue) {
      try set(steps[...], to: value.relocated(to: location), parent: JSONPath())
    } catch {
      issues.report(error)
    }
  }

  private mutating func set(
    _ steps: ArraySlice<JSONPath.Step>, to value: JSON, parent: JSONPath
  ) throws(ConfigIssue) {
    guard let step = steps.first else {
      self = value
      return
    }
    func fault(_ message: String) -> ConfigIssue {
      ConfigIssue(location: value.location, path: parent.description, message: message)
    }
    switch (step, content) {
    case (.key(let key), .object), (.key(let key), .null):
      var child = self[key] ?? JSON(.null, at: value.location)
      try child.set(steps.dropFirst(), to: value, parent: parent.appending(key))
      if isNull { location = value.location }
      self[key] = child
    case (_, .array(var elements)):
      guard let index = step.index else { throw fault("is an array; expected the index of an element") }
      guard elements.indices.contains(index) else {
        throw fault("has \(elements.count) elements, numbered from 0; there is no [\(index)]")
      }
      try elements[index].set(steps.dropFirst(), to: value, parent: parent.appending(index))
      content = .array(elements)
    case (.key(let key), _): throw fault("is \(self), which has no key \(key.quoted)")
    case (.index(let index), _): throw fault("is not an array; there is no [\(index)]")
    }
  }
}
