import CNNEngine
import ConfigDecoding
import JSONText
import Reporting
import Training

/// A run folder in memory, whose parts are behind each other with zero bytes between them: metrics.csv, events.jsonl,
/// config.json, weights. Its report is made as a page with figures, as text, and as a comparison with itself.
func reportRun(_ bytes: [UInt8]) {
  let parts = bytes.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false).map { Array($0) }
  func part(_ index: Int) -> [UInt8] { index < parts.count ? parts[index] : [] }
  _ = succeeds {
    let history = try RunHistory(metrics: part(0), events: part(1))
    let config =
      part(2).isEmpty ? pictured : try ExperimentConfig(JSON(parsing: part(2), origin: "config.json"))
    let model = config.model
    guard model.parameterCount <= 5_000, model.multiplyAdds <= 200_000, model.layers.count <= 24,
      model.state.isEmpty
    else { return }
    let weights = ExtremeWeights(part(3))
    var run = ReportedRun(try weights.checkpoint(config), history: history, name: "f")
    if model.input == pictured.model.input, weights.dataClasses(of: config) == 10,
      config.resolved["data"] == pictured.resolved["data"]
    {
      _ = succeeds { try run.evaluate(digits, threadPool: oneThread) }
    }
    write(Report(run, notices: run.className(0).isEmpty ? [] : ["a notice"], footer: "f"))
    write(Report(comparing: [run, run], notices: [run, run].notices, footer: "f"))
    for (runs, width) in [([run], 80), ([run, run], 40)] {
      for ascii in [false, true] {
        let lines = TextReport(runs).lines(width: width, ascii: ascii)
        precondition(!lines.isEmpty)
      }
    }
  }
}

private func write(_ report: Report) {
  for figure in report.figures { precondition(!figure.drawing.file.isEmpty) }
  precondition(!report.page(FigureFiles(folder: "f")).isEmpty)
}

/// The threads of all evaluations.
let oneThread = ThreadPool(threads: 1)

/// A network with filters that have a picture, on synthetic digits.
private let pictured: ExperimentConfig = {
  let text = """
    { "data": { "dataset": "builtin", "builtin": { "train": 20, "test": 10 } },
      "model": { "input": [1, 12, 12], "layers": [
        { "type": "conv2d", "name": "conv", "filters": 2, "kernel": 3 }, "relu", { "type": "max_pool2d", "kernel": 2 },
        "flatten", { "type": "dense", "name": "fc", "units": 10 } ] } }
    """
  do {
    return try ExperimentConfig(JSON(parsing: Array(text.utf8), origin: "pictured"))
  } catch {
    fatalError("\(error)")
  }
}()

private let digits: ExperimentData = {
  do {
    return try ExperimentData.load(
      pictured, directory: nil, environment: DataEnvironment(variables: [:], currentFolder: "/"))
  } catch {
    fatalError("\(error)")
  }
}()
