import Datasets
import Statistics

/// Gathers the scores of the main output's probabilities, and what becomes of the images whose labels are known to be
/// wrong.
struct ScoreTally {
  private let subset: Subset
  private let wrongLabels: Set<Int32>
  private var probabilities = ProbabilityScores()
  private var misclassified = 0

  /// No scores yet, of images of `experiment`.
  init(_ subset: Subset, of experiment: ExperimentData) {
    self.subset = subset
    // Another labeling, such as parity, may be right where the class is not.
    wrongLabels = experiment.config.model.outputs[0].labels == nil ? experiment.dataset.wrongLabels : []
  }

  /// Adds the image at `position` of the subset.
  mutating func add(_ position: Int, label: Int, logits: [Float]) {
    let image = ProbabilityScores.Image(logits: logits, label: label)
    probabilities.add(image)
    if !image.isCorrect, wrongLabels.contains(subset.indices[position]) { misclassified += 1 }
  }

  /// Adds what was gathered to an evaluation of all images.
  func complete(_ evaluation: inout Evaluation) {
    evaluation.probabilities = probabilities
    let count = wrongLabels.isEmpty ? 0 : subset.indices.count(where: wrongLabels.contains)
    if count > 0 {
      evaluation.wrongLabels = Evaluation.WrongLabels(count: count, misclassified: misclassified)
    }
  }
}
