import ConfigDecoding

extension JSONPath {
  /// Reads `model.layers[3].kernel` or `model.layers.3.kernel`; nil if a key is empty or a bracket is astray.
  ///
  /// A key of digits only, as in the second form, stays a key: only the value it meets can tell. A path deeper
  /// than a config may nest is nil, too.
  init?(parsing text: String) {
    self.init()
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
      guard let key = pieces.first, !key.isEmpty, !key.contains("]") else { return nil }
      steps.append(.key(String(key)))
      for piece in pieces.dropFirst() {
        guard piece.hasSuffix("]"), let index = Int(piece.dropLast()), index >= 0 else { return nil }
        steps.append(.index(index))
      }
      if steps.count > JSON.Limits().depth { return nil }
    }
  }
}
