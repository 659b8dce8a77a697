extension [String] {
  /// The bytes of a text file with these lines.
  var textFile: [UInt8] { [UInt8]((joined(separator: "\n") + "\n").utf8) }
}
