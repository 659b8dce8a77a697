import Foundation
import Testing
import TestSupport

/// Numbers that no run writes: huge weights, tables edited by hand, little room for descriptors and stacks.
struct ExtremeNumberTests {
  /// The sample network with this weight from each pixel to its class.
  private func sandbox(weight: Float) throws -> Sandbox {
    let sandbox = try Sandbox()
    try sandbox.writeDataset(to: "digits")
    try sandbox.write(Samples.deepConfig, to: "deep.json")
    try sandbox.write(Samples.deepWeights(weight), to: "deep.safetensors")
    return sandbox
  }

  private let model = "deep.safetensors --config deep.json"
  private let text =
    "the network's outputs are not finite, first in layer fc; its weights are too large for this input\n"

  @Test func outputsThatAreNotFiniteEndWithOne() throws {
    let sandbox = try sandbox(weight: 3e38)
    let evaluation = try sandbox.run("eval \(model) --data digits")
    #expect(evaluation.status == 1 && evaluation.output.isEmpty && evaluation.errors == "image 0: \(text)")
    for option in ["", "--json", "--csv"] {
      let prediction = try sandbox.run("predict \(model) --data digits test@0 \(option)")
      #expect(prediction.status == 1 && prediction.errors == "test@0: \(text)")
      #expect(prediction.output == (option == "--json" ? "[]\n" : ""))
    }
  }

  @Test(arguments: [1e-45, 1e-38, 3e38] as [Float])
  func reportsAndEventsShowWeightsOfAnySize(weight: Float) throws {
    let sandbox = try sandbox(weight: weight)
    let run =
      "train --config deep.json --init deep.safetensors --data digits --epochs 1 --lr 1e-30 --tensorboard"
    #expect([0, 1].contains(try sandbox.run(run).status))
    for option in ["", "--text"] {
      #expect(try sandbox.run("report runs/deep --data digits \(option)").status == 0)
    }
  }

  @Test(
    "Tables edited by hand are refused with their line",
    arguments: [
      ("accuracy", "97.5", "from 0 to 1"), ("accuracy", "-1", "from 0 to 1"),
      ("seconds", "1e19", "from 0 to 1,000,000,000"), ("seconds", "-1", "from 0 to 1,000,000,000"),
    ])
  func editedTables(column: String, value: String, range: String) throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet --epochs 1")
    try sandbox.write("epoch,loss,\(column)\n1,0.5,0\n2,0.5,\(value)\n", to: "runs/tiny/metrics.csv")
    for option in ["", "--text"] {
      let outcome = try sandbox.run("report runs/tiny \(option)")
      let reason = "line 3: \(column) is \(value), which is not \(range)"
      #expect(outcome.status == 65)
      #expect(
        outcome.errors.hasPrefix("runs/tiny/metrics.csv: byte ") && outcome.errors.hasSuffix(": \(reason)\n"))
    }
    #expect(try sandbox.run("train --resume runs/tiny --epochs 2 --quiet").status == 0)
  }

  @Test func tablesWithGapsAreShown() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet --epochs 1")
    for table in [
      "epoch\n1\n", "epoch,loss\n1,nan\n9,inf\n", "epoch,loss,accuracy\n7,1e300,1\n1000000,5e-324,0\n",
    ] {
      try sandbox.write(table, to: "runs/tiny/metrics.csv")
      for option in ["", "--text"] { #expect(try sandbox.run("report runs/tiny \(option)").status == 0) }
    }
  }

  @Test(.disabled(if: Sanitizer.current != nil, "sanitizers need larger stacks"))
  func smallStacksSuffice() throws {
    let sandbox = try Sandbox()
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    for command in [
      "train --config tiny.json --threads 3 --quiet", "eval runs/tiny --threads 3",
      "predict runs/tiny test@0..9",
      "report runs/tiny", "summary runs/tiny", "train --resume runs/tiny --epochs 3 --quiet",
    ] {
      let outcome = try sandbox.run(command, after: "ulimit -s 64")
      #expect(outcome.status == 0, "\(command): \(outcome.errors)")
    }
  }

  @Test func fewDescriptorsAreAnError() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet --epochs 1")
    for command in [
      "train --config tiny.json --threads 3", "eval runs/tiny", "predict runs/tiny test@0",
      "report runs/tiny",
      "summary runs/tiny", "train --resume runs/tiny --epochs 3",
    ] {
      let outcome = try sandbox.run(command, after: "ulimit -n 4")
      #expect([0, 65, 66, 71, 74].contains(outcome.status), "\(command): \(outcome.errors)")
      #expect(
        outcome.status == 0 || outcome.errors.contains("Too many open files"), "\(command): \(outcome.errors)"
      )
    }
  }
}
