import Formatting
import Reporting

/// A progress bar on the last line of a terminal, removed at the end.
struct ProgressBar {
  private let clock = ContinuousClock()
  private let label: String
  private let style = ProgressLine.Style(environment: Console.environment)
  private var first: (instant: ContinuousClock.Instant, done: Int)?
  private var lastDrawn: ContinuousClock.Instant?
  private var isVisible = false

  /// The shortest time between two updates.
  private static let interval = Duration.milliseconds(100)
  /// Erases the bar, also if a narrower window has wrapped it.
  static let eraser = "\r\u{1B}[J"

  init(label: String) { self.label = label }

  /// Updates the bar unless the last update was less than `interval` ago.
  ///
  /// - Parameter pieces: the texts between the bar and the ETA; `seconds` is the time since the first update, nil
  ///   without progress since then.
  mutating func update(done: Int, of total: Int, pieces: (_ seconds: Double?) -> [ProgressLine.Piece]) {
    let now = clock.now
    let start = first ?? (now, done)
    first = start
    if let lastDrawn, now - lastDrawn < Self.interval { return }
    lastDrawn = now
    guard let width = Console.terminalWidth, total > 0 else { return }
    let passed = (now - start.instant) / .seconds(1)
    let seconds = done > start.done && passed > 0 ? passed : nil
    let remaining = seconds.map { seconds in
      let eta = seconds / Double(done - start.done) * Double(total - done)
      return ProgressLine.Piece("ETA \(eta.duration)", importance: .max)
    }
    let line = ProgressLine(label, done: done, of: total, pieces(seconds) + [remaining].compactMap { $0 })
    draw(line.text(width: width - 1, style: style))
  }

  /// Overwrites the line without wrapping and leaves the cursor at its start, so that the next update also covers a
  /// line that the terminal wraps after a resize.
  private mutating func draw(_ text: String) {
    Console.draw("\r\u{1B}[?7l\(text)\u{1B}[?7h\u{1B}[J\r")
    isVisible = true
  }

  /// Removes the bar.
  mutating func clear() {
    if isVisible { Console.draw(Self.eraser) }
    isVisible = false
  }
}
