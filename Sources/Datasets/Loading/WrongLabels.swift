extension KnownDataset {
  /// The images of the test set whose labels are known to be wrong, counted from 0.
  ///
  /// MNIST's are those of Northcutt, Athalye and Mueller, "Pervasive Label Errors in Test Sets" (arXiv 2103.14749).
  public var wrongTestLabels: [Int] {
    switch self {
    case .mnist:
      [947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729]
    default: []
    }
  }
}

extension Dataset {
  /// The images of the pool whose labels are known to be wrong, recognized by all labels of the test set.
  public var wrongLabels: Set<Int32> {
    // The training sets whose labels are known have more images.
    guard testRange.count == 10_000, let known = KnownDataset(labels: pool.labels[testRange]) else {
      return []
    }
    return Set(known.wrongTestLabels.map { Int32(testRange.lowerBound + $0) })
  }
}
