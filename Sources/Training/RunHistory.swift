import ConfigDecoding
import FileIO
import Formatting
import JSONText

/// What a run has written of itself: the numbers of its epochs and its events.
public struct RunHistory: Sendable {
  /// One row of `metrics.csv`.
  public struct Epoch: Sendable, Equatable {
    /// Its number, from 1.
    public let number: Int
    /// Every number of the row by its heading; those that are missing or not finite are left out.
    public let values: [String: Double]

    /// The value of a metric.
    public subscript(metric: TrainConfig.Metric) -> Double? { values[metric.rawValue] }
  }

  /// The epochs, ascending.
  public let epochs: [Epoch]
  /// The events, in the order they happened.
  public let events: [JSON]

  /// Reads `metrics.csv` and `events.jsonl`; either may be missing, empty, or cut off in its last line.
  ///
  /// - Throws: `DataError.malformed` for a line that is not a row of numbers, or not JSON.
  public init(_ folder: RunFolder) throws(DataError) {
    epochs = try Self.epochs(LineFile.lines(of: folder.metrics), folder.metrics)
    events = try Self.events(LineFile.lines(of: folder.events), folder.events)
  }

  /// Reads files in memory, which errors call `metrics.csv` and `events.jsonl`.
  package init(metrics: [UInt8], events: [UInt8]) throws(DataError) {
    epochs = try Self.epochs(LineFile.lines(in: metrics), "metrics.csv")
    self.events = try Self.events(LineFile.lines(in: events), "events.jsonl")
  }

  private static func epochs(_ lines: [String], _ path: String) throws(DataError) -> [Epoch] {
    var headings: [Substring]?
    var epochs: [Epoch] = []
    var byte = 0
    for line in lines {
      func fault(_ reason: String) -> DataError { .malformed(path: path, byte: byte, reason: reason) }
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      if let headings {
        guard fields.count == headings.count else {
          throw fault("a row of \(fields.count) numbers under \(headings.count) headings")
        }
        var values: [String: Double] = [:]
        for (heading, field) in zip(headings, fields) where !field.isEmpty {
          guard let value = Double(field) else {
            throw fault("\(heading) is no number: \(String(field).oneLine)")
          }
          values[String(heading)] = value.isFinite ? value : nil
        }
        let previous = epochs.last?.number ?? 0
        guard let number = values["epoch"].flatMap(Int.init(exactly:)), number > previous else {
          throw fault("the epoch is no whole number above \(previous)")
        }
        epochs.append(Epoch(number: number, values: values))
      } else {
        guard fields.first == "epoch" else { throw fault("the heading does not begin with epoch") }
        headings = fields
      }
      byte += line.utf8.count + 1
    }
    return epochs
  }

  private static func events(_ lines: [String], _ path: String) throws(DataError) -> [JSON] {
    var events: [JSON] = []
    var byte = 0
    for line in lines {
      do {
        events.append(try JSON(parsing: Array(line.utf8), origin: path))
      } catch {
        throw .malformed(path: path, byte: byte, reason: "this line is not JSON")
      }
      byte += line.utf8.count + 1
    }
    return events
  }

  /// The events of a kind.
  public func events(_ kind: String) -> [JSON] { events.filter { $0["event"]?.string == kind } }

  /// The epoch of the best checkpoint; nil where no event tells.
  public var bestEpoch: Int? { events("epoch").last { $0["best"]?.bool == true }?["epoch"]?.integer }

  /// Seconds of training, without validation.
  public var seconds: Double { epochs.reduce(0) { $0 + ($1.values["seconds"] ?? 0) } }

  /// The end of the run; nil if it has none, or went on after it.
  public var end: JSON? { events.last.flatMap { $0["event"]?.string == "done" ? $0 : nil } }

  /// Whether the run began with weights that its seed has not drawn; nil where no event tells.
  public var beganWithWeights: Bool? {
    events("start").first.flatMap { $0["resumed"] == nil ? $0["init"]?.bool == true : nil }
  }
}
