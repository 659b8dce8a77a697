extension ContinuousClock.Instant {
  /// Seconds since this instant; 0 where the clock has gone backwards, as on some virtual machines.
  package var secondsAgo: Double { max(0, (ContinuousClock.now - self) / .seconds(1)) }
}
