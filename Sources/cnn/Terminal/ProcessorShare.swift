import CNNEngine

/// Whether other programs take the cores that a run would use.
struct ProcessorShare {
  private let threads: Int
  private let start = ContinuousClock.now
  private let processorSeconds = SystemInfo.processorSeconds

  /// Begins to measure a run of `threads` threads.
  init(threads: Int) {
    self.threads = min(threads, ThreadPool.availableCores)
  }

  /// What is said where waiting has cost more than a third of the threads' time; nil in the first second, too.
  var notice: String? {
    let seconds = start.secondsAgo
    guard seconds >= 1 else { return nil }
    let share = (SystemInfo.processorSeconds - processorSeconds) / (seconds * Double(threads))
    return share < 2.0 / 3 ? "the machine is busy" : nil
  }
}
