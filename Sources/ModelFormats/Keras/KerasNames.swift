extension KerasWeights {
  /// The name of a class as Keras 3 calls the groups of its layers: `BatchNormalization` is `batch_normalization`,
  /// `Conv2D` `conv2d`.
  static func snakeCase(_ className: String) -> String {
    func isUpper(_ scalar: Unicode.Scalar) -> Bool { "A"..."Z" ~= scalar }
    func isLower(_ scalar: Unicode.Scalar) -> Bool { "a"..."z" ~= scalar }
    // A capital that begins a word is the first of lower-case letters, and not of the name.
    let scalars = Array(className.unicodeScalars).filter {
      isUpper($0) || isLower($0) || "0"..."9" ~= $0 || $0 == "_"
    }
    var words: [Unicode.Scalar] = []
    var index = 0
    while index < scalars.count {
      words.append(scalars[index])
      index += 1
      guard index + 1 < scalars.count, isUpper(scalars[index]), isLower(scalars[index + 1]) else { continue }
      words.append("_")
      repeat {
        words.append(scalars[index])
        index += 1
      } while index < scalars.count && isLower(scalars[index])
    }
    var text = ""
    for (index, scalar) in words.enumerated() {
      if index > 0, isLower(words[index - 1]), isUpper(scalar) { text += "_" }
      text.unicodeScalars.append(scalar)
    }
    return text.lowercased()
  }
}
