/// McNemar's exact test of whether two classifiers are equally often right on the same images.
public struct McNemarTest: Sendable, Equatable {
  /// The number of images that only the first one gets wrong.
  public let onlyFirstWrong: Int
  /// The number of images that only the second one gets wrong.
  public let onlySecondWrong: Int

  /// The test of these counts.
  public init(onlyFirstWrong: Int, onlySecondWrong: Int) {
    precondition(onlyFirstWrong >= 0 && onlySecondWrong >= 0, "counts cannot be negative")
    (self.onlyFirstWrong, self.onlySecondWrong) = (onlyFirstWrong, onlySecondWrong)
  }

  /// The two-sided p value: of as many fair coins as there are disagreements, how likely are sides so unequal; 1 without
  /// disagreement.
  public var p: Double {
    let fewer = Double(min(onlyFirstWrong, onlySecondWrong))
    let more = Double(max(onlyFirstWrong, onlySecondWrong))
    if more == fewer { return 1 }
    // The probability of at most `fewer` heads.
    return min(1, 2 * regularizedBeta(0.5, more, fewer + 1, complement: 0.5))
  }
}
