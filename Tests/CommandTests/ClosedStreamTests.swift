import Foundation
import Testing

/// Standard streams that are closed when the program starts.
struct ClosedStreamTests {
  /// The columns of the metrics without times.
  private func metrics(_ sandbox: Sandbox, _ run: String) throws -> [String] {
    try sandbox.lines(of: "\(run)/metrics.csv").map {
      $0.split(separator: ",").prefix(6).joined(separator: ",")
    }
  }

  @Test func nothingThatIsPrintedReachesAFile() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--output whole --quiet")
    for (streams, options, status) in [
      ("<&- >&- 2>&-", "--quiet", 0), ("<&- >&-", "--quiet", 0), ("<&-", "", 0), ("2>&-", "", 0),
      ("<&- >&-", "", 74), ("<&- >&- 2>&-", "--json", 74), (">&-", "--json", 74),
    ] as [(String, String, Int32)] {
      let outcome = try sandbox.run(
        "train --config tiny.json --output run --force \(options)", after: "exec \(streams)")
      #expect(outcome.status == status, "\(streams) \(options): \(outcome.errors)")
      if status == 0 {
        #expect(try metrics(sandbox, "run") == metrics(sandbox, "whole"), "\(streams)")
        #expect(try sandbox.read("run/model.ckpt") == sandbox.read("whole/model.ckpt"), "\(streams)")
      } else {
        #expect(
          try metrics(sandbox, "run").allSatisfy { $0.hasPrefix("epoch,") || $0.first?.isNumber == true })
      }
    }
  }

  @Test(
    arguments: [
      ("predict weights --config config.json picture.pgm", ">&-", 74),
      ("predict weights --config config.json -", "<&-", 66),
      ("predict weights --config config.json picture.pgm", "<&- 2>&-", 0), ("schema", ">&-", 74),
      ("--help", ">&-", 74),
      ("summary", "<&- >&- 2>&-", 74), ("summary nothing", "2>&-", 66),
    ] as [(String, String, Int32)])
  func theirUseIsAnError(command: String, streams: String, status: Int32) throws {
    let sandbox = try Sandbox()
    try sandbox.write(Samples.pixelsConfig, to: "config.json")
    try sandbox.write(Samples.pixelsWeights(), to: "weights")
    try sandbox.write(Samples.pgm(width: 28, height: 28, Samples.pixels(8)), to: "picture.pgm")
    let outcome = try sandbox.run(command, after: "exec \(streams)")
    #expect(outcome.status == status, "\(outcome.errors)")
    if status == 74, !streams.contains("2>") {
      #expect(outcome.errors == "standard output: Bad file descriptor\n")
    }
  }
}
