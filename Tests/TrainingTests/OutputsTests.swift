import CNNEngine
import ConfigDecoding
import Foundation
import ImageFiles
import ModelFormats
import Testing
import TestSupport
import Training

/// Models with several outputs, or with one whose labels are a map of the classes.
@Suite(.serialized) struct OutputsTests {
  /// The scores of every image at the outputs, by the predictions' logits.
  private func predictions(_ config: ExperimentConfig, _ images: Images) throws -> [Prediction] {
    try Evaluator(
      config, parameters: config.model.initialParameters(seed: 5), threadPool: ThreadPool(threads: 1)
    ).predictions(images)
  }

  // MARK: Names

  @Test("A class of a mapped output has the names of the data's classes; a long list is shortened")
  func classNames() throws {
    let digits = (0..<10).map(String.init)
    let names = try Small.twoHeads().model.classNames(of: digits)
    #expect(names == [digits, ["0,2,4,6,8", "1,3,5,7,9"]])
    func mapped(_ labels: String, of data: [String]) throws -> [String] {
      let config = try Small.config(
        layers: Small.linear, outputs: #"{ "layer": "fc", "labels": [\#(labels)] }"#)
      return config.model.classNames(of: data)[0]
    }
    let words = ["airplane", "automobile", "bird", "cat"]
    #expect(
      try Array(mapped("0, 0, 0, 3", of: words).prefix(4)) == [
        "airplane,automobile,…", "label 1", "label 2", "cat",
      ])
    #expect(try mapped("1, 1, 0, 0", of: words)[0...1] == ["bird,cat", "airplane,automobile"])
    #expect(try Small.config().model.classNames(of: words) == [words])
  }

  // MARK: Evaluation

  @Test("Each output has the loss and the confusion matrix of its own scores; the loss is their weighted sum")
  func evaluation() throws {
    let config = try Small.twoHeads()
    let images = try Small.data(config).train.prefix(150)
    let parameters = try config.model.initialParameters(seed: 5)
    let evaluator = Evaluator(config, parameters: parameters, threadPool: ThreadPool(threads: 2))
    var misclassified: [Int] = []
    let evaluation = try evaluator.evaluate(
      images,
      scored: { position, label, logits in
        if Prediction(scores: logits).label != label { misclassified.append(position) }
        #expect(logits.count == 10 && label == Int(images.label(at: position)))
      })
    let all = Images(pixels: (0..<150).flatMap { images[$0] }, shape: images.shape)
    var losses = [0.0, 0.0]
    var confusions = [10, 2].map { Array(repeating: Array(repeating: 0, count: $0), count: $0) }
    var wrong: [Int] = []
    for (index, prediction) in try predictions(config, all).enumerated() {
      let digit = Int(images.label(at: index))
      #expect(prediction.outputs.map(\.name) == ["digit", "parity"])
      #expect(prediction.logits == prediction.outputs[0].prediction.logits)
      for (output, label) in [digit, digit % 2].enumerated() {
        let found = prediction.outputs[output].prediction
        losses[output] -= log(found.probabilities[label]) / 150
        confusions[output][label][found.label] += 1
      }
      if prediction.label != digit { wrong.append(index) }
    }
    #expect(evaluation.outputs.map(\.name) == ["digit", "parity"])
    #expect(evaluation.outputs.map(\.confusion.rows) == confusions)
    #expect(evaluation.confusion.rows == confusions[0] && misclassified == wrong)
    for (output, loss) in zip(evaluation.outputs, losses) { #expect(abs(output.loss - loss) < 1e-5) }
    let trunk = parameters[config.model.parameters[0].range]
    let penalty = 0.001 * trunk.reduce(0) { $0 + Double($1) * Double($1) }
    #expect(abs(evaluation.loss - (losses[0] + 0.5 * losses[1] + penalty)) < 1e-5)
  }

  @Test("JSON has all outputs by name beside the main one's; with one output nothing is added")
  func json() throws {
    let config = try Small.twoHeads()
    let evaluator = Evaluator(
      config, parameters: try config.model.initialParameters(seed: 5), threadPool: ThreadPool(threads: 1))
    let evaluation = try evaluator.evaluate(Small.data(config).test)
    let names = config.model.classNames(of: (0..<10).map(String.init))
    let json = evaluation.json(seconds: 1, classNames: names)
    let keys = [
      "accuracy", "accuracy_interval", "loss", "count", "seconds", "balanced_accuracy", "confusion",
      "per_class",
    ]
    #expect(json.members?.map(\.key) == keys + ["outputs"])
    #expect(json["outputs"]?.members?.map(\.key) == ["digit", "parity"])
    let parity = json["outputs"]?["parity"]
    let own = ["accuracy", "accuracy_interval", "loss", "balanced_accuracy", "confusion", "per_class"]
    #expect(parity?.members?.map(\.key) == own)
    #expect(parity?["per_class"]?.array?.map { $0["class"] } == ["0,2,4,6,8", "1,3,5,7,9"])
    #expect(json["outputs"]?["digit"]?["confusion"] == json["confusion"])
    let single = Evaluation(loss: 1, confusion: [[1]]).json(seconds: 1, classNames: [["a"]])
    #expect(single.members?.map(\.key) == keys)
    let images = Images(pixels: [UInt8](repeating: 9, count: 144), shape: ImageShape(height: 12, width: 12))
    let prediction = try predictions(config, images)[0].json(input: "x", classNames: names)
    #expect(prediction.members?.map(\.key) == ["input", "label", "probabilities", "logits", "outputs"])
    #expect(prediction["outputs"]?["digit"]?["logits"] == prediction["logits"])
    #expect(prediction["outputs"]?["parity"]?["probabilities"]?.array?.count == 2)
    let alone = try predictions(Small.config(), images)[0].json(input: "x", classNames: [names[0]])
    #expect(alone["outputs"] == nil)
  }

  @Test(
    "The only output may have a map of labels: everything counts its labels, and names the data's classes")
  func mappedMainOutput() throws {
    try withTemporaryFolder { folder in
      let config = try Small.parity()
      let (run, result) = try Small.run(config, in: folder)
      #expect(result.test?.confusion.classes == 2 && result.test?.count == 100)
      #expect((result.test?.accuracy ?? 0) > 0.6, "chance is 0.5")
      let model = try LoadedModel(run.folder.path)
      #expect(model.classNames.count == 10 && model.outputClassNames == [["0,2,4,6,8", "1,3,5,7,9"]])
      #expect(try lines("\(folder)/metrics.csv")[0].hasSuffix("seconds,images_per_second"))
    }
  }

  // MARK: The network

  @Test("A training step counts the input gradient of the layers that read one with parameters")
  func flops() throws {
    // The two convolutions read the image: no input gradient. The dense layer reads both.
    let model = try Small.config(
      layers: """
        { "type": "conv2d", "name": "a", "filters": 2, "kernel": 3 },
        { "type": "conv2d", "name": "b", "filters": 2, "kernel": 3, "from": "input" },
        { "type": "add", "from": ["a", "b"] }, "flatten", { "type": "dense", "name": "fc", "units": 10 }
        """
    ).model
    let (convolution, dense) = (2 * 100 * 9, 200 * 10)
    #expect(Benchmark.flopsPerStep(model, batchSize: 3) == 2 * 3 * (2 * 2 * convolution + 3 * dense))
    let chain = try Small.config().model
    let first = 4 * 100 * 9, last = 100 * 10
    #expect(Benchmark.flopsPerStep(chain, batchSize: 1) == 2 * (2 * first + 3 * last))
  }

  @Test("ONNX names the classes of further outputs")
  func onnx() throws {
    try withTemporaryFolder { folder in
      let (run, _) = try Small.run(Small.twoHeads(#""epochs": 1"#), in: folder)
      let bytes = try ModelExport(LoadedModel(run.folder.path)).encoded(.onnx)
      let text = String(decoding: bytes, as: UTF8.self)
      for word in [
        "parity_classes", #"["0,2,4,6,8","1,3,5,7,9"]"#, #"["0","1","2","3","4","5","6","7","8","9"]"#,
        "parity_logits", "parity_probabilities",
      ] { #expect(text.contains(word), "\(word)") }
      #expect(!text.contains("digit_classes"))
    }
  }
}
