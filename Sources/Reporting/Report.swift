import SVGCharts
import Training

/// A report on one run, or a comparison of several: an HTML page and its figures.
public struct Report: Sendable {
  /// The figures, of which `FigureFiles` makes files.
  public let figures: [Figure]
  private let makePage: @Sendable (FigureFiles) -> HTMLPage

  /// The HTML file, with links to the files of the figures.
  public func page(_ files: FigureFiles) -> [UInt8] { makePage(files).file }

  /// A report on one run.
  ///
  /// - Parameters:
  ///   - notices: warnings at the top of the page, such as missing test images.
  ///   - footer: the program and the command line that made the report.
  public init(_ run: ReportedRun, notices: [String], footer: String) {
    let curves = [run].learningCurves, outputs = run.outputFigures
    let misclassified = run.misclassifiedDigits, filters = run.filters, histograms = run.histograms
    let network = run.networkDiagram
    figures =
      curves + outputs.flatMap(\.figures) + [misclassified].compactMap { $0 } + (filters?.figures ?? [])
      + histograms + [network]
    makePage = { files in
      HTMLPage(
        title: run.config.name, subtitle: run.subtitle, notices: run.notices + notices,
        statistics: run.statistics,
        sections: [run.section(curves: curves, files)] + run.sections(ofOutputs: outputs, files)
          + [
            run.section(misclassified: misclassified, files),
            filters.map { run.section(filters: $0, files) },
            HTMLPage.Section(
              id: "weights", title: "Weights",
              content: [.columns(histograms.map { files.element($0) }, cssClass: "columns small")]),
            HTMLPage.Section(id: "network", title: "Network", content: [.columns([files.element(network)])]),
            run.layersSection, run.environmentSection,
          ].compactMap { $0 },
        footer: footer)
    }
  }

  /// A comparison of several runs: their learning curves in one chart, results and config differences.
  public init(comparing runs: [ReportedRun], notices: [String], footer: String) {
    let curves = runs.learningCurves
    figures = curves
    let labels = runs.map(\.label).joined(separator: ", ")
    makePage = { files in
      let differences = runs.differences
      let empty = MarkupElement.paragraph("None: the configs are equal.")
      return HTMLPage(
        title: "Comparison of \(runs.count) runs", subtitle: labels, notices: notices, statistics: [],
        sections: [
          HTMLPage.Section(
            id: "curves", title: "Learning curves",
            content: curves.isEmpty
              ? [.paragraph("No run has completed an epoch.")] : [.columns(curves.map(files.element))]),
          HTMLPage.Section(id: "runs", title: "Runs", content: [runs.table.html("Runs")]),
          HTMLPage.Section(
            id: "differences", title: "Config differences",
            content: [differences.rows.count > 1 ? differences.html("Config differences") : empty]),
        ], footer: footer)
    }
  }
}
