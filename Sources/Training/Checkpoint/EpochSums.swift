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
  /// The sums of each output of a model with several; none before the first step, and none with one output.
  public var outputs: [Output] = []

  /// The running sums of one output.
  public struct Output: Sendable, Equatable {
    /// The sum of the losses of all images, not weighted.
    public var loss: Double
    /// The number of correctly classified images.
    public var correct: Int

    /// Sums, by default of no step.
    public init(loss: Double = 0, correct: Int = 0) { (self.loss, self.correct) = (loss, correct) }
  }

  /// Sums of no step.
  public init() {}

  init(loss: Double, stepLosses: Double, correct: Int, images: Int, outputs: [Output]) {
    (self.loss, self.stepLosses, self.correct, self.images) = (loss, stepLosses, correct, images)
    self.outputs = outputs
  }

  /// The mean loss per image.
  public var meanLoss: Double { loss / Double(images) }
  /// The fraction of correctly classified images.
  public var accuracy: Double { Double(correct) / Double(images) }
}
