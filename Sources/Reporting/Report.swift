import Formatting
import JSONText
import SVGCharts
import Training

/// A report: a page, and the pictures that lie beside it.
public struct Report: Sendable {
  /// The pictures.
  public let figures: [Figure]
  private let makePage: @Sendable (PictureFiles) -> Page

  /// The page with links to the picture files that are there.
  public func page(_ files: PictureFiles) -> [UInt8] { makePage(files).file }

  /// A report on one run.
  ///
  /// - Parameters:
  ///   - notices: what a reader has to know first, a line each.
  ///   - maker: the program that makes it, and the words it was called with.
  public init(_ run: ReportedRun, notices: [String], maker: String) {
    let curves = [run].curves, confusion = run.confusion, gallery = run.gallery, filters = run.filters
    let histograms = run.histograms
    figures = curves + [confusion, gallery].compactMap { $0 } + (filters?.figures ?? []) + histograms
    makePage = { files in
      Page(
        title: run.config.name, subtitle: run.subtitle, notices: run.notices + notices, facts: run.facts,
        sections: [
          run.section(curves: curves, files), confusion.map { run.section(confusion: $0, files) },
          run.section(gallery: gallery, files), filters.map { run.section(filters: $0, files) },
          Page.Section(
            id: "weights", title: "Weights",
            content: [.columns(histograms.map { files.element($0) }, style: "columns small")]),
          run.layersSection, run.originSection,
        ].compactMap { $0 },
        footer: maker)
    }
  }

  /// A report that lays the curves of several runs over each other.
  public init(comparing runs: [ReportedRun], notices: [String], maker: String) {
    let curves = runs.curves
    figures = curves
    let found = runs.map(\.label).joined(separator: ", ")
    makePage = { files in
      let differences = runs.differences
      let empty = Element.paragraph("Nothing but the folder: their configs say the same.")
      return Page(
        title: "\(runs.count) runs compared", subtitle: found, notices: notices, facts: [],
        sections: [
          Page.Section(
            id: "curves", title: "Curves",
            content: curves.isEmpty
              ? [.paragraph("No run has an epoch yet.")] : [.columns(curves.map(files.element))]),
          Page.Section(id: "runs", title: "Runs", content: [runs.table.html("Runs")]),
          Page.Section(
            id: "differences", title: "What differs in their configs",
            content: [differences.rows.count > 1 ? differences.html("Differences") : empty]),
        ], footer: maker)
    }
  }
}

extension ReportedRun {
  /// Where the run lies and on what it was trained.
  fileprivate var subtitle: String { "\(folder), trained on \(checkpoint.data.name)" }

  fileprivate var notices: [String] {
    var notices: [String] = []
    if history.end == nil {
      let epochs = "\(history.epochs.count.grouped) of \(config.train.epochs.grouped) epochs are done"
      notices.append("The run has not ended: \(epochs). Its weights are those of \(checkpointPath).")
    }
    if checkpoint.data.name == "builtin" {
      notices.append("Trained on digits that the program drew, not on handwriting.")
    }
    return notices
  }

  fileprivate var facts: [(name: String, value: String, note: String)] {
    let epochs = history.epochs.count
    let best = bestEpoch.map { "the best is epoch \($0.grouped)" } ?? "none is the best yet"
    return [
      ("Accuracy", accuracy.map { "\(($0.value * 100).fixed(2)) %" } ?? "-", accuracy?.of ?? "no epoch yet"),
      ("Epochs", epochs.grouped, best),
      ("Parameters", config.model.parameterCount.grouped, "\(config.model.layers.count) layers"),
      (
        "Training time", history.seconds.duration,
        epochs == 0 ? "" : "\((history.seconds / Double(epochs)).duration) an epoch"
      ),
    ]
  }

  // MARK: Sections

  fileprivate func section(curves: [Figure], _ files: PictureFiles) -> Page.Section {
    let empty = Element.paragraph("No epoch has ended yet.")
    return Page.Section(
      id: "curves", title: "Curves", content: curves.isEmpty ? [empty] : [.columns(curves.map(files.element))]
    )
  }

  fileprivate func section(confusion: Figure, _ files: PictureFiles) -> Page.Section {
    let classes = reading.map { $0.evaluation.classTable(checkpoint.classNames).html("Classes") }
    let text =
      "A row per label, a column per guess. What lies off the diagonal was read wrong: the stronger the colour, the more."
    let names = Element.columns([files.element(confusion), classes].compactMap { $0 })
    return Page.Section(
      id: "classes", title: "Confusion and classes", content: [Element("p", ["class": "note"], text), names])
  }

  fileprivate func section(gallery: Figure?, _ files: PictureFiles) -> Page.Section? {
    guard let reading else { return nil }
    let all = reading.evaluation.count - reading.evaluation.correct
    let tested = "\(reading.evaluation.count.grouped) test images of \(reading.data)"
    guard let gallery else {
      return Page.Section(
        id: "misread", title: "Misread digits", content: [.paragraph("None of \(tested).")])
    }
    let shown = all > reading.mistakes.count ? " The first \(reading.mistakes.count) are shown." : ""
    let text =
      "\(all.grouped) of \(tested): label → guess, and how sure the network was; the surest mistakes first.\(shown)"
    let items = reading.mistakes.map { mistake in
      Element(
        "li", [:],
        [
          Element("img", ["src": mistake.png.dataURI, "alt": sentence(for: mistake)]),
          Element("b", words(for: mistake)), Element("div", mistake.score.percent),
        ])
    }
    return Page.Section(
      id: "misread", title: "Misread digits",
      content: [Element("p", ["class": "note"], text), Element("ol", ["class": "digits"], items)]
        + [files.links(gallery)].compactMap { $0 }.map { Element("figure", [:], [$0]) })
  }

  fileprivate func section(filters: Filters, _ files: PictureFiles) -> Page.Section {
    let size = Double(filters.largest).fixed(3)
    var text = "Gray is a weight of 0, white \(size), black -\(size)."
    if filters.count > Self.mostFilters {
      text += " The first \(Self.mostFilters) of \(filters.count.grouped) are shown."
    }
    if let began = history.beganWithWeights {
      if began { text += " The run began with weights that were given to it, which are not kept." }
    } else {
      text += " How they began is not known: events.jsonl does not tell."
    }
    return Page.Section(
      id: "filters", title: "Filters of the first convolution",
      content: [Element("p", ["class": "note"], text), .columns(filters.figures.map(files.element))])
  }

  fileprivate var layersSection: Page.Section {
    let model = config.model
    let text =
      "\(model.parameterCount.grouped) parameters, \(model.multiplyAdds.grouped) multiply-adds for an image of \(model.input)."
    return Page.Section(
      id: "layers", title: "Layers",
      content: [Element("p", ["class": "note"], text), model.summary.html("Layers")])
  }

  fileprivate var originSection: Page.Section {
    let config = Element(
      "details", [:],
      [
        Element("summary", "The config, every default filled in"),
        .scrolling(Element("pre", config.resolved.text()), label: "Config"),
      ])
    let command = Element(
      "p", [:],
      nodes: [
        .text("Trained anew with "), .element(Element("code", "cnn train --config \(folder)/config.json")),
        .text(", the same seed gives the same weights."),
      ])
    let again = history.beganWithWeights == true ? [] : [command]
    return Page.Section(
      id: "origin", title: "Config and machine", content: [origin.html("Machine")] + again + [config])
  }

  /// What the events tell of data and machine.
  private var origin: Table {
    var table = Table([("", .left), ("", .left)])
    let start = history.events(.start).last
    func add(_ name: String, _ value: String?) { if let value { table.add([name, value]) } }
    func number(_ key: RunEvent.Key) -> String? { start?[key]?.integer?.grouped }
    add("Data", start?[.data]?.string.map { "\(checkpoint.data.name) (\($0))" } ?? checkpoint.data.name)
    add("Training images", number(.trainImages))
    add("Test images", number(.testImages))
    add("Batches", number(.batchSize).map { "of \($0) images" })
    let optimizer = config.optimizer
    add("Optimizer", "\(optimizer.type), learning rate \(optimizer.learningRate)")
    add("Seed", "\(config.seed)")
    add("CPU", start?[.cpu]?.string)
    add("Threads", number(.threads))
    if history.beganWithWeights == true { add("Began with", "given weights (--init)") }
    let resumed = history.events(.start).compactMap(\.resumedEpoch)
    if !resumed.isEmpty { add("Resumed", "after epoch " + resumed.map(\.grouped).joined(separator: ", ")) }
    add("Checkpoint", checkpointPath)
    return table
  }
}
