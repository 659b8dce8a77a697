import CNNEngine
import FileIO
import Formatting
import Training

extension Model {
  /// The output of `cnn summary`: the table of the layers, and the totals for a batch.
  ///
  /// - Throws: `DataError.unsatisfiable` if a total exceeds `Int`.
  package func summaryLines(name: String, batchSize: Int) throws(DataError) -> [String] {
    let table = summary.lines
    let batch = batchSize == 1 ? "an image" : "a batch of \(batchSize.grouped)"
    let activations = input.count + layers.reduce(0) { $0 + $1.output.count }
    let nonTrainable = "Non-trainable: \(stateCount.grouped)"
    return try ["\(name), input \(input)"] + table + [
      table[1], "Parameters: \(parameterCount.grouped) (\((parameterCount * 4).byteSize))",
    ] + (stateCount > 0 ? [nonTrainable] : []) + [
      "Multiply-adds for \(batch): \(multiplyAdds.times(batchSize).grouped)",
      "Activations for \(batch): \((activations * 4).times(batchSize).byteSize)",
    ] + outputLines
  }

  /// A line for each output of a model with several, or whose labels are mapped.
  private var outputLines: [String] {
    guard outputs.count > 1 || outputs.contains(where: { $0.labels != nil }) else { return [] }
    return outputs.enumerated().map { index, output in
      let map = output.labels.map { ", labels \($0.map(String.init).joined(separator: " "))" } ?? ""
      let weight = output.weight == 1 ? "" : " x \(output.weight)"
      return
        "Output \(index + 1): \(output.name), \(output.classes.pluralized("score")), \(output.lossName)\(weight)\(map)"
    }
  }
}

extension Int {
  /// The value for each image, times the batch size.
  fileprivate func times(_ batchSize: Int) throws(DataError) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: batchSize)
    if overflow {
      throw .unsatisfiable(
        reason: "--batch-size \(batchSize): \(grouped) for each image are too many to count")
    }
    return product
  }
}
