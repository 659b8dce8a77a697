import Formatting
import JSONText
import SVGCharts
import Training

extension ReportedRun {
  /// The run folder and the dataset.
  var subtitle: String { "\(folder), trained on \(checkpoint.data.name)" }

  /// Warnings at the top of the page.
  var notices: [String] {
    var notices: [String] = []
    if history.end == nil {
      let epochs = "\(history.epochs.count.grouped) of \(config.train.epochs.grouped) epochs"
      notices.append("The run is not complete: \(epochs). Weights: \(checkpointPath).")
    }
    if checkpoint.data.name == "builtin" {
      notices.append("Trained on synthetic digits (builtin), not on handwriting.")
    }
    return notices
  }

  /// The statistics at the top of the page.
  var statistics: [(name: String, value: String, note: String)] {
    let epochs = history.epochs.count
    let best = bestEpoch.map { "best epoch: \($0.grouped)" } ?? "no best epoch yet"
    return [
      ("Accuracy", accuracy.map { "\(($0.value * 100).fixed(2)) %" } ?? "-", accuracy?.of ?? "no epoch yet"),
      ("Epochs", epochs.grouped, best),
      ("Parameters", config.model.parameterCount.grouped, "\(config.model.layers.count) layers"),
      (
        "Training time", history.seconds.duration,
        epochs == 0 ? "" : "\((history.seconds / Double(epochs)).duration) per epoch"
      ),
    ]
  }

  // MARK: Sections

  /// The learning curves.
  func section(curves: [Figure], _ files: FigureFiles) -> HTMLPage.Section {
    let empty = MarkupElement.paragraph("No epoch completed yet.")
    return HTMLPage.Section(
      id: "curves", title: "Learning curves",
      content: curves.isEmpty ? [empty] : [.columns(curves.map(files.element))])
  }

  /// The confusion matrix beside precision and recall of each class; of several outputs a section for each, with its
  /// curves.
  func sections(ofOutputs outputs: [OutputFigures], _ files: FigureFiles) -> [HTMLPage.Section] {
    let isAlone = outputs.count == 1
    return outputs.compactMap { output in
      let curves = output.curves.isEmpty ? [] : [MarkupElement.columns(output.curves.map(files.element))]
      let matrix = content(of: output, isAlone: isAlone, files)
      if curves.isEmpty, matrix.isEmpty { return nil }
      return HTMLPage.Section(
        id: isAlone ? "confusion" : "output-\(output.name)",
        title: isAlone ? "Confusion matrix" : "Output \(output.name)", content: curves + matrix)
    }
  }

  /// The confusion matrix of an output beside the metrics of its classes; nothing where it was not evaluated.
  private func content(of output: OutputFigures, isAlone: Bool, _ files: FigureFiles) -> [MarkupElement] {
    guard let result = output.result, result.confusion.classes <= ConfusionMatrix.reportLimit else {
      return []
    }
    let label = isAlone ? "Per-class metrics" : "Per-class metrics of \(output.name)"
    let labels = "A row per true label, a column per predicted label."
    let colours = "Errors are off the diagonal; a stronger colour means more."
    let accuracy = isAlone ? "" : "Accuracy \(result.accuracy.fixed(4)), loss \(result.loss.fixed(4)). "
    let table = result.classTable(output.classNames).html(label)
    guard let figure = output.confusionMatrix else {
      return (accuracy.isEmpty ? [] : [.note(accuracy)]) + [table]
    }
    return [
      .note("\(accuracy)\(labels) \(colours)"), .columns([files.element(figure), table]),
    ]
  }

  /// The misclassified digits; nil where the test images were not evaluated.
  func section(misclassified: Figure?, _ files: FigureFiles) -> HTMLPage.Section? {
    guard let testResult else { return nil }
    let count = testResult.evaluation.count - testResult.evaluation.correct
    let images = "\(testResult.evaluation.count.grouped) test images of \(testResult.data)"
    guard let misclassified else {
      return HTMLPage.Section(
        id: "misclassified", title: "Misclassified digits", content: [.paragraph("None of \(images).")])
    }
    let shown =
      count > testResult.misclassified.count ? " The first \(testResult.misclassified.count) are shown." : ""
    let text =
      "\(count.grouped) of \(images): true → predicted label and confidence, highest confidence first.\(shown)"
    let items = testResult.misclassified.map { image in
      MarkupElement(
        "li", [:],
        [
          MarkupElement("img", ["src": image.png.dataURI, "alt": description(of: image)]),
          MarkupElement("b", caption(of: image)), MarkupElement("div", image.confidence.percent),
        ])
    }
    return HTMLPage.Section(
      id: "misclassified", title: "Misclassified digits",
      content: [.note(text), MarkupElement("ol", ["class": "images"], items)]
        + [files.links(misclassified)].compactMap { $0 }.map { MarkupElement("figure", [:], [$0]) })
  }

  /// The filters of the first convolution.
  func section(filters: Filters, _ files: FigureFiles) -> HTMLPage.Section {
    let largest = Double(filters.largest).fixed(3)
    var text = "Gray is 0, white \(largest), black -\(largest)."
    if filters.count > Self.maxFilters {
      text += " The first \(Self.maxFilters) of \(filters.count.grouped) are shown."
    }
    if let began = history.beganWithWeights {
      if began { text += " The initial weights (--init) are not stored." }
    } else {
      text += " The initial weights are unknown: events.jsonl has no start event."
    }
    return HTMLPage.Section(
      id: "filters", title: "Filters of the first convolution",
      content: [.note(text), .columns(filters.figures.map(files.element))])
  }

  /// The layers with their shapes and parameters.
  var layersSection: HTMLPage.Section {
    let model = config.model
    let text =
      "\(model.parameterCount.grouped) parameters, \(model.multiplyAdds.grouped) multiply-adds per image of \(model.input)."
    return HTMLPage.Section(
      id: "layers", title: "Layers",
      content: [.note(text), model.summary.html("Layers")])
  }

  /// Where and how the run was trained.
  var environmentSection: HTMLPage.Section {
    let config = MarkupElement(
      "details", [:],
      [
        MarkupElement("summary", "Resolved config"),
        .scrolling(MarkupElement("pre", config.resolved.text()), label: "Config"),
      ])
    return HTMLPage.Section(
      id: "environment", title: "Config and environment",
      content: [environment.html("Environment")] + reproduction + [config])
  }

  /// The command that trains the same weights; a run that was extended on the way, whose learning rates followed another
  /// number of epochs until then, has none.
  private var reproduction: [MarkupElement] {
    if history.beganWithWeights == true { return [] }
    let epochs = history.events(.start).compactMap { $0[.epochs]?.integer }
    if let extended = epochs.first(where: { $0 != config.train.epochs }) {
      let text =
        "The run was started for \(extended.pluralized("epoch")) and extended to \(config.train.epochs.grouped): no single "
        + "command repeats it."
      return [.paragraph(text)]
    }
    return [
      MarkupElement(
        "p", [:],
        nodes: [
          .text("To reproduce the weights: "),
          .element(MarkupElement("code", "cnn train --config \(folder)/config.json")),
        ])
    ]
  }

  /// Data, settings and machine, from the run's start event.
  private var environment: Table {
    var table = Table([("", .left), ("", .left)])
    let start = history.events(.start).last
    func add(_ name: String, _ value: String?) { if let value { table.add([name, value]) } }
    func number(_ key: RunEvent.Key) -> String? { start?[key]?.integer?.grouped }
    add("Data", start?[.data]?.string.map { "\(checkpoint.data.name) (\($0))" } ?? checkpoint.data.name)
    add("Training images", number(.trainImages))
    add("Test images", number(.testImages))
    add("Batch size", number(.batchSize))
    let optimizer = config.optimizer
    add("Optimizer", "\(optimizer.type), learning rate \(optimizer.learningRate)")
    add("Seed", "\(config.seed)")
    add("CPU", start?[.cpu]?.string)
    add("Threads", number(.threads))
    if history.beganWithWeights == true { add("Initial weights", "imported (--init)") }
    let resumed = history.events(.start).compactMap(\.resumedEpoch)
    if !resumed.isEmpty { add("Resumed", "after epoch " + resumed.map(\.grouped).joined(separator: ", ")) }
    add("Checkpoint", checkpointPath)
    return table
  }
}
