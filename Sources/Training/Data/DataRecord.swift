import ConfigDecoding
import Datasets

/// What a run stores of its data: the name, where it was, and the fingerprints by which it is known again.
public struct DataRecord: Sendable, Equatable {
  /// The name of the data set; `builtin` for synthetic digits.
  public let name: String
  /// The absolute path it was read from; nil for synthetic digits, and for runs of earlier versions.
  public let source: String?
  /// The SHA-256 of all images and labels; empty where the checkpoint does not say it.
  public let fingerprint: String
  /// The SHA-256 of the test set alone; nil for runs of earlier versions.
  public let testFingerprint: String?

  /// A record with the given values.
  public init(name: String, source: String? = nil, fingerprint: String, testFingerprint: String? = nil) {
    (self.name, self.source) = (name, source)
    (self.fingerprint, self.testFingerprint) = (fingerprint, testFingerprint)
  }

  /// Whether the data are synthetic digits.
  public var isBuiltin: Bool { name == Dataset.builtinName }

  /// The name, the source and the first digits of the fingerprint.
  var description: String {
    "\(name)\(source.map { $0 == name ? "" : " (\($0))" } ?? "") with SHA-256 \(fingerprint.prefix(12))"
  }

  /// Whether `data` is the data of the record.
  ///
  /// - Parameter split: the part that is used; the test set alone may also be in a source without training images.
  func matches(_ data: ExperimentData, for split: ExperimentData.Split?) -> Bool {
    if split == .test, let testFingerprint { return data.testFingerprint() == testFingerprint }
    return data.fingerprint() == fingerprint
  }

  // MARK: Metadata of a checkpoint

  /// The members under `data` in a checkpoint's metadata.
  var json: JSON {
    JSON(object: [
      ("source", source.map { JSON($0) } ?? .null),
      ("test_fingerprint", testFingerprint.map { JSON($0) } ?? .null),
    ])
  }

  /// The record of a checkpoint's metadata.
  init(name: String, fingerprint: String, json: JSON?) {
    self.init(
      name: name, source: json?["source"]?.string, fingerprint: fingerprint,
      testFingerprint: json?["test_fingerprint"]?.string)
  }
}
