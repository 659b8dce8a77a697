import ArgumentParser
import FileIO
import Formatting
import ImageFiles
import Reporting
import Training

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write an HTML report of a run: curves, confusion matrix, misclassified digits.",
    usage: "cnn report <run> ... [<options>]",
    discussion: """
      Example: cnn report runs/lenet

      The page is RUN/report.html, a single file; its pictures are also written to RUN/report, as SVG and PNG. \
      Several runs are compared in comparison.html in the first run's folder.
      """)

  @Argument(
    help: ArgumentHelp("A run folder, or a checkpoint in one; several are compared.", valueName: "run"),
    completion: .file())
  var runs: [String]

  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp(
      "The page to write; pictures are written to a folder of the same name.", valueName: "file.html"),
    completion: .file())
  var output: String?

  @Flag(help: "Print the curves in the terminal, and write nothing.")
  var text = false

  @OptionGroup var machine: MachineOptions

  func validate() throws {
    if text, output != nil {
      throw ValidationError("--output cannot be combined with --text, which writes no page")
    }
    if let output, !output.hasSuffix(".html") || output.hasSuffix("/.html") || output == ".html" {
      throw ValidationError("--output \(output): must be a file name that ends in .html")
    }
    if runs.count > 1, data.data != nil || machine.threads != nil {
      throw ValidationError(
        "--data and --threads are for one run; a comparison reads only the runs' metrics and events")
    }
    if runs.count > Self.mostRuns {
      throw ValidationError("\(runs.count) runs are more than the \(Self.mostRuns) that can be compared")
    }
  }

  private static let mostRuns = 26

  func run() throws {
    var runs = try [ReportedRun].load(runs)
    let notices = try runs.count == 1 ? read(&runs[0]) : runs.notices
    if text {
      for notice in notices { Console.error(notice) }
      let lines = TextReport(runs).lines(width: Console.outputWidth ?? 80, ascii: !Console.showsUnicode)
      for line in lines { try Console.print(line) }
      return
    }
    let page = output ?? joinPath(runs[0].folder, runs.count == 1 ? "report.html" : "comparison.html")
    let maker = "Made by \(CNN.configuration.version) with cnn report \(self.runs.joined(separator: " "))"
    let report =
      runs.count == 1
      ? Report(runs[0], notices: notices, footer: maker)
      : Report(comparing: runs, notices: notices, footer: maker)
    let pictures = String(page.dropLast(".html".count))
    let files = try FigureFiles.write(
      report.figures, to: pictures, searchPath: Console.variable("PATH") ?? "")
    try AtomicFile.write(report.page(files), to: page)
    for notice in notices + files.notices { Console.error(notice) }
    try Console.print("\(page): \(headline(runs))")
    try Console.print("\(pictures)/: \(report.figures.count) pictures as \(files.formats)")
  }

  private func headline(_ runs: [ReportedRun]) -> String {
    if runs.count > 1 { return "\(runs.count) runs compared" }
    let accuracy = runs[0].accuracy.map { ", accuracy \($0.value.fixed(4)) (\($0.of))" } ?? ""
    return "\(runs[0].config.name)\(accuracy)"
  }

  /// Evaluates the run on its test images; returns a notice if they are not found, unless --data names them.
  private func read(_ run: inout ReportedRun) throws -> [String] {
    do {
      let experiment = try ExperimentData.load(
        run.config, of: run.checkpoint.data, classNames: run.checkpoint.classNames, directory: data.data,
        environment: data.environment(mayDownload: false), for: .test)
      try run.evaluate(experiment, threadPool: machine.threadPool)
      return experiment.notices
    } catch let error as NonFiniteOutputError {
      return ["No confusion matrix and no misclassified digits: \(error)"]
    } catch DataError.unreadable(let path, let reason) where data.data == nil {
      return ["No test images, so no confusion matrix and no misclassified digits: \(path): \(reason)"]
    }
  }
}
