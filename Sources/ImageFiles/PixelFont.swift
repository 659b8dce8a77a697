/// A bitmap font of digits and capital letters, 3 x 5 pixels, for captions of small images.
enum PixelFont {
  static let height = 5
  /// The advance width: the columns of a letter and the gap after it.
  static let advance = 4

  /// The five rows from the top, three pixels each: an octal digit.
  private static let glyphs: [Character: Int] = [
    "0": 0o75557, "1": 0o26227, "2": 0o71747, "3": 0o71317, "4": 0o55711, "5": 0o74717, "6": 0o74757,
    "7": 0o71222, "8": 0o75757, "9": 0o75717, "A": 0o25755, "B": 0o65656, "C": 0o34443, "D": 0o65556,
    "E": 0o74647, "F": 0o74644, "G": 0o34553, "H": 0o55755, "I": 0o72227, "J": 0o11152, "K": 0o55655,
    "L": 0o44447, "M": 0o57755, "N": 0o65555, "O": 0o25552, "P": 0o65644, "Q": 0o25573, "R": 0o65655,
    "S": 0o34216, "T": 0o72222, "U": 0o55557, "V": 0o55552, "W": 0o55775, "X": 0o55255, "Y": 0o55222,
    "Z": 0o71247, "-": 0o00700, ".": 0o00002, "/": 0o11244, " ": 0,
  ]

  /// The pixels of `text`; a character without a glyph is a box.
  static func ink(_ text: String) -> [(row: Int, column: Int)] {
    text.uppercased().enumerated().flatMap { index, letter in
      let glyph = glyphs[letter] ?? 0o77777
      return (0..<15).filter { glyph >> (14 - $0) & 1 == 1 }
        .map { (row: $0 / 3, column: index * advance + $0 % 3) }
    }
  }
}
