/// One line that is drawn over and over on a terminal, and gone when the work is done.
struct ProgressBar {
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var lastDrawn: ContinuousClock.Instant?
  private var isVisible = false
  private let label: String

  /// Nothing is drawn more often than this.
  private static let interval = Duration.milliseconds(100)

  init(label: String) {
    self.label = label
    start = clock.now
  }

  /// Draws the bar if it is time to.
  ///
  /// - Parameter detail: what stands behind the bar; left out first where the window is small.
  mutating func update(done: Int, of total: Int, detail: (_ seconds: Double) -> String) {
    let now = clock.now
    if let lastDrawn, now - lastDrawn < Self.interval { return }
    lastDrawn = now
    guard let width = Console.terminalWidth, total > 0 else { return }
    let seconds = (now - start) / .seconds(1)
    let remaining = done == 0 ? 0 : seconds / Double(done) * Double(total - done)
    let count = "\(done.grouped)/\(total.grouped)"
    let tail = "  \(detail(seconds))  ETA \(remaining.duration)"
    let room = width - 1 - label.count - count.count - 5
    let detailFits = room - tail.count >= 8
    let cells = min(24, max(0, detailFits ? room - tail.count : room))
    let filled = cells * done / total
    let bar =
      cells < 4
      ? "" : " [\(String(repeating: "=", count: filled))\(String(repeating: ".", count: cells - filled))]"
    let line = "\(label)\(bar) \(count)\(detailFits ? tail : "")"
    Console.draw("\r\u{1B}[K\(line.prefix(width - 1))")
    isVisible = true
  }

  /// Removes the bar.
  mutating func clear() {
    if isVisible { Console.draw("\r\u{1B}[K") }
    isVisible = false
  }
}
