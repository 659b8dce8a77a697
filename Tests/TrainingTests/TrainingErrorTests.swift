import CNNEngine
import Testing
import TestSupport
import Training

@Suite(.serialized) struct TrainingErrorTests {
  private func error(_ config: ExperimentConfig) throws -> TrainingError? {
    do {
      _ = try Small.train(config)
      return nil
    } catch let error as TrainingError {
      return error
    }
  }

  @Test("A loss that is no longer finite stops the run at that step and names the layer")
  func loss() throws {
    let config = try Small.config(
      layers: layers(6, last: "1"), optimizer: #"{ "type": "sgd", "lr": 1e6 }"#,
      train: #""epochs": 3, "batch_size": 20"#)
    let error = try #require(try error(config))
    #expect(error == .diverged(.loss, epoch: 1, step: 1, layer: "dense6", learningRate: 1e6))
    #expect(
      "\(error)" == "the loss is not finite at epoch 1, step 1, first in layer dense6; "
        + "lower the learning rate (--lr 100000.0, it was 1000000.0)")
  }

  @Test("The suggested rate is exactly a tenth in decimal", arguments: [(0.07, "0.007"), (30, "3.0")])
  func tenth(rate: Double, expected: String) {
    let error = TrainingError.diverged(.weight, epoch: 2, step: 3, layer: nil, learningRate: rate)
    #expect(
      "\(error)" == "weights are not finite at epoch 2, step 3; lower the learning rate "
        + "(--lr \(expected), it was \(rate))")
  }

  @Test("Weights that overflow in the last step of an epoch are not saved")
  func weights() throws {
    // Each step multiplies the weights by 10^12: after the fourth they overflow.
    let config = try Small.config(
      layers: Small.linear, optimizer: #"{ "type": "sgd", "lr": 1e6, "weight_decay": 1e6 }"#,
      train: #""epochs": 3, "batch_size": 75"#)
    #expect(
      try error(config) == .diverged(.weight, epoch: 1, step: 4, layer: "fc", learningRate: 1e6))
  }

  /// Dense layers that make numbers large, and one behind them.
  private func layers(_ count: Int, last: String) -> String {
    let large = #"{ "type": "dense", "units": 20, "init": { "type": "constant", "value": 1e6 } }"#
    return
      (["\"flatten\""] + Array(repeating: large, count: count)
      + [
        #"{ "type": "dense", "name": "last", "units": 10, "init": { "type": "constant", "value": \#(last) } }"#
      ])
      .joined(separator: ", ")
  }

  @Test("A gradient that is not finite stops the run at that step, even where the loss is finite")
  func gradient() throws {
    let config = try Small.config(
      layers: layers(3, last: "1e-5"), optimizer: #"{ "type": "sgd", "lr": 0 }"#,
      train: #""epochs": 3, "batch_size": 75"#, extra: #""loss": "mse","#)
    let error = try #require(try error(config))
    #expect(error == .diverged(.gradient, epoch: 1, step: 1, layer: "last", learningRate: 0))
    #expect(
      "\(error)".hasPrefix(
        "the gradient is not finite at epoch 1, step 1, first in layer last; "))
  }

  @Test(
    "A running statistic that is not finite stops the run at that step, even where loss and gradients are finite"
  )
  func state() throws {
    // Values of 10^22, whose squares overflow.
    let config = try Small.config(
      layers: layers(3, last: "1").replacing(
        #"{ "type": "dense", "name": "last""#,
        with: #"{ "type": "batch_norm", "name": "norm" }, { "type": "dense", "name": "last""#),
      optimizer: #"{ "type": "sgd", "lr": 0 }"#, train: #""epochs": 3, "batch_size": 75"#)
    let error = try #require(try error(config))
    #expect(error == .diverged(.state, epoch: 1, step: 1, layer: "norm", learningRate: 0))
    #expect(
      "\(error)".hasPrefix("running statistics are not finite at epoch 1, step 1, first in layer norm; "))
  }

  @Test("The optimizer state is saved only if it is finite")
  func optimizer() throws {
    let config = try Small.config(
      layers: layers(2, last: "1"), optimizer: #"{ "type": "adagrad", "lr": 0.01 }"#,
      train: #""epochs": 3, "batch_size": 75"#, extra: #""loss": "mse","#)
    try withTemporaryFolder { folder in
      let said = message { try Small.run(config, in: folder) }
      let saved = try Checkpoint(contentsOf: "\(folder)/checkpoints/last.ckpt")
      #expect(
        said.hasPrefix("the optimizer's state is not finite at epoch 1, step 4, first in layer "))
      #expect(saved.progress.step == 0)
    }
  }

  @Test("A run that diverges leaves only checkpoints of finite weights")
  func checkpoints() throws {
    let config = try Small.config(
      layers: Small.linear, optimizer: #"{ "type": "sgd", "lr": 1e6, "weight_decay": 1e6 }"#,
      train: #""epochs": 3, "batch_size": 75"#)
    try withTemporaryFolder { folder in
      let said = message { try Small.run(config, in: folder) }
      #expect(said.hasPrefix("weights are not finite at epoch 1, step 4"))
      #expect(try Checkpoint(contentsOf: "\(folder)/checkpoints/last.ckpt").progress.step == 0)
      let files = try listing(folder)
      #expect(
        files == [
          "checkpoints", "checkpoints/last.ckpt", "config.json", "events.jsonl", "metrics.csv",
        ])
    }
  }
}
