import Foundation
import ImageFiles
import Testing
import TestSupport

/// Every command with a network of two outputs: the class of a sample image, and whether it is odd.
struct OutputsTests {
  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox()
    try sandbox.writeHeadsModel()
    try sandbox.writeDataset(to: "digits")
    try sandbox.write(Samples.images([7, 2]), to: "digits.idx")
    return sandbox
  }

  private let model = "heads.safetensors --config heads.json"
  /// A run that changes no weight, so that every number is known.
  private let train = "train --config heads.json --init heads.safetensors --data digits --epochs 1 --lr 1e-30"

  /// A network with a branch, a dilated and a grouped convolution, and running statistics.
  private static let branches = """
    {
      "name": "branches",
      "data": { "dataset": "builtin", "builtin": { "train": 60, "test": 20 } },
      "model": {
        "layers": [
          { "type": "conv2d", "name": "stem", "filters": 4, "kernel": 3, "padding": "same" },
          { "type": "batch_norm", "name": "norm" }, "relu",
          { "type": "conv2d", "name": "wide", "filters": 4, "kernel": 3, "padding": 2, "dilation": 2 },
          { "type": "conv2d", "name": "depth", "filters": 4, "kernel": [3, 1], "padding": [2, 0], "dilation": [2, 1],
            "groups": 4, "from": "relu1" },
          { "type": "add", "from": ["wide", "depth", "stem"] },
          "global_average_pool2d", { "type": "dense", "name": "digit", "units": 10 },
          { "type": "dense", "name": "parity", "units": 2, "from": "global_average_pool2d1" }
        ],
        "outputs": [
          { "layer": "digit" }, { "layer": "parity", "labels": [0, 1, 0, 1, 0, 1, 0, 1, 0, 1] }
        ]
      },
      "train": { "epochs": 1, "batch_size": 20 }
    }
    """

  @Test func textsAreAsRecorded() throws {
    let sandbox = try sandbox()
    try sandbox.write(Self.branches, to: "branches.json")
    var snapshot = Snapshot(sandbox)
    for command in [
      "summary heads.json", "summary branches.json", "eval \(model) --data digits",
      "eval \(model) --data digits --limit 4 --min-accuracy 0.9", "predict \(model) digits.idx",
      "predict \(model) digits.idx@0 --top 1",
      "\(train) --threads 2 --set data.validation.from=test --set train.monitor=val_parity_accuracy",
      "train --config heads.json --set train.monitor=parity",
      "train --config heads.json --set train.early_stop.monitor=val_parity_los",
      "train --config heads.json --set model.layers[1].name=val --set model.outputs[0].layer=val",
    ] {
      try snapshot.run(command)
    }
    try snapshot.expect("outputs")
  }

  @Test func jsonHasEveryOutputByName() throws {
    let sandbox = try sandbox()
    let evaluation = try #require(
      try sandbox.run("eval \(model) --data digits --json").json() as? [String: Any])
    let outputs = try #require(evaluation["outputs"] as? [String: [String: Any]])
    #expect(outputs.keys.sorted() == ["digit", "parity"])
    #expect(outputs["parity"]?["confusion"] as? [[Int]] == [[9, 1], [1, 9]])
    #expect(outputs["digit"]?["accuracy"] as? Double == evaluation["accuracy"] as? Double)
    let losses = outputs.mapValues { $0["loss"] as? Double ?? .nan }
    let sum = try #require(losses["digit"]) + 0.5 * (try #require(losses["parity"]))
    #expect(try abs(#require(evaluation["loss"] as? Double) - sum) < 1e-6)

    let predictions = try #require(
      try sandbox.run("predict \(model) digits.idx --json").json() as? [[String: Any]])
    let labels = predictions.map {
      ($0["outputs"] as? [String: [String: Any]])?["parity"]?["label"] as? String
    }
    #expect(labels == ["1,3,5,7,9", "0,2,4,6,8"])
    #expect(predictions.map { $0["label"] as? String } == ["7", "2"])

    try sandbox.write(Self.branches, to: "branches.json")
    let summary = try #require(try sandbox.run("summary branches.json --json").json() as? [String: Any])
    #expect(summary["non_trainable"] as? Int == 8)
    let layers = try #require(summary["layers"] as? [[String: Any]])
    #expect(
      layers.map { $0["inputs"] as? [String] } == [
        ["input"], ["stem"], ["norm"], ["relu1"], ["relu1"], ["wide", "depth", "stem"], ["add1"],
        ["global_average_pool2d1"], ["global_average_pool2d1"],
      ])
    let shown = try #require(summary["outputs"] as? [[String: Any]])
    #expect(shown.map { $0["layer"] as? String } == ["digit", "parity"])
    #expect(shown[1]["labels"] as? [Int] == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1] && shown[0]["labels"] is NSNull)
  }

  @Test func trainingWritesTheMetricsOfEveryOutput() throws {
    let sandbox = try sandbox()
    let events = try sandbox.run("\(train) --set data.validation.from=test --json").jsonLines()
    #expect(
      events[1]["val_parity_accuracy"] as? Double == 0.9 && events[1]["parity_accuracy"] as? Double == 1)
    #expect(events[2]["test_parity_accuracy"] as? Double == 0.9)
    #expect(
      try sandbox.lines(of: "runs/heads/metrics.csv")[0].hasSuffix(",val_parity_loss,val_parity_accuracy"))
    let text = try sandbox.run("report --text runs/heads --data digits")
    #expect(text.lines.contains("parity: accuracy 0.9000"))
    #expect(text.output.contains("1,3,5,7,9     0.9000"))
  }

  @Test func aReportHasASectionForEveryOutput() throws {
    let sandbox = try sandbox()
    #expect(try sandbox.run("\(train) --quiet").status == 0)
    #expect(try sandbox.run("report runs/heads --data digits").status == 0)
    let page = try XMLCheck(Array(sandbox.read("runs/heads/report.html")))
    #expect(
      page.attributes["id"] == [
        "curves", "output-digit", "output-parity", "misclassified", "weights", "network", "layers",
        "environment",
      ])
    let files = (page.attributes["href"] ?? []).filter { $0.hasPrefix("report/") }
    let names = ["digit", "parity"].flatMap { output in
      ["loss", "accuracy", "confusion"].map { "report/\(output)-\($0).svg" }
    }
    #expect(
      files == ["report/loss.svg", "report/accuracy.svg"] + names + [
        "report/misclassified.svg", "report/weights-digit.weight.svg", "report/weights-parity.weight.svg",
        "report/network.svg",
      ])
    let text = String(decoding: try sandbox.read("runs/heads/report.html"), as: UTF8.self)
    #expect(text.contains("Confusion matrix of parity") && text.contains("0,2,4,6,8"))
    // Without test images there are still the curves.
    #expect(try sandbox.run("report runs/heads").status == 0)
    let rest = try XMLCheck(Array(sandbox.read("runs/heads/report.html")))
    #expect(rest.attributes["id"]?.contains("output-parity") == true)
  }

  @Test func everyLayerOfAGraphIsTimed() throws {
    let sandbox = try Sandbox()
    try sandbox.write(Self.branches, to: "branches.json")
    let outcome = try sandbox.run("bench branches.json --seconds 0.1 --threads 2 --json")
    let json = try #require(try outcome.json() as? [String: Any])
    let layers = try #require(json["layers"] as? [[String: Any]])
    let times = layers.map { ($0["thread_seconds"] as? [String: Double])?.isEmpty == false }
    #expect(layers.count == 9 && times == Array(repeating: true, count: 9))
    #expect(try #require(json["flops_per_step"] as? Int) > 0)
    let table = try sandbox.run("bench branches.json --seconds 0.1 --threads 1")
    for name in ["stem", "norm", "relu1", "wide", "depth", "add1", "digit", "parity"] {
      #expect(table.lines.count { $0.hasPrefix("\(name) ") } == 1, "\(name)")
    }
  }

  @Test func aDrawingIsClassifiedByEveryOutput() throws {
    let sandbox = try sandbox()
    let run = try sandbox.start("serve \(model) --port 0")
    sandbox.wait { run.printed.contains("\n") }
    let port = try #require(run.printed.firstMatch(of: /:(\d+) \(Ctrl-C/).flatMap { Int($0.1) })
    func response(_ request: String, _ body: String = "") throws -> [String: Any] {
      let connection = try RawConnection(port: port)
      connection.send(
        "\(request) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\n"
          + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
      let response = try #require(connection.response())
      return try #require(JSONSerialization.jsonObject(with: response.body) as? [String: Any])
    }
    let described = try response("GET /model")
    let outputs = try #require(described["outputs"] as? [[String: Any]])
    #expect(outputs.map { $0["name"] as? String } == ["digit", "parity"])
    #expect(outputs[1]["classes"] as? [String] == ["0,2,4,6,8", "1,3,5,7,9"])
    let square = (0..<784).map { UInt8((4..<24).contains($0 / 28) && (4..<24).contains($0 % 28) ? 255 : 0) }
    let pixels = Data(square).base64EncodedString()
    let predicted = try response("POST /predict", #"{"width": 28, "height": 28, "pixels": "\#(pixels)"}"#)
    let parity = try #require((predicted["outputs"] as? [String: [String: Any]])?["parity"])
    #expect(parity["label"] as? String == "0,2,4,6,8")
    #expect((parity["probabilities"] as? [Double])?.count == 2 && predicted["maps"] is [String: Any])
    run.send(SIGTERM)
    #expect(try run.wait().status == 143)
  }
}
