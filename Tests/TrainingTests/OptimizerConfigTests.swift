import Testing
import TestSupport
import Training

private func optimizer(_ text: String) throws -> OptimizerConfig {
  try Small.config(optimizer: text).optimizer
}

@Suite struct OptimizerConfigTests {
  @Test(
    "An optimizer may be its name alone; its learning rate is its framework's default",
    arguments: [("sgd", 0.01), ("adam", 0.001), ("adagrad", 0.01), ("rmsprop", 0.001)])
  func defaults(type: String, rate: Double) throws {
    #expect(try optimizer("\"\(type)\"").type == type)
    #expect(try optimizer("\"\(type)\"").learningRate == rate)
    #expect(try optimizer(#"{ "type": "\#(type)", "lr": 0.5 }"#).learningRate == 0.5)
  }

  @Test("A flavor has its framework's defaults")
  func flavors() throws {
    func epsilon(_ type: String, _ flavor: String) throws -> Double? {
      let config = try Small.config(optimizer: #"{ "type": "\#(type)", "flavor": "\#(flavor)" }"#)
      return config.resolved["optimizer"]?["epsilon"]?.number
    }
    #expect(try epsilon("adam", "torch") == 1e-8 && epsilon("adam", "keras") == 1e-7)
    #expect(try epsilon("rmsprop", "tensorflow") == 1e-10)
  }

  @Test("Keys of another optimizer are unknown here")
  func unknownKeys() {
    #expect(
      message { _ = try optimizer(#"{ "type": "sgd", "beta1": 0.9 }"#) }
        .hasSuffix("optimizer.beta1: unknown key"))
    #expect(message { _ = try optimizer(#"{ "type": "adamw" }"#) }.hasSuffix("did you mean \"adam\"?"))
    #expect(message { _ = try optimizer(#"{ "lr": 1 }"#) }.hasSuffix("optimizer.type: is required"))
  }
}
