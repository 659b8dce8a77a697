import Foundation
import Testing
import TestSupport

/// A run knows its data: no figure comes from other data without being asked for and said.
@Suite struct RunDataTests {
  /// Two data sets, and a run on the one called `own`.
  private func sandbox() throws -> (Sandbox, environment: [String: String]) {
    let sandbox = try Sandbox()
    try sandbox.writeDataset(to: "own")
    try sandbox.writeDataset(
      to: "other", ["t10k-images-idx3-ubyte": Samples.images((0..<20).map { 9 - $0 % 10 })])
    let trained = try sandbox.run("train --data own --output r --epochs 1 --quiet")
    #expect(trained.status == 0, "\(trained.errors)")
    return (sandbox, ["CNN_DATA_DIR": "\(sandbox.folder)/other"])
  }

  @Test("eval and report use the run's data, whatever the environment says")
  func runsRemember() throws {
    let (sandbox, environment) = try sandbox()
    let evaluated = try sandbox.run("eval r", environment: environment)
    #expect(evaluated.lines.first == "r/model.ckpt on the test images of own (\(sandbox.folder)/own)")
    #expect(evaluated.errors == "")
    let reported = try sandbox.run("report r", environment: environment)
    #expect(reported.status == 0 && reported.errors.contains("No test images") == false)
    let predicted = try sandbox.run("predict r test@0..1 --json", environment: environment)
    #expect(predicted.output.contains("test@1"))
  }

  @Test("Other data is evaluated only when asked for, and it is said")
  func otherDataIsSaid() throws {
    let (sandbox, environment) = try sandbox()
    let other = try sandbox.run("eval r --data other", environment: environment)
    #expect(other.status == 0)
    #expect(other.errors.hasPrefix("other is not the data of the run, which was trained on own ("))
  }

  @Test("Data that has moved is found by its fingerprint; other data in its place is refused with both names")
  func movedData() throws {
    let (sandbox, environment) = try sandbox()
    let files = FileManager.default
    try files.createDirectory(atPath: "\(sandbox.folder)/data", withIntermediateDirectories: true)
    try files.moveItem(atPath: "\(sandbox.folder)/own", toPath: "\(sandbox.folder)/data/mnist")
    let found = try sandbox.run("eval r")
    #expect(found.status == 0)
    #expect(
      found.errors
        == "the data of the run is no longer in \(sandbox.folder)/own; the same data is in "
        + "\(sandbox.folder)/data/mnist\n")
    let refused = try sandbox.run("eval r", environment: environment)
    #expect(refused.status == 66)
    #expect(refused.errors.contains("/own: the run was trained on own"))
    #expect(refused.errors.contains("but \(sandbox.folder)/other has other data"))
    try files.copyItem(atPath: "\(sandbox.folder)/other", toPath: "\(sandbox.folder)/own")
    #expect(try sandbox.run("eval r").status == 66)
    let resumed = try sandbox.run("train --resume r --epochs 2")
    #expect(resumed.status == 66 && resumed.errors.contains("has other data"))
  }

  @Test("A run's config names its data, so that it can be repeated")
  func configsNameTheData() throws {
    let (sandbox, environment) = try sandbox()
    let again = try sandbox.run(
      "train --config r/config.json --output again --quiet", environment: environment)
    #expect(again.status == 0, "\(again.errors)")
    let folder = URL(filePath: sandbox.folder)
    let weights = try ["r", "again"].map { try Data(contentsOf: folder.appending(path: "\($0)/model.ckpt")) }
    // All tensors but not the metadata, which name the paths.
    #expect(weights[0].suffix(200_000) == weights[1].suffix(200_000))
  }

  @Test("Twenty images are enough for eval and show, and for a tenth to be held out")
  func smallSets() throws {
    let sandbox = try Sandbox()
    let classes = (0..<20).map { $0 % 10 }
    try sandbox.writeDataset(
      to: "small",
      [
        "train-images-idx3-ubyte": Samples.images(classes),
        "train-labels-idx1-ubyte": Samples.labels(classes),
      ])
    let trained = try sandbox.run("train small --output r --epochs 1 --quiet")
    #expect(trained.status == 0)
    #expect(trained.errors == "")
    let evaluated = try sandbox.run("eval r")
    #expect(evaluated.output.contains("20 images") && evaluated.status == 0)
    #expect(try sandbox.run("show --data small --split test --count 1").status == 0)
    let chosen = try sandbox.run("train small --set data.validation.count=20 --output s")
    #expect(
      chosen.status != 0
        && chosen.errors.contains("cannot hold out 20 of 20 images for validation, at most 19"))
    let synthetic = try sandbox.run(
      "train --data builtin --set data.builtin.train=50 --set data.builtin.test=10 --dry-run")
    #expect(synthetic.errors.contains("5 images, a tenth, are held out for validation instead of 5,000"))
    let said = try sandbox.run("train small --dry-run")
    #expect(said.errors.contains("2 images, a tenth, are held out for validation instead of 5,000"))
  }

  @Test("Test files alone are enough for eval, and train says that there is nothing to train on")
  func testFilesAlone() throws {
    let sandbox = try Sandbox()
    try sandbox.writeDataset(to: "both")
    let removed: [String: [UInt8]?] = ["train-images-idx3-ubyte": nil, "train-labels-idx1-ubyte": nil]
    try sandbox.writeDataset(to: "alone", removed)
    #expect(try sandbox.run("train both --output r --epochs 1 --quiet").status == 0)
    #expect(try sandbox.run("eval r --data alone").status == 0)
    let trained = try sandbox.run("train alone --output s")
    #expect(trained.status == 65)
    #expect(trained.errors.hasPrefix("alone: there are no training images, only "))
    let split = try sandbox.run("eval r --data alone --split train")
    #expect(split.status == 65 && split.errors.contains("alone: there are no training images"))
  }

  @Test("Arguments of train without an option are told apart by what is there")
  func positionalArguments() throws {
    let sandbox = try Sandbox()
    try sandbox.writeDataset(to: "own")
    for arguments in ["own keras-lenet", "keras-lenet --data own", "own --config keras-lenet"] {
      let outcome = try sandbox.run("train \(arguments) --dry-run")
      #expect(
        outcome.status == 0 && outcome.output.contains("own (own)") && outcome.output.contains("keras-lenet"))
    }
    let two = try sandbox.run("train lenet keras-lenet --dry-run")
    #expect(two.status == 64 && two.errors.contains("keras-lenet: the config is lenet already"))
    let wrong = try sandbox.run("train lenett --dry-run")
    #expect(wrong.status == 66)
    #expect(wrong.errors == "lenett: no such config and no such data; did you mean \"lenet\"?\n")
  }

  @Test("A checkpoint is found where it probably is")
  func hints() throws {
    let sandbox = try Sandbox()
    try sandbox.writeDataset(to: "own")
    _ = try sandbox.run("train own --epochs 1 --quiet")
    let outcome = try sandbox.run("eval model.ckpt")
    #expect(outcome.status == 66 && outcome.errors.contains("did you mean runs/lenet/model.ckpt?"))
  }
}
