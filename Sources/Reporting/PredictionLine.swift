import Formatting
import Training

extension Prediction {
  /// The output of `cnn predict` for one image: `digit.pgm  7  (7 99.8 %, 9 0.1 %, 2 0.0 %)`.
  ///
  /// - Parameter count: the number of classes in parentheses.
  package func line(input: String, classNames: [String], top count: Int) -> String {
    let classes = top(count).map { "\(classNames.name(of: $0.label)) \(($0.probability * 100).fixed(1)) %" }
    return "\(input)  \(classNames.name(of: label))  (\(classes.joined(separator: ", ")))"
  }

  /// The lines of the further outputs of a model with several: `  parity: 1,3,5,7,9  99.8 %`.
  ///
  /// - Parameter classNames: the names of the classes of each output.
  package func furtherLines(classNames: [[String]]) -> [String] {
    zip(outputs, classNames).dropFirst().map { output, names in
      let (label, probabilities) = (output.prediction.label, output.prediction.probabilities)
      return "  \(output.name): \(names.name(of: label))  \((probabilities[label] * 100).fixed(1)) %"
    }
  }

  /// The classes with their probabilities: all in the order of the labels, or the `top` most probable ones.
  package func probabilities(classNames: [String], top: Int?) -> [(name: String, probability: Double)] {
    let all = probabilities.enumerated().map { (label: $0.offset, probability: $0.element) }
    return (top.map { self.top($0) } ?? all).map { (classNames.name(of: $0.label), $0.probability) }
  }
}
