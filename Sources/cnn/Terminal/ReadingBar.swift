import Synchronization

/// The progress bar of data that takes a while to read; several threads may report.
final class ReadingBar: Sendable {
  private let state = Mutex((bar: ProgressBar(label: "Reading"), start: ContinuousClock.now))

  /// What takes less time needs no bar.
  private static let delay = Duration.milliseconds(300)

  /// Updates the bar; removes it when all is done.
  func update(done: Int, of total: Int) {
    state.withLock { state in
      if done >= total {
        state.bar.clear()
      } else if ContinuousClock.now - state.start > Self.delay {
        state.bar.update(done: done, of: total) { _ in [] }
      }
    }
  }
}
