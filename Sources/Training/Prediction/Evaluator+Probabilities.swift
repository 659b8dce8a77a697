import Datasets

extension Evaluator {
  /// The metrics of `evaluate`, and beside them the scores of the main output's probabilities and what became of the
  /// images whose labels are known to be wrong.
  ///
  /// - Parameters:
  ///   - subset: the images.
  ///   - experiment: the data that they are part of.
  ///   - progress: as in `evaluate`.
  ///   - scored: as in `evaluate`.
  /// - Throws: as `evaluate`.
  public func evaluateProbabilities(
    _ subset: Subset, of experiment: ExperimentData,
    progress: (_ done: Int, _ correct: Int) throws -> Void = { _, _ in },
    scored: ((_ position: Int, _ label: Int, _ logits: [Float]) -> Void)? = nil
  ) throws -> Evaluation {
    var tally = ScoreTally(subset, of: experiment)
    var evaluation = try evaluate(subset, progress: progress) { position, label, logits in
      tally.add(position, label: label, logits: logits)
      scored?(position, label, logits)
    }
    tally.complete(&evaluation)
    return evaluation
  }
}
