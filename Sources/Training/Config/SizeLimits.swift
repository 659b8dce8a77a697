import ConvNet
import Digits

/// Limits that turn a slip of the hand into an error before any memory is asked for.
enum SizeLimits {
  /// Numbers in one tensor: 2^28 floats are 1 GiB.
  static let tensor = 1 << 28
  /// Numbers in all activations of a batch: 2^34 floats are 64 GiB.
  static let batch = 1 << 34

  /// What is wrong with a tensor of `sizes`, nil if it is small enough.
  static func fault(of sizes: [Int]) -> String? {
    var count = 1
    for size in sizes {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow, product <= tensor else {
        let shape = sizes.map(String.init).joined(separator: "x")
        return "\(shape) numbers are more than the \(tensor.grouped) a tensor may have"
      }
      count = product
    }
    return nil
  }

  /// What is wrong with batches of `batchSize` images of a model whose tensors are small enough.
  static func fault(ofBatch batchSize: Int, _ model: Model) -> String? {
    let perImage = model.layers.reduce(model.input.count) { $0 + $1.output.count }
    guard perImage > batch / batchSize else { return nil }
    return "\(batchSize.grouped) images of \(perImage.grouped) activations each are more than "
      + "the \(batch.grouped) a batch may have"
  }
}
