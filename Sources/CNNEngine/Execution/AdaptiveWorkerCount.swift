import CPlatform

/// How many threads of a pool take part: fewer for a while where other programs take the cores and waiting for threads
/// that do not run costs more than they bring.
///
/// Time is measured in windows. While the threads do not get the cores, now and then half or twice as many are tried for
/// some windows, and the faster number is kept.
package struct AdaptiveWorkerCount {
  /// The threads that take part in the next job.
  package private(set) var count: Int

  private let most: Int
  private let cores: Int
  /// The processor time of this process, in nanoseconds.
  private let processorTime: @Sendable () -> UInt64
  /// The number that was found to be the fastest, and nanoseconds per loop with it; nil before the first window.
  private var best: Int
  private var bestCost: Double?
  private var isFewerNext = true
  /// The windows since the number was changed, and how many there are between two trials.
  private var windows = 0
  private var pause = shortestPause
  private var window: Window
  /// Nanoseconds until the window begins.
  private var settlingLeft: UInt64 = 0

  /// Nanoseconds of a window, and of the time after a change in which the system still moves threads.
  private let windowLength: UInt64
  private let settling: UInt64
  private static let trialLength = 3
  private static let shortestPause = 6
  private static let longestPause = 96
  /// The share of the time that more threads have to save: they take it from other programs.
  private static let leastGain = 0.1
  /// The share of the time that ends a trial early when it is lost.
  private static let clearLoss = 0.15
  /// The share of the cores that threads get where nobody takes them.
  private static let undisturbedShare = 0.9

  /// All of `threads` threads at first.
  ///
  /// - Parameters:
  ///   - threads: the threads of the pool.
  ///   - cores: the cores that they may use; with 0, all threads always take part.
  ///   - windowLength: in nanoseconds.
  ///   - processorTime: the processor time of this process, in nanoseconds.
  package init(
    threads: Int, cores: Int, windowLength: UInt64 = 25_000_000,
    processorTime: @escaping @Sendable () -> UInt64 = { processor_nanoseconds() }
  ) {
    (count, most, best, self.cores) = (threads, threads, threads, cores)
    (self.windowLength, settling) = (windowLength, windowLength + windowLength / 5)
    self.processorTime = processorTime
    window = Window(processorStart: processorTime())
  }

  /// Counts a job of some parallel loops that took `nanoseconds`.
  package mutating func finished(loops: Int, nanoseconds: UInt64) {
    guard most > 1 else { return }
    guard settlingLeft == 0 else {
      settlingLeft -= min(settlingLeft, nanoseconds)
      if settlingLeft == 0 { window = Window(processorStart: processorTime()) }
      return
    }
    window.elapsed += nanoseconds
    window.loops += loops
    let length = count == best ? windowLength : windowLength * UInt64(windows + 1)
    guard window.elapsed >= length else { return }
    windows += 1
    if count == best { keep() } else { judge() }
  }

  /// Ends a window with the best number of threads.
  private mutating func keep() {
    bestCost = bestCost.map { $0 + (window.cost - $0) / 4 } ?? window.cost
    let isDisturbed =
      best < most
      || window.processors(until: processorTime()) < Self.undisturbedShare * Double(min(best, cores))
    window = Window(processorStart: processorTime())
    guard windows >= pause, isDisturbed else { return }
    let isFewer = best == most || (best > 1 && isFewerNext)
    isFewerNext = !isFewer
    change(to: isFewer ? (best + 1) / 2 : min(2 * best, most))
  }

  /// Ends a window of a trial.
  private mutating func judge() {
    let gain = 1 - window.cost / (bestCost ?? window.cost)
    if gain < -Self.clearLoss || (windows == Self.trialLength && gain < (count > best ? Self.leastGain : 0)) {
      pause = min(2 * pause, Self.longestPause)
      change(to: best)
    } else if windows == Self.trialLength {
      (best, bestCost, pause) = (count, window.cost, Self.shortestPause)
      change(to: best)
    }
  }

  private mutating func change(to count: Int) {
    window = Window(processorStart: processorTime())
    settlingLeft = count == self.count ? 0 : settling
    (self.count, windows) = (count, 0)
  }

  /// Some time with the same number of threads.
  private struct Window {
    let processorStart: UInt64
    var elapsed: UInt64 = 0
    var loops = 0

    /// Nanoseconds per loop.
    var cost: Double { Double(elapsed) / Double(max(1, loops)) }

    /// The cores that the process had, on average.
    func processors(until processorTime: UInt64) -> Double {
      Double(processorTime - min(processorStart, processorTime)) / Double(max(1, elapsed))
    }
  }
}
