import Testing
import TestSupport
import Training

/// Runs that are stopped or killed.
enum CutOff {
  /// Four epochs of three steps, with everything a state has: dropout, slots, a schedule, patience, a history.
  static func config(
    epochs: Int = 4, optimizer: String = #"{ "type": "adam", "lr": 0.02, "schedule": "cosine" }"#,
    checkpoint: String = #""keep": 2"#, train: String = "", augment: String = "",
    layers: String = Small.convolution, outputs: String = ""
  ) throws -> ExperimentConfig {
    try Small.config(
      data: #""validation": { "from": "test", "sample": 60 }, "augment": [\#(augment)]"#,
      layers: layers, optimizer: optimizer,
      train: """
        "epochs": \(epochs), "batch_size": 128, "checkpoint": { \(checkpoint) }, \(train)
        "monitor": "accuracy", "early_stop": { "monitor": "val_loss", "patience": 3 }
        """, outputs: outputs)
  }

  /// What a run that is killed throws.
  struct Killed: Error {}

  /// Trains into `folder` until step `kill`, or until a signal comes in step `stop`.
  static func start(
    _ config: ExperimentConfig, in folder: String, kill: Int? = nil, stop: Int? = nil, threads: Int = 1
  ) throws {
    var steps = 0
    do {
      try Small.run(
        config, in: folder, threads: threads, shouldStop: { steps == stop },
        report: { event, _ in
          if case .step? = event { steps += 1 }
          if steps == kill { throw Killed() }
        })
    } catch is Killed {}
  }

  /// Every file of a run, the rows without what the clock says.
  static func files(_ folder: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in try listing(folder) where name != "checkpoints" {
      files[name] = try contents("\(folder)/\(name)")
    }
    // The seventh and the eighth column are what the clock says.
    let rows = try lines("\(folder)/metrics.csv").map { row in
      let fields = row.split(separator: ",", omittingEmptySubsequences: false)
      return (fields.prefix(6) + fields.dropFirst(8)).joined(separator: ",")
    }
    files["metrics.csv"] = Array(rows.joined(separator: "\n").utf8)
    let events = try lines("\(folder)/events.jsonl").compactMap { line -> String? in
      let event = try Small.json(line)
      return event["event"] == "epoch" ? "\(event["epoch"] ?? .null) \(event["loss"] ?? .null)" : nil
    }
    files["events.jsonl"] = Array(events.joined(separator: "\n").utf8)
    return files
  }

  static func expectSame(_ folder: String, _ expected: [String: [UInt8]], _ comment: Comment) throws {
    let found = try files(folder)
    #expect(found.keys.sorted() == expected.keys.sorted(), comment)
    for (name, bytes) in expected { #expect(found[name] == bytes, "\(name) \(comment)") }
  }

  /// Flips a bit in the middle of a file.
  static func damage(_ path: String) throws {
    var bytes = try contents(path)
    bytes[bytes.count / 2] ^= 1
    try write(bytes, path)
  }
}
