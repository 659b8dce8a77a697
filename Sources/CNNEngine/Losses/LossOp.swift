/// The loss and the argmax of a network's scores, one batch block at a time.
struct LossOp {
  let loss: any Loss
  let classes: Int

  /// Computes the losses of one batch block, in training their gradients, and the class with the highest score.
  ///
  /// - Parameters:
  ///   - scores: the buffers of the last operation.
  ///   - labels, losses, predictions: one vector per batch block.
  func computeLoss(
    _ block: Int, scores: LayerBuffers, labels: UnsafePointer<Lanes>, losses: UnsafeMutablePointer<Lanes>,
    predictions: UnsafeMutablePointer<Lanes>, _ step: StepInfo
  ) {
    let mask = step.mask(block: block)
    let y = scores.y.row(block, 0, 0)
    var lossBlock = LossBlock(
      scores: y, gradient: step.training ? scores.dy?.row(block, 0, 0) : nil, classes: classes,
      labels: labels[block], scale: mask / Float(step.images))
    loss.evaluate(&lossBlock)
    losses[block] = lossBlock.losses * mask
    var best = y[0]
    var argmax = Lanes()
    for label in 1..<max(classes, 1) {
      let isBetter = y[label] .> best
      best = best.replacing(with: y[label], where: isBetter)
      argmax = argmax.replacing(with: Lanes(repeating: Float(label)), where: isBetter)
    }
    predictions[block] = argmax
  }
}
