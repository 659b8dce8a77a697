/// A part of a step that a threadPool works through together, item by item, before it goes on to the next.
package struct ParallelLoop {
  let tasks: () -> TaskRange
  let body: (_ task: Int, _ worker: Int) -> Void

  /// `tasks` is asked when the phases in front are done.
  package init(tasks: @escaping () -> TaskRange, body: @escaping (_ task: Int, _ worker: Int) -> Void) {
    (self.tasks, self.body) = (tasks, body)
  }
}

/// Numbered tasks of work in up to three parts, one behind the other.
///
/// Every worker has its share of each part, the same neighbours in every phase of as many tasks: what lies in a
/// worker's cache from the last phase is mostly what it needs in the next.
package struct TaskRange {
  private let counts: InlineArray<3, Int>

  package init(_ first: Int, _ second: Int = 0, _ third: Int = 0) { counts = [first, second, third] }

  var count: Int { counts[0] + counts[1] + counts[2] }

  /// The tasks of one of `seats` workers.
  package func slice(of slot: Int, among slots: Int) -> Slice {
    var first = 0
    var parts = InlineArray<3, Range<Int>>(repeating: 0..<0)
    for part in counts.indices {
      parts[part] = (first..<first + counts[part]).part(slot, of: slots)
      first += counts[part]
    }
    return Slice(parts: parts)
  }

  /// What one worker begins with, part by part.
  package struct Slice {
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

  /// Tasks that keep a small threadPool busy.
  private static let enoughTasks = 16

  /// Cuts `rows` rows, of which there are `whole` tasks as they are, between multiples of `multiple`: into as
  /// many parts as make enough tasks, if `isFine` into as many as there can be.
  init(rows: Int, multiple: Int, whole: Int, isFine: Bool = false) {
    (self.rows, self.multiple) = (rows, multiple)
    multiples = (rows + multiple - 1) / multiple
    parts = isFine ? multiples : min(multiples, (Self.enoughTasks + whole - 1) / whole)
  }

  subscript(part: Int) -> Range<Int> {
    let range = (0..<multiples).part(part, of: parts)
    return range.lowerBound * multiple..<min(range.upperBound * multiple, rows)
  }
}
