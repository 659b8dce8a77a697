import CNNEngine
import Formatting
import Training

extension Model {
  /// A row per layer: shapes, kernel, parameters and multiply-adds per image; with branches also what it reads, and with
  /// dilated or grouped convolutions these.
  package var summary: Table {
    typealias Column = (heading: String, alignment: Table.Alignment, text: (ModelLayer) -> String)
    func column(
      _ heading: String, _ alignment: Table.Alignment = .right, if isShown: Bool = true,
      _ text: @escaping (ModelLayer) -> String
    ) -> [Column] {
      isShown ? [(heading, alignment, text)] : []
    }
    let columns: [Column] =
      column("Layer", .left) { $0.label }
      + column("Reads", .left, if: hasBranches) { inputNames(of: $0).joined(separator: ", ") }
      + column("Input") { $0.input.description } + column("Output") { $0.output.description }
      + column("Kernel") { $0.details.kernel ?? "" } + column("S") { $0.details.stride ?? "" }
      + column("Pad") { $0.details.padding ?? "" }
      + column("Dilation", if: layers.contains { $0.details.dilation != nil }) { $0.details.dilation ?? "" }
      + column("Groups", if: layers.contains { $0.details.groups != nil }) {
        $0.details.groups?.grouped ?? ""
      }
      + column("Activation", .left, if: layers.contains { $0.activationName != nil }) {
        $0.activationName ?? ""
      }
      + column("Bias") { $0.details.bias.map { $0 ? "yes" : "no" } ?? "" }
      + column("Params") { $0.parameterCount == 0 ? "" : $0.parameterCount.grouped }
      + column("Mult-adds") { $0.multiplyAdds == 0 ? "" : $0.multiplyAdds.grouped }
    var table = Table(columns.map { ($0.heading, $0.alignment) })
    for layer in layers { table.add(columns.map { $0.text(layer) }) }
    return table
  }
}

extension ModelLayer {
  /// The name, with the type unless the name begins with it.
  fileprivate var label: String { name.hasPrefix(type) ? name : "\(name) \(type)" }
}

extension Evaluation.Output {
  /// A row per class: precision, recall, F1 and number of images.
  package func classTable(_ names: [String]) -> Table {
    var table = Table([
      ("class", .right), ("precision", .right), ("recall", .right), ("f1", .right), ("images", .right),
    ])
    for row in perClass {
      let numbers = [row.precision, row.recall, row.f1].map { $0?.fixed(4) ?? "-" }
      table.add([names.name(of: row.label)] + numbers + [row.count.grouped])
    }
    return table
  }
}

extension [ReportedRun] {
  /// A row per run: epochs, accuracies, parameters and training time.
  package var table: Table {
    var table = Table([
      ("run", .left), ("epochs", .right), ("best", .right), ("val accuracy", .right),
      ("test accuracy", .right), ("parameters", .right), ("time", .right),
    ])
    for run in self {
      let best = run.values(of: .validationAccuracy).map(\.value).max()
      table.add([
        run.label, run.history.epochs.count.grouped, run.bestEpoch.map { $0.grouped } ?? "-",
        best?.fixed(4) ?? "-", run.history.end?[.testAccuracy]?.number?.fixed(4) ?? "-",
        run.config.model.parameterCount.grouped, run.history.seconds.duration,
      ])
    }
    return table
  }

  /// A row per config key whose values differ between the runs.
  package var differences: Table {
    var table = Table([("key", .left)] + map { ($0.label, .left) })
    let differences = ConfigDifferences(
      map(\.config.resolved), ignoring: ["name"], summarizesLayers: true)
    for row in differences.rows { table.add([row.key] + row.values) }
    return table
  }
}
