/// A part of a step that a team works through together, item by item, before it goes on to the next.
package struct Phase {
  let items: () -> WorkItems
  let work: (_ item: Int, _ worker: Int) -> Void

  /// `items` is asked when the phases in front are done.
  package init(items: @escaping () -> WorkItems, work: @escaping (_ item: Int, _ worker: Int) -> Void) {
    (self.items, self.work) = (items, work)
  }
}

/// Numbered items of work in up to three parts, one behind the other.
///
/// Every worker has its share of each part, the same neighbours in every phase of as many items: what lies in a
/// worker's cache from the last phase is mostly what it needs in the next.
package struct WorkItems {
  private let counts: InlineArray<3, Int>

  package init(_ first: Int, _ second: Int = 0, _ third: Int = 0) { counts = [first, second, third] }

  var count: Int { counts[0] + counts[1] + counts[2] }

  /// The items of one of `seats` workers.
  package func share(of seat: Int, among seats: Int) -> Share {
    var first = 0
    var parts = InlineArray<3, Range<Int>>(repeating: 0..<0)
    for part in counts.indices {
      parts[part] = (first..<first + counts[part]).part(seat, of: seats)
      first += counts[part]
    }
    return Share(parts: parts)
  }

  /// What one worker begins with, part by part.
  package struct Share {
    fileprivate let parts: InlineArray<3, Range<Int>>

    var count: Int { parts[0].count + parts[1].count + parts[2].count }

    /// The item with a number within the share; nil behind the last.
    package subscript(number: Int) -> Int? {
      var number = number
      for part in parts.indices {
        if number < parts[part].count { return parts[part].lowerBound + number }
        number -= parts[part].count
      }
      return nil
    }
  }
}

extension Range<Int> {
  /// One of `parts` neighbouring parts, as equal as can be.
  @inline(__always)
  func part(_ index: Int, of parts: Int) -> Range<Int> {
    lowerBound + count * index / parts..<lowerBound + count * (index + 1) / parts
  }
}

/// Rows of maps, cut into parts of whole multiples for several workers.
struct RowCut {
  private let rows: Int
  private let multiple: Int
  private let multiples: Int
  let parts: Int

  /// Pieces of work that keep a small team busy.
  private static let enoughPieces = 16

  /// Cuts `rows` rows, of which there are `whole` pieces of work as they are, between multiples of `multiple`: into as
  /// many parts as make enough pieces, if `isFine` into as many as there can be.
  init(rows: Int, multiple: Int, whole: Int, isFine: Bool = false) {
    (self.rows, self.multiple) = (rows, multiple)
    multiples = (rows + multiple - 1) / multiple
    parts = isFine ? multiples : min(multiples, (Self.enoughPieces + whole - 1) / whole)
  }

  subscript(part: Int) -> Range<Int> {
    let range = (0..<multiples).part(part, of: parts)
    return range.lowerBound * multiple..<min(range.upperBound * multiple, rows)
  }
}
