import Testing
import TestSupport
import Training

@Suite struct TrainConfigTests {
  @Test("Every key is decoded")
  func keys() throws {
    let train = try Small.config(
      train: """
        "epochs": 7, "batch_size": 9, "shuffle": false, "drop_last": true, "log_every_epochs": 5,
        "log_summed_loss": true, "monitor": "val_accuracy",
        "early_stop": { "monitor": "loss", "patience": 4, "min_delta": 0.5 }
        """
    ).train
    #expect(train.epochs == 7 && train.batchSize == 9 && !train.shuffle && train.dropLast)
    #expect(train.logEveryEpochs == 5 && train.logSummedLoss && train.monitor == .validationAccuracy)
    #expect(train.earlyStop?.monitor == .loss && train.earlyStop?.patience == 4)
    #expect(train.earlyStop?.minimumChange == 0.5)
  }

  @Test("Only accuracies are better when higher, and only validation metrics need a validation set")
  func metrics() {
    #expect(TrainConfig.Metric.overall.filter(\.higherIsBetter) == [.accuracy, .validationAccuracy])
    #expect(TrainConfig.Metric.overall.filter(\.needsValidation) == [.validationLoss, .validationAccuracy])
    #expect(TrainConfig.Metric.overall.map(\.rawValue) == ["loss", "accuracy", "val_loss", "val_accuracy"])
  }

  @Test("Out of range", arguments: ["epochs", "batch_size", "log_every_epochs"])
  func ranges(key: String) {
    for value in ["0", "-1", "1e9", "2.5", "\"3\"", "null"] {
      #expect(
        message { _ = try Small.config(train: "\"\(key)\": \(value)") }.contains("train.\(key): must be"))
    }
  }

  @Test("The decay of an average")
  func average() throws {
    func average(_ text: String) throws -> Double? {
      try Small.config(train: "\"average\": \(text)").train.average?.decay
    }
    #expect(try Small.config().train.average == nil && average("null") == nil)
    #expect(try average("{}") == 0.999 && average(#"{ "decay": 0 }"#) == 0)
    for text in ["1", "-0.1"] {
      #expect(
        message { _ = try average("{ \"decay\": \(text) }") }
          .contains("train.average.decay: must be a number of at least 0 and less than 1"))
    }
    for text in ["true", "0.999"] {
      #expect(message { _ = try average(text) }.contains("train.average: must be"))
    }
  }
}
