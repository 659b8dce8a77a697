extension Workspace {
  /// Computes the losses of one batch block, in training their gradients, and the class with the highest score.
  func computeLoss(_ block: Int, classes: Int, loss: any Loss, _ step: StepInfo) {
    let last = buffers[operations.count - 1]
    let mask = step.mask(block: block)
    let scores = last.y.row(block, 0, 0)
    var lossBlock = LossBlock(
      scores: scores, gradient: step.training ? last.dy?.row(block, 0, 0) : nil, classes: classes,
      labels: labels[block], scale: mask / Float(step.images))
    loss.evaluate(&lossBlock)
    losses[block] = lossBlock.losses * mask
    var best = scores[0]
    var argmax = Lanes()
    for label in 1..<max(classes, 1) {
      let isBetter = scores[label] .> best
      best = best.replacing(with: scores[label], where: isBetter)
      argmax = argmax.replacing(with: Lanes(repeating: Float(label)), where: isBetter)
    }
    predictions[block] = argmax
  }
}
