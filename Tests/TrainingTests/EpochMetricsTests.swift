import CNNEngine
import ConfigDecoding
import Testing
import Training

@Suite struct EpochMetricsTests {
  @Test("A metric by its name; without validation its metrics are nil, and null in JSON")
  func metrics() throws {
    for validation in [#"{ "from": "test" }"#, "null"] {
      let config = try Small.config(
        data: "\"validation\": \(validation)", layers: Small.linear, train: "\"epochs\": 1")
      let metrics = try #require(try Small.train(config).epochs.first)
      #expect(metrics[.loss] == metrics.loss && metrics[.accuracy] == metrics.accuracy)
      #expect(metrics[.validationLoss] == metrics.validationLoss)
      #expect(metrics[.validationAccuracy] == metrics.validationAccuracy)
      #expect((metrics.validationLoss == nil) == (validation == "null"))
      let json = RunEvent.epoch(metrics, isBest: true).json
      for metric in TrainConfig.Metric.overall {
        #expect(json[metric.rawValue]?.number == metrics[metric], "in full precision")
      }
      #expect(json["epoch"] == 1 && json["learning_rate"]?.number == metrics.learningRate)
    }
  }
}
