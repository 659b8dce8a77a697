import CNNEngine
import ConfigDecoding
import Testing

@Suite struct LearningRateScheduleTests {
  private func read(_ json: JSON) throws -> LearningRateSchedule {
    try LearningRateSchedule.field.read(json).value
  }

  @Test func constant() throws {
    let schedule = try read("constant")
    #expect([0, 0.5, 9.99].map { schedule.factor(epoch: $0, of: 10) } == [1, 1, 1])
  }

  @Test func step() throws {
    let schedule = try read(["type": "step", "epochs": 3, "factor": 0.5])
    #expect(
      [0, 2.9, 3, 5.9, 6, 9].map { schedule.factor(epoch: $0, of: 10) } == [1, 1, 0.5, 0.5, 0.25, 0.125])
    #expect(try read(["type": "step", "epochs": 1]) == .step(epochs: 1, factor: 0.1))
  }

  @Test func cosine() throws {
    let schedule = try read("cosine")
    for (epoch, factor) in [(0, 1), (2.5, 0.853_553_39), (5, 0.5), (10, 0), (11, 0)] as [(Double, Double)] {
      #expect(abs(schedule.factor(epoch: epoch, of: 10) - factor) < 1e-8)
    }
    let final = try read(["type": "cosine", "final": 0.2])
    #expect(abs(final.factor(epoch: 5, of: 10) - 0.6) < 1e-12)
    #expect(abs(final.factor(epoch: 10, of: 10) - 0.2) < 1e-12)
  }

  @Test func cosineAfterWarmUp() throws {
    let schedule = try read(["type": "cosine", "warmup_epochs": 2, "final": 0])
    let factors = stride(from: 0.0, to: 2, by: 0.125).map { schedule.factor(epoch: $0, of: 10) }
    #expect(factors[0] > 0 && factors[0] < 0.01)
    #expect(zip(factors, factors.dropFirst()).allSatisfy { $0 < $1 })
    #expect(abs(schedule.factor(epoch: 1, of: 10) - 0.5) < 1e-3)
    #expect(schedule.factor(epoch: 2, of: 10) == 1)
    #expect(abs(schedule.factor(epoch: 6, of: 10) - 0.5) < 1e-12)
    // A warm-up as long as the run.
    #expect(try read(["type": "cosine", "warmup_epochs": 5]).factor(epoch: 5, of: 5) == 1)
  }
}
