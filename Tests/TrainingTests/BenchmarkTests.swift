import CNNEngine
import ConfigDecoding
import Testing
import Training

@Suite struct BenchmarkTests {
  /// A clock whose every reading is later by what `step` returns.
  private func measure(_ step: (Int) -> Duration) throws -> (benchmark: Benchmark?, readings: Int) {
    let layers = #"["flatten", {"type": "dense", "units": 10}]"#
    let config = try ConfigSource.load(
      "lenet", settings: ["model.layers=\(layers)", "model.input=[1,4,4]", "train.batch_size=2"])
    var (now, readings) = (ContinuousClock.now, 0)
    let benchmark = try Benchmark.measure(config, seconds: 600, peak: 1e9, threadPool: ThreadPool(threads: 1))
    {
      now += step(readings)
      readings += 1
      return now
    }
    return (benchmark, readings)
  }

  @Test func aClockThatStandsStillMeasuresNothing() throws {
    let (benchmark, readings) = try measure { _ in .zero }
    #expect(benchmark == nil && readings == 2)
    // It stops after the first step.
    #expect(try measure { $0 < 2 ? .seconds(1) : .zero }.benchmark == nil)
    #expect(try measure { _ in .seconds(-1) }.benchmark == nil)
  }

  @Test func stepsAreBoundedWhateverTheClockSays() throws {
    let (benchmark, readings) = try measure { _ in .nanoseconds(1) }
    #expect((benchmark?.secondsPerStep ?? 0) > 0 && readings == 24)
  }
}
