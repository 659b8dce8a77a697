import SVGCharts
import Training

/// What a report shows of one output.
struct OutputFigures {
  /// The name of its layer.
  let name: String
  /// The names of its classes.
  let classNames: [String]
  /// Its learning curves; none where it is the only output, whose curves are those of the run.
  let curves: [Figure]
  /// Its metrics over the test images; nil where these were not evaluated.
  let result: Evaluation.Output?
  /// Its confusion matrix; nil where the test images were not evaluated, and for very many classes.
  let confusionMatrix: Figure?

  /// All figures, in the order of the page.
  var figures: [Figure] { curves + [confusionMatrix].compactMap { $0 } }
}

extension ReportedRun {
  /// The figures of each output.
  var outputFigures: [OutputFigures] {
    let (outputs, names, matrices) = (config.model.outputs, classNames, confusionMatrices)
    return outputs.indices.map { index in
      OutputFigures(
        name: outputs[index].name, classNames: names[index],
        curves: outputs.count > 1 ? [self].learningCurves(ofOutput: outputs[index].name) : [],
        result: testResult?.evaluation.outputs[index],
        confusionMatrix: matrices[index])
    }
  }
}
