import FileIO
import Formatting

/// The history of a run: the metrics of its epochs and its events, as its folder holds them.
public struct RunHistory: Sendable {
  /// One row of `metrics.csv`.
  public struct Epoch: Sendable, Equatable {
    /// The epoch, from 1.
    public let number: Int
    /// The values of the row by column name, without those that are missing or not finite.
    public let values: [String: Double]

    /// The value of a metric.
    public subscript(metric: TrainConfig.Metric) -> Double? { values[metric.rawValue] }
  }

  /// The epochs in ascending order.
  public let epochs: [Epoch]
  /// The events in the order they were written.
  public let events: [RunEvent]

  /// Reads `metrics.csv` and `events.jsonl`; either may be missing, empty, or truncated in its last line.
  ///
  /// - Throws: `DataError.malformed` for a line that is not a row of numbers, or not JSON.
  public init(_ folder: RunFolder) throws(DataError) {
    epochs = try Self.epochs(LineFile.lines(of: folder.metrics), folder.metrics.path)
    events = try Self.events(LineFile.lines(of: folder.events), folder.events.path)
  }

  /// Reads the bytes of both files; errors name them `metrics.csv` and `events.jsonl`.
  package init(metrics: [UInt8], events: [UInt8]) throws(DataError) {
    epochs = try Self.epochs(LineFile.lines(in: metrics), "metrics.csv")
    self.events = try Self.events(LineFile.lines(in: events), "events.jsonl")
  }

  private static func epochs(_ lines: [String], _ path: String) throws(DataError) -> [Epoch] {
    let epochColumn = RunEvent.Key.epoch.rawValue
    var columns: [Substring]?
    var epochs: [Epoch] = []
    var byte = 0
    for (index, line) in lines.enumerated() {
      func fault(_ reason: String) -> DataError {
        .malformed(path: path, byte: byte, reason: "line \(index + 1): \(reason)")
      }
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      if let columns {
        guard fields.count == columns.count else {
          throw fault("a row of \(fields.count) values under \(columns.count) column names")
        }
        var values: [String: Double] = [:]
        for (column, field) in zip(columns, fields) where !field.isEmpty {
          guard let value = Double(field) else {
            throw fault("\(column) is not a number: \(String(field).oneLine)")
          }
          if let limit = limit(of: column), value.isFinite, !(0...Double(limit)).contains(value) {
            throw fault("\(column) is \(String(field).oneLine), which is not from 0 to \(limit.grouped)")
          }
          values[String(column)] = value.isFinite ? value : nil
        }
        let previous = epochs.last?.number ?? 0
        guard let number = values[epochColumn].flatMap(Int.init(whole:)), number > previous else {
          throw fault("the epoch is not a whole number above \(previous)")
        }
        guard number <= TrainConfig.epochLimit else {
          throw fault("the epoch \(number.grouped) is above \(TrainConfig.epochLimit.grouped)")
        }
        epochs.append(Epoch(number: number, values: values))
      } else {
        guard fields.first.map(String.init) == epochColumn else {
          throw fault("the header does not begin with epoch")
        }
        columns = fields
      }
      byte += line.utf8.count + 1
    }
    return epochs
  }

  /// The largest value of a column, whose smallest is 0; nil for any number.
  private static func limit(of column: Substring) -> Int? {
    switch RunEvent.Key(rawValue: String(column)) {
    case .seconds: 1_000_000_000
    case .imagesPerSecond: 1_000_000_000_000_000
    default: TrainConfig.Metric(rawValue: String(column)).higherIsBetter ? 1 : nil
    }
  }

  private static func events(_ lines: [String], _ path: String) throws(DataError) -> [RunEvent] {
    var events: [RunEvent] = []
    var byte = 0
    for line in lines {
      do {
        events.append(try RunEvent(parsing: line, origin: path))
      } catch {
        throw .malformed(path: path, byte: byte, reason: "this line is not JSON")
      }
      byte += line.utf8.count + 1
    }
    return events
  }

  /// The events of a kind.
  public func events(_ kind: RunEvent.Kind) -> [RunEvent] { events.filter { $0.kind == kind } }

  /// The epoch of the best checkpoint; nil if no event says so.
  public var bestEpoch: Int? { events.last { $0.epoch != nil && $0[.best]?.bool == true }?.epoch }

  /// Seconds of training, without validation.
  public var seconds: Double {
    epochs.reduce(0) { $0 + ($1.values[RunEvent.Key.seconds.rawValue] ?? 0) }
  }

  /// The last event if it is the end of the run; nil for a run that is not complete.
  public var end: RunEvent? { events.last.flatMap { $0.kind == .done ? $0 : nil } }

  /// Whether the run started from given weights (`--init`) instead of random ones; nil if no event says so.
  public var beganWithWeights: Bool? {
    events(.start).first.flatMap { $0[.resumed] == nil ? $0[.initialWeights]?.bool == true : nil }
  }
}
