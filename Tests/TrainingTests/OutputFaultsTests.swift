import CNNEngine
import ConfigDecoding
import Foundation
import ImageFiles
import ModelFormats
import Testing
import TestSupport
import Training

/// What is refused of outputs, their metrics and their data.
@Suite struct OutputFaultsTests {
  @Test("A metric that the outputs do not have is refused with those that exist")
  func unknownMonitors() throws {
    func faults(_ monitor: String, layers: String = Small.heads, outputs: String = Small.headOutputs)
      -> [String]
    {
      message {
        _ = try Small.parse(
          """
          { "model": { "input": [1, 12, 12], "layers": [ \(layers) ],
          "outputs": [ \(outputs) ] },
          "data": { "validation": { "from": "test" } },
          "train": { "monitor": "\(monitor)", "early_stop": { "monitor": "\(monitor)" } } }
          """)
      }.split(separator: "\n").map(String.init)
    }
    let known = """
      "loss", "accuracy", "val_loss", "val_accuracy", "digit_loss", "digit_accuracy", "val_digit_loss", \
      "val_digit_accuracy", "parity_loss", "parity_accuracy", "val_parity_loss", "val_parity_accuracy"
      """
    let first = faults("parity_los")
    let expected = #"must be one of \#(known), not "parity_los"; did you mean "parity_loss"?"#
    #expect(
      first.map { $0.split(separator: ": ", maxSplits: 1).last.map(String.init) } == [
        "train.monitor: \(expected)", "train.early_stop.monitor: \(expected)",
      ])
    #expect(first.first?.contains(":23: train.monitor") == true)
    #expect(faults("val_trunk_loss").count == 2 && faults("val_parity_loss") == ["no error"])
    // One output has no metrics of its own.
    let one = faults("fc_loss", layers: Small.linear, outputs: #"{ "layer": "fc" }"#)
    #expect(
      one.first?.hasSuffix(#"must be one of "loss", "accuracy", "val_loss", "val_accuracy", not "fc_loss""#)
        == true)
    // Where the layers are wrong, the outputs are not known.
    let broken = faults("parity_loss", layers: #""flatten", "flatten""#)
    #expect(broken.allSatisfy { !$0.contains("monitor") } && !broken.isEmpty)
    #expect(faults("losss", layers: #""relux""#).contains { $0.contains("train.monitor: must be one of") })
  }

  @Test("Without a validation set its metrics cannot be monitored, those of outputs included")
  func monitorsNeedValidation() {
    let text = message {
      _ = try Small.twoHeads(#""monitor": "val_digit_loss""#, data: #""validation": null"#)
    }
    #expect(text.hasSuffix("train.monitor: val_digit_loss needs a data.validation"))
  }

  @Test("An output may not have a name that makes its metrics look like those of validation")
  func ambiguousNames() {
    for name in ["val", "val_x"] {
      let text = message {
        _ = try Small.config(
          layers: Small.heads.replacing("parity", with: name),
          outputs: Small.headOutputs.replacing("parity", with: name))
      }
      #expect(text.contains("model.outputs[1].layer: the metrics of an output called \"\(name)\" would have"))
    }
    #expect(throws: Never.self) {
      _ = try Small.config(layers: #""flatten", { "type": "dense", "name": "val", "units": 10 }"#)
    }
  }

  @Test("Data whose classes do not fit: each output with its count and what fits")
  func misfits() throws {
    func faults(_ layers: String, _ outputs: String) -> [String] {
      message {
        _ = try Small.data(
          Small.parse(
            """
            { "data": { "dataset": "builtin", "builtin": { "train": 20, "test": 10 } },
            "model": { "input": [1, 12, 12], "layers": [ \(layers) ],
            "outputs": [ \(outputs) ] } }
            """))
      }.split(separator: "\n").map(String.init)
    }
    let head = #""flatten", { "type": "dense", "name": "a", "units": 8 }"#
    let fit = "it needs 10 scores, or \"labels\" with one label for each class"
    #expect(
      faults(head, #"{ "layer": "a" }"#) == [
        "test.json:3:25: model.outputs[0].layer: the output \"a\" is 8, but builtin has 10 classes; \(fit)"
      ])
    #expect(
      faults(
        head + #", { "type": "dense", "name": "b", "units": 2, "from": "flatten1" }"#,
        #"{ "layer": "a" }, { "layer": "b", "labels": [0, 1, 0, 1, 0, 1, 0, 1] }"#) == [
          "test.json:3:25: model.outputs[0].layer: the output \"a\" is 8, but builtin has 10 classes; \(fit)",
          "test.json:3:58: model.outputs[1].labels: the map of the output \"b\" has 8 labels, but builtin has "
            + "10 classes; it needs 10, one for each class",
        ])
    #expect(
      faults(#"{ "type": "conv2d", "name": "map", "filters": 10, "kernel": 12 }"#, #"{ "layer": "map" }"#)
        == [
          "test.json:3:25: model.outputs[0].layer: the output \"map\" is 10x1x1; put \"flatten\" behind it"
        ])
  }

  @Test("A checkpoint whose classes do not fit its map of labels is refused")
  func checkpointClasses() throws {
    try withTemporaryFolder { folder in
      try Small.run(Small.parity(), in: folder)
      try rewrite("\(folder)/model.ckpt") { $0.setMetadata("classes", to: #"["even","odd"]"#) }
      #expect(
        message(in: folder) { _ = try Checkpoint(contentsOf: "\(folder)/model.ckpt") }
          == "DIR/model.ckpt: 2 classes in the metadata, but the network's labels are a map of 10 classes")
    }
  }
}
