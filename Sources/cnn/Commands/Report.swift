import ArgumentParser
import FileIO
import Formatting
import ImageFiles
import Reporting
import Training

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Draw what a run has learned: a page of HTML with its pictures.",
    usage: "cnn report <run> ... [<options>]",
    discussion: """
      Example: cnn report runs/lenet

      The page is RUN/report.html and needs no other file; its pictures lie in RUN/report, too, as SVG and PNG. \
      Several runs are laid over each other in comparison.html of the first one's folder.
      """)

  @Argument(
    help: ArgumentHelp("A run's folder, or a checkpoint in one; several are compared.", valueName: "run"),
    completion: .file())
  var runs: [String]

  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp("The page to write; pictures go to a folder of its name.", valueName: "file.html"),
    completion: .file())
  var output: String?

  @Flag(help: "Draw the curves with characters in the terminal, and write nothing.")
  var text = false

  @OptionGroup var machine: MachineOptions

  func validate() throws {
    if text, output != nil { throw ValidationError("--output is for a page, which --text does not write") }
    if let output, !output.hasSuffix(".html") || output.hasSuffix("/.html") || output == ".html" {
      throw ValidationError("--output \(output): must be the name of a file that ends in .html")
    }
    if runs.count > 1, data.data != nil || machine.threads != nil {
      throw ValidationError("--data and --threads are for one run: several are compared by what they noted")
    }
    if runs.count > Self.mostRuns {
      throw ValidationError("\(runs.count) runs are more than the \(Self.mostRuns) that can be told apart")
    }
  }

  private static let mostRuns = 26

  func run() throws {
    var runs = try [ReportedRun].load(runs)
    let notices = try runs.count == 1 ? read(&runs[0]) : runs.notices
    if text {
      for notice in notices { Console.error(notice) }
      for line in TextReport(runs).lines { try Console.print(line) }
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

  /// Reads the test images; returns why that was not possible, where nobody has named them.
  private func read(_ run: inout ReportedRun) throws -> [String] {
    let directory = data.data ?? run.checkpoint.builtinData
    do {
      let experiment = try ExperimentData(
        run.config, directory: directory, environment: data.environment(mayDownload: false))
      try run.evaluate(experiment, threadPool: machine.threadPool)
      return []
    } catch DataError.unreadable(let path, let reason) where data.data == nil {
      return ["No test images, so no confusion matrix and no misread digits: \(path): \(reason)"]
    }
  }
}
