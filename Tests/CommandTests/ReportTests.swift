import Foundation
import ImageFiles
import Testing
import TestSupport

struct ReportTests {
  private func page(_ sandbox: Sandbox, _ name: String = "runs/tiny/report.html") throws -> XMLCheck {
    try XMLCheck(Array(sandbox.read(name)))
  }

  /// A run folder of the sample network with made-up metrics.
  private func pixelsRun(_ sandbox: Sandbox, epochs: Int = 4) throws {
    try sandbox.writePixelsModel()
    try sandbox.writeDataset(to: "digits")
    let run =
      "train --config pixels.json --init pixels.safetensors --data digits --epochs 1 --lr 1e-30 --quiet"
    #expect(try sandbox.run(run).status == 0)
    let rows = (1...epochs).map {
      "\($0),\(1.5 / Double($0)),\(1 - 0.4 / Double($0)),\(2 / Double($0 + 1)),0.9,0.01,0.25,1000"
    }
    let heading = "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,images_per_second"
    try sandbox.write(([heading] + rows).joined(separator: "\n") + "\n", to: "runs/pixels/metrics.csv")
  }

  @Test func aReportHasAllSectionsAndLinks() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet")
    try sandbox.install("rsvg-convert", "printf 'PNG of %s' \"$6\"")
    let outcome = try sandbox.run("report runs/tiny")
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    #expect(
      outcome.lines.count == 2 && outcome.lines[0].hasPrefix("runs/tiny/report.html: tiny, accuracy 0."))
    let page = try page(sandbox)
    let ids = page.attributes["id"] ?? []
    #expect(
      ids == [
        "curves", "confusion", "misclassified", "filters", "weights", "network", "layers", "environment",
      ])
    let links = page.attributes["href"] ?? []
    #expect(links.filter { $0.hasPrefix("#") } == ids.map { "#\($0)" })
    let files = links.filter { !$0.hasPrefix("#") && !$0.hasPrefix("data:") }
    let names = [
      "loss", "accuracy", "confusion", "misclassified", "filters-before", "filters-after",
      "weights-conv1.weight",
      "weights-conv1.bias", "weights-fc1.weight", "weights-fc1.bias", "network",
    ]
    #expect(files == names.flatMap { ["report/\($0).svg", "report/\($0).png"] })
    #expect(outcome.lines[1] == "runs/tiny/report/: 11 pictures as SVG and PNG")
    for name in names {
      #expect(try XMLCheck(Array(sandbox.read("runs/tiny/report/\(name).svg"))).names.first == "svg")
      #expect(
        try sandbox.lines(of: "runs/tiny/report/\(name).png") == ["PNG of runs/tiny/report/\(name).svg"])
    }
  }

  @Test func aReportIsSelfContained() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet")
    _ = try sandbox.run("report runs/tiny")
    let page = try page(sandbox)
    #expect(!page.names.contains("script") && !page.names.contains("link"))
    #expect(page.attributes["content"]?.contains { $0.hasPrefix("default-src 'none'") } == true)
    #expect(page.attributes["src"]?.allSatisfy { $0.hasPrefix("data:image/png;base64,") } == true)
    let text = String(decoding: try sandbox.read("runs/tiny/report.html"), as: UTF8.self)
    #expect(!text.contains("http:") && !text.contains("https:") && !text.contains("url("))
    let styles = text.components(separatedBy: "<style>").dropFirst().compactMap {
      $0.components(separatedBy: "</style>").first
    }
    #expect(styles.count == 1 && styles.allSatisfy { !$0.contains("&") })
  }

  @Test func withoutARendererThereAreNoPNGFiles() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet --epochs 1")
    let missing = try sandbox.run("report runs/tiny")
    #expect(missing.status == 0 && missing.errors.contains("apt-get install librsvg2-bin"))
    try sandbox.install("rsvg-convert", "echo broken >&2; exit 3")
    let broken = try sandbox.run("report runs/tiny")
    #expect(broken.status == 0 && broken.errors == "no PNG files: runs/tiny/report/loss.svg: broken\n")
    #expect(sandbox.has("runs/tiny/report/loss.svg") && !sandbox.has("runs/tiny/report/loss.png"))
    #expect(try page(sandbox).attributes["href"]?.contains { $0.hasSuffix(".png") } == false)
  }

  @Test func anIncompleteRunIsReported() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet")
    for file in ["model.ckpt", "checkpoints/best.ckpt", "events.jsonl"] {
      try FileManager.default.removeItem(atPath: "\(sandbox.folder)/runs/tiny/\(file)")
    }
    try sandbox.write("", to: "runs/tiny/metrics.csv")
    let outcome = try sandbox.run("report runs/tiny")
    #expect(outcome.status == 0)
    let text = String(decoding: try sandbox.read("runs/tiny/report.html"), as: UTF8.self)
    #expect(
      text.contains(
        "The run is not complete: 0 of 2 epochs. Weights: runs/tiny/checkpoints/last.ckpt."
      ))
    #expect(
      text.contains("The initial weights are unknown") && !sandbox.has("runs/tiny/report/filters-before.svg"))
    #expect(try sandbox.run("report --text runs/tiny").status == 0)
  }

  @Test func importedInitialWeightsAreNotShown() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet --epochs 1")
    try sandbox.trainTiny("--quiet --epochs 1 --init runs/tiny")
    _ = try sandbox.run("report runs/tiny-2")
    let text = String(decoding: try sandbox.read("runs/tiny-2/report.html"), as: UTF8.self)
    #expect(text.contains("The initial weights (--init) are not stored"))
    #expect(sandbox.has("runs/tiny-2/report/filters-after.svg"))
    #expect(!sandbox.has("runs/tiny-2/report/filters-before.svg"))
  }

  @Test func namesAreEscaped() throws {
    let sandbox = try Sandbox()
    let name = "<i>&\"'%23"
    try sandbox.trainTiny("--quiet --epochs 1 --output \(name)")
    #expect(try sandbox.run("report \(name) --output \(name)/a<b>#?.html").status == 0)
    let page = try page(sandbox, "\(name)/a<b>#?.html")
    #expect(!page.names.contains("i") && page.texts.contains { $0.text.contains(name) })
    #expect(page.attributes["href"]?.contains("a%3Cb%3E%23%3F/loss.svg") == true)
    #expect(sandbox.has("\(name)/a<b>#?/loss.svg"))
  }

  @Test func severalRunsAreCompared() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet --epochs 1")
    try sandbox.trainTiny("--quiet --set optimizer.lr=0.005 --set model.layers[0].filters=6")
    let outcome = try sandbox.run("report runs/tiny runs/tiny-2")
    #expect(outcome.lines.first == "runs/tiny/comparison.html: 2 runs compared")
    let page = try page(sandbox, "runs/tiny/comparison.html")
    #expect(page.attributes["id"] == ["curves", "runs", "differences"])
    let cells = page.texts.map(\.text)
    for key in ["optimizer.lr", "model.layers", "train.epochs"] { #expect(cells.contains(key)) }
    #expect(!cells.contains("seed") && !cells.contains("name"))
    let same = try sandbox.run("report runs/tiny runs/tiny --output same.html")
    #expect(same.status == 0)
    #expect(
      try self.page(sandbox, "same.html").texts.contains { $0.text.contains("the configs are equal") })
  }

  @Test func textReportsMatchTheSnapshot() throws {
    let sandbox = try Sandbox()
    try pixelsRun(sandbox)
    var snapshot = Snapshot(sandbox)
    try snapshot.run("report --text runs/pixels --data digits")
    try snapshot.run("report --text runs/pixels --data digits", environment: ["LANG": "C"])
    try snapshot.run("report --text runs/pixels")
    try snapshot.run("report --text runs/pixels runs/pixels/model.ckpt", environment: ["LC_ALL": "C.UTF-8"])
    try snapshot.expect("report")
  }

  @Test func errorsMatchTheSnapshot() throws {
    let sandbox = try Sandbox()
    try pixelsRun(sandbox)
    try sandbox.write("text", to: "file")
    try sandbox.write("", to: "empty/config.json")
    for (name, text) in [
      ("headless", "1,2,3\n"), ("short", "epoch,loss\n1\n"), ("words", "epoch,loss\n1,much\n"),
      ("order", "epoch,loss\n2,1\n1,1\n"),
    ] {
      try sandbox.write(Array(sandbox.read("runs/pixels/model.ckpt")), to: "\(name)/model.ckpt")
      try sandbox.write(text, to: "\(name)/metrics.csv")
    }
    try sandbox.write(Array(sandbox.read("runs/pixels/model.ckpt")), to: "events/model.ckpt")
    try sandbox.write("{}\nnonsense\n", to: "events/events.jsonl")
    let many = String(repeating: " runs/pixels", count: 27)
    var snapshot = Snapshot(sandbox)
    for options in [
      "", " nosuch", " file", " empty", " pixels.safetensors", " headless", " short", " words", " order",
      " events",
      " runs/pixels --data nosuch", " runs/pixels --output page.txt",
      " runs/pixels --text --output page.html",
      " runs/pixels --output file/page.html", " runs/pixels --threads 0",
      " runs/pixels runs/pixels --data digits", many,
    ] {
      try snapshot.run("report\(options)")
    }
    try snapshot.expect("report-faults")
  }
}
