import ConfigDecoding

extension JSONPath {
  /// Parses `model.layers[3].kernel` or `model.layers.3.kernel`; nil if a key is empty or a bracket misplaced.
  ///
  /// A key of digits, as in the second form, is an index if the value is an array. A path deeper than the limit of a
  /// config is nil too.
  init?(parsing text: String) {
    self.init()
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      let components = part.split(separator: "[", omittingEmptySubsequences: false)
      guard let key = components.first, !key.isEmpty, !key.contains("]") else { return nil }
      steps.append(.key(String(key)))
      for component in components.dropFirst() {
        guard component.hasSuffix("]"), let index = Int(component.dropLast()), index >= 0 else { return nil }
        steps.append(.index(index))
      }
      if steps.count > JSON.Limits().depth { return nil }
    }
  }
}
