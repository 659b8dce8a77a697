import Testing
import TestSupport
import Training

@Suite struct TrainerStateTests {
  @Test("The state of a new run")
  func beginning() {
    let progress = TrainerState()
    #expect(progress.epoch == 0 && progress.step == 0 && progress.best == nil && progress.sums == EpochSums())
  }

  @Test("Means are over the images so far")
  func sums() {
    var sums = EpochSums()
    sums.loss = 6
    sums.correct = 3
    sums.images = 4
    #expect(sums.meanLoss == 1.5 && sums.accuracy == 0.75)
  }

  @Test("Every value of the state is saved in a checkpoint, in the middle of an epoch")
  func roundTrip() throws {
    try withTemporaryFolder { folder in
      let config = try Small.config(
        train: """
          "epochs": 4, "batch_size": 70, "monitor": "val_accuracy", "early_stop": { "patience": 3 }
          """)
      var steps = 0
      let (run, result) = try Small.run(
        config, in: folder, shouldStop: { steps == 12 },
        report: { event, _ in
          if case .step? = event { steps += 1 }
        })
      let saved = try Checkpoint(contentsOf: result.checkpoint).progress
      #expect(saved == run.trainer.progress)
      #expect(saved.best != nil && saved.bestWatched != nil && saved.stepInEpoch == 2)
      #expect(saved.sums.loss > 0 && saved.sums.stepLosses > 0 && saved.sums.images == 140)
    }
  }
}
