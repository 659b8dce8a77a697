import FileIO
import Formatting
import ImageFiles
import JSONText
import Reporting
import Training

extension Eval {
  /// Ranks the images of the split by how probably their labels are wrong; prints the first ones and writes all that
  /// were asked for.
  func findSuspects(_ models: [LoadedModel], _ loader: inout SplitLoader) throws {
    let search = try search(models, &loader)
    let classNames = models[0].outputClassNames[0]
    let table = SuspectTable(search, split: split, classNames: classNames, count: count ?? 100)
    if let output { try AtomicFile.createFolder(output) }
    func path(_ name: String) -> String { output.map { joinPath($0, name) } ?? name }
    let (csv, sheet) = (path("suspects.csv"), path("suspects.png"))
    try AtomicFile.write(table.csv, to: csv)
    try AtomicFile.write(PictureFormat.png.encode(table.sheet.enlarged(toWidth: 1000)), to: sheet)
    if json { return try Console.print(table.json.text(pretty: false)) }
    try Console.print(table.lines + ["", "\(csv), \(sheet): the first \(table.count.grouped)"])
  }

  private func search(_ models: [LoadedModel], _ loader: inout SplitLoader) throws -> SuspectSearch {
    var bar = ProgressBar(label: "Evaluating")
    defer { bar.clear() }
    return try SuspectSearch(
      models, split: split, views: votes.views, loader: &loader, threadPool: machine.threadPool
    ) { done, total in
      if !json { bar.update(done: done, of: total) { _ in [] } }
    }
  }
}
