import Formatting

/// Suggests a known word for a misspelt one.
public enum Spelling {
  /// The known word that is most similar to `word`, nil if none is similar.
  ///
  /// Similar are words with an edit distance of at most a third of their length (`epoch`, `epochs`), words of which
  /// one is a prefix of the other (`kernel_size`, `kernel`), and initials (`learning_rate`, `lr`).
  public static func nearest(to word: String, among known: [String]) -> String? {
    guard word.utf8.count <= 64 else { return nil }
    let distances = known.map { (word: $0, distance: distance(Array(word.utf8), Array($0.utf8))) }
    if let best = distances.min(by: { $0.distance < $1.distance }),
      best.distance <= max(1, max(word.utf8.count, best.word.utf8.count) / 3),
      best.distance < best.word.utf8.count
    {
      return best.word
    }
    return known.first { $0.count > 2 && word.hasPrefix($0) || word.count > 2 && $0.hasPrefix(word) }
      ?? known.first { initials(word) == $0 || initials($0) == word }
  }

  /// `; did you mean "epochs"?`, or an empty string if no known word is similar.
  package static func hint(for word: String, among known: [String]) -> String {
    nearest(to: word, among: known).map { "; did you mean \($0.quoted)?" } ?? ""
  }

  private static func initials(_ word: String) -> String? {
    let parts = word.split(separator: "_")
    return parts.count > 1 ? String(parts.compactMap(\.first)) : nil
  }

  /// The edit distance of two words (optimal string alignment): the number of insertions, deletions, substitutions
  /// and transpositions.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in left.indices {
      var row = [i + 1]
      for j in right.indices {
        var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          best = min(best, beforeLast[j - 1] + 1)
        }
        row.append(best)
      }
      (beforeLast, last) = (last, row)
    }
    return last[right.count]
  }
}
