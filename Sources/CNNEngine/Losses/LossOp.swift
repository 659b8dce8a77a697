/// The loss and the argmax of one output's scores, one batch block at a time.
struct LossOp {
  let loss: any Loss
  let classes: Int
  /// The factor of the loss in the sum of all losses.
  let weight: Double

  /// Computes the losses of one batch block, in training their gradients, and the class with the highest score.
  func computeLoss(_ block: Int, _ output: OutputBuffers, _ step: StepInfo) {
    let mask = step.mask(block: block)
    let y = output.scores.row(block, 0, 0)
    var lossBlock = LossBlock(
      scores: y, gradient: step.training ? output.gradient?.row(block, 0, 0) : nil, classes: classes,
      labels: output.labels[block], scale: mask / Float(step.images) * Float(weight))
    loss.evaluate(&lossBlock)
    output.losses[block] = lossBlock.losses * mask
    var best = y[0]
    var argmax = Lanes()
    for label in 1..<max(classes, 1) {
      let isBetter = y[label] .> best
      best = best.replacing(with: y[label], where: isBetter)
      argmax = argmax.replacing(with: Lanes(repeating: Float(label)), where: isBetter)
    }
    output.predictions[block] = argmax
  }
}

/// The buffers of one output of a network, with one vector per batch block for labels, losses and predictions.
struct OutputBuffers {
  let scores: FeatureMaps
  /// The gradient that the loss writes; nil in evaluation.
  let gradient: FeatureMaps?
  /// The label of each image.
  let labels: UnsafeMutablePointer<Lanes>
  /// The loss of each image.
  let losses: UnsafeMutablePointer<Lanes>
  /// The class with the highest score of each image.
  let predictions: UnsafeMutablePointer<Lanes>
}
