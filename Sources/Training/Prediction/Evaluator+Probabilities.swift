import Datasets
import Statistics

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
    // Another labeling, such as parity, may be right where the class is not.
    let wrongLabels = experiment.config.model.outputs[0].labels == nil ? experiment.dataset.wrongLabels : []
    var probabilities = ProbabilityScores()
    var misclassified = 0
    var evaluation = try evaluate(subset, progress: progress) { position, label, logits in
      let image = ProbabilityScores.Image(logits: logits, label: label)
      probabilities.add(image)
      if !image.isCorrect, wrongLabels.contains(subset.indices[position]) { misclassified += 1 }
      scored?(position, label, logits)
    }
    evaluation.probabilities = probabilities
    let count = wrongLabels.isEmpty ? 0 : subset.indices.count(where: wrongLabels.contains)
    if count > 0 {
      evaluation.wrongLabels = Evaluation.WrongLabels(count: count, misclassified: misclassified)
    }
    return evaluation
  }
}
