import Formatting

/// One line that is drawn over and over on a terminal, and gone when the work is done.
struct ProgressBar {
  private let clock = ContinuousClock()
  private let label: String
  private let style = ProgressLine.Style(environment: Console.environment)
  private var first: (instant: ContinuousClock.Instant, done: Int)?
  private var lastDrawn: ContinuousClock.Instant?
  private var isVisible = false

  /// Nothing is drawn more often than this.
  private static let interval = Duration.milliseconds(100)
  /// Removes a bar, however many lines it takes since the window has become narrower.
  static let eraser = "\r\u{1B}[J"

  init(label: String) { self.label = label }

  /// Draws the bar if it is time to.
  ///
  /// - Parameter pieces: what stands between the bar and the time it will take; `seconds` have passed since the
  ///   first update, nil as long as nothing was done since.
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

  /// Writes over the last line, without wrapping, and leaves the cursor at its start: there it stays when the window
  /// is resized and the terminal wraps the line, so that the next one covers all of it.
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
