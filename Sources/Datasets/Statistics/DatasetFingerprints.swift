import ImageFiles

/// The SHA-256, in hexadecimal, of a data set and of each of its parts: shapes, pixels and labels.
public struct DatasetFingerprints: Equatable, Sendable {
  /// Of all parts.
  public let whole: String
  /// Of the training set.
  public let train: String
  /// Of the test set.
  public let test: String
  /// Of the validation set; nil without one.
  public let validation: String?
}

extension Dataset {
  /// The SHA-256, in hexadecimal, of the shapes, pixels and labels of all parts.
  ///
  /// It reads every pixel (55 MB for MNIST): callers should store it.
  public func fingerprint() -> String { fingerprints().whole }

  /// The fingerprints of the whole and of each part: equal images with equal labels in the same order have equal ones,
  /// whatever format they were read from.
  ///
  /// Labels are hashed as bytes, of more than 256 classes as two bytes, little-endian. Callers should store them.
  public func fingerprints() -> DatasetFingerprints {
    var whole = SHA256()
    let testIsValidation = validation.map { $0.indices == test.indices } ?? false
    // A validation set that is the test set is hashed once, as the test set of the pool, which is empty.
    let pooledTest = testIsValidation ? train.count..<train.count : train.count..<train.count + test.count
    let trainHash = hash(0..<train.count, into: &whole)
    var testHash = hash(pooledTest, into: &whole)
    var validationHash: String?
    if let validation {
      validationHash = hash(pooledTest.upperBound..<pooledTest.upperBound + validation.count, into: &whole)
    }
    if testIsValidation, let validationHash { testHash = validationHash }
    return DatasetFingerprints(
      whole: whole.hexadecimalDigest(), train: trainHash, test: testHash, validation: validationHash)
  }

  /// The fingerprint of the images at `range` of the pool, which is added to `whole` too.
  private func hash(_ range: Range<Int>, into whole: inout SHA256) -> String {
    var part = SHA256()
    func update(_ bytes: UnsafeRawBufferPointer) {
      part.update(bytes)
      whole.update(bytes)
    }
    Array("\(range.count)x\(pool.shape)\n".utf8).withUnsafeBytes(update)
    pool.pixels.withUnsafeBytes { bytes in
      let size = pool.shape.size
      update(UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound * size..<range.upperBound * size]))
    }
    let labels = pool.labels[range]
    if classNames.count <= 256 {
      labels.map { UInt8(truncatingIfNeeded: $0) }.withUnsafeBytes(update)
    } else {
      labels.map(\.littleEndian).withUnsafeBytes(update)
    }
    return part.hexadecimalDigest()
  }
}
