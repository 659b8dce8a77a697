/// A parallel loop over numbered tasks: the threads of a pool run all of them before the next loop begins.
package struct ParallelLoop {
  /// The tasks of the present step.
  let tasks: () -> TaskRange
  let body: (_ task: Int, _ worker: Int) -> Void

  /// A loop whose `tasks` are counted once the loops before it are done.
  package init(tasks: @escaping () -> TaskRange, body: @escaping (_ task: Int, _ worker: Int) -> Void) {
    (self.tasks, self.body) = (tasks, body)
  }

  /// A loop over the same number of tasks in every step.
  init(count: Int, body: @escaping (_ task: Int, _ worker: Int) -> Void) {
    self.init(tasks: { TaskRange(count) }, body: body)
  }
}

/// Numbered tasks in up to three consecutive parts, such as the weight, input and bias gradients of an operation.
///
/// Every worker has a slice of each part, the same neighbouring tasks in every loop of as many tasks: a worker mostly
/// reads what it has written itself, from its own cache.
package struct TaskRange {
  private let counts: InlineArray<3, Int>

  package init(_ first: Int, _ second: Int = 0, _ third: Int = 0) { counts = [first, second, third] }

  var count: Int { counts[0] + counts[1] + counts[2] }

  /// The tasks of one of `slots` workers.
  package func slice(of slot: Int, among slots: Int) -> Slice {
    var first = 0
    var parts = InlineArray<3, Range<Int>>(repeating: 0..<0)
    for part in counts.indices {
      parts[part] = (first..<first + counts[part]).part(slot, of: slots)
      first += counts[part]
    }
    return Slice(parts: parts)
  }

  /// The tasks a worker runs first, before it takes over those of others.
  package struct Slice {
    fileprivate let parts: InlineArray<3, Range<Int>>

    var count: Int { parts[0].count + parts[1].count + parts[2].count }

    /// The task at an offset within the slice; nil behind the last.
    package subscript(offset: Int) -> Int? {
      var offset = offset
      for part in parts.indices {
        if offset < parts[part].count { return parts[part].lowerBound + offset }
        offset -= parts[part].count
      }
      return nil
    }
  }
}

extension Range<Int> {
  /// One of `parts` consecutive parts of nearly equal length.
  @inline(__always)
  func part(_ index: Int, of parts: Int) -> Range<Int> {
    lowerBound + count * index / parts..<lowerBound + count * (index + 1) / parts
  }
}

/// The rows of a feature map, split into bands for parallel tasks.
struct RowBands {
  private let rows: Int
  private let multiple: Int
  private let multiples: Int
  /// The number of bands.
  let count: Int

  /// Tasks that keep a few threads busy.
  private static let enoughTasks = 16

  /// Splits `rows` rows between multiples of `multiple`.
  ///
  /// - Parameters:
  ///   - wholeTasks: the tasks there would be without splitting; there will be about `enoughTasks`.
  ///   - isFine: split into as many bands as possible instead.
  init(rows: Int, multiple: Int, wholeTasks: Int, isFine: Bool = false) {
    (self.rows, self.multiple) = (rows, multiple)
    multiples = (rows + multiple - 1) / multiple
    count = isFine ? multiples : min(multiples, (Self.enoughTasks + wholeTasks - 1) / wholeTasks)
  }

  subscript(band: Int) -> Range<Int> {
    let range = (0..<multiples).part(band, of: count)
    return range.lowerBound * multiple..<min(range.upperBound * multiple, rows)
  }
}
