/// The running sums of an epoch.
public struct EpochSums: Sendable, Equatable {
  /// The sum of the losses of all images, regularization included.
  public var loss = 0.0
  /// The sum of the mean losses of all steps.
  public var stepLosses = 0.0
  /// The number of correctly classified images.
  public var correct = 0
  /// The number of images.
  public var images = 0

  /// Sums of no step.
  public init() {}

  init(loss: Double, stepLosses: Double, correct: Int, images: Int) {
    (self.loss, self.stepLosses, self.correct, self.images) = (loss, stepLosses, correct, images)
  }

  /// The mean loss per image.
  public var meanLoss: Double { loss / Double(images) }
  /// The fraction of correctly classified images.
  public var accuracy: Double { Double(correct) / Double(images) }
}
