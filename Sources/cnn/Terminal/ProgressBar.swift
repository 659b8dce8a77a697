/// One line that is drawn over and over on a terminal, and gone when the work is done.
struct ProgressBar {
  private let clock = ContinuousClock()
  private let label: String
  private var first: (instant: ContinuousClock.Instant, done: Int)?
  private var lastDrawn: ContinuousClock.Instant?
  private var isVisible = false

  /// Nothing is drawn more often than this.
  private static let interval = Duration.milliseconds(100)

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
    Console.draw("\r\u{1B}[K\(line.text(width: width - 1))")
    isVisible = true
  }

  /// Removes the bar.
  mutating func clear() {
    if isVisible { Console.draw("\r\u{1B}[K") }
    isVisible = false
  }
}
