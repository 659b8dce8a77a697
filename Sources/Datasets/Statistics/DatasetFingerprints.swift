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

  /// The fingerprint of the test set alone, which reads no other images.
  public func testFingerprint() -> String {
    Subset(of: pool, range: testRange).fingerprint(classes: classNames.count)
  }

  /// The fingerprints of the whole and of each part: equal images with equal labels in the same order have equal ones,
  /// whatever format they were read from.
  ///
  /// Labels are hashed as bytes, of more than 256 classes as two bytes, little-endian. Callers should store them.
  public func fingerprints() -> DatasetFingerprints {
    var whole = SHA256()
    update(&whole, 0..<train.count)
    // The whole begins with the training set.
    var train = whole
    // A validation set that is the test set too is in the pool once.
    let pooledTest = testIsValidation ? testRange.lowerBound..<testRange.lowerBound : testRange
    update(&whole, pooledTest)
    var validationHash: String?
    if let validation {
      let range = pooledTest.upperBound..<pooledTest.upperBound + validation.count
      update(&whole, range)
      var hash = SHA256()
      update(&hash, range)
      validationHash = hash.hexadecimalDigest()
    }
    return DatasetFingerprints(
      whole: whole.hexadecimalDigest(), train: train.hexadecimalDigest(), test: testFingerprint(),
      validation: validationHash)
  }

  private var testIsValidation: Bool { validation.map { $0.indices == test.indices } ?? false }

  /// Where the images of the test set are in the pool.
  var testRange: Range<Int> { train.count..<train.count + test.count }

  private func update(_ hash: inout SHA256, _ range: Range<Int>) {
    Subset(of: pool, range: range).update(&hash, classes: classNames.count)
  }
}

extension Subset {
  /// The SHA-256, in hexadecimal, of the shape, the pixels and the labels of its images in their order; of a whole test
  /// set the fingerprint that a data set has for it.
  ///
  /// - Parameter classes: the number of classes of the data set.
  public func fingerprint(classes: Int) -> String {
    var hash = SHA256()
    update(&hash, classes: classes)
    return hash.hexadecimalDigest()
  }

  /// Adds the number, the shape, the pixels and the labels of the images.
  fileprivate func update(_ hash: inout SHA256, classes: Int) {
    hash.update("\(count)x\(shape)\n".utf8)
    images.pixels.withUnsafeBytes { bytes in
      for run in consecutiveRuns {
        let range = run.lowerBound * shape.size..<run.upperBound * shape.size
        hash.update(UnsafeRawBufferPointer(rebasing: bytes[range]))
      }
    }
    let labels = indices.map { images.labels[Int($0)] }
    if classes <= 256 {
      hash.update(labels.map { UInt8(truncatingIfNeeded: $0) })
    } else {
      labels.map(\.littleEndian).withUnsafeBytes { hash.update($0) }
    }
  }

  /// The indices as ranges of the pool, so that neighbours are read at once.
  private var consecutiveRuns: [Range<Int>] {
    var runs: [Range<Int>] = []
    for index in indices.map(Int.init) {
      if let last = runs.last, last.upperBound == index {
        runs[runs.count - 1] = last.lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
    }
    return runs
  }
}
