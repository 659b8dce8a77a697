/// A layer with weights and its gradients in double precision, as `CNNEngine`'s kernels are compared with it.
package protocol ReferenceKernel {
  /// y `[N, ...]` of x `[N, ...]`.
  func forward(x: [Double], weights: [Double], bias: [Double]?) -> [Double]
  /// dx, from the gradient of y.
  func inputGradient(dy: [Double], weights: [Double]) -> [Double]
  /// dw, from the gradient of y.
  func weightGradient(dy: [Double], x: [Double]) -> [Double]
  /// db, from the gradient of y.
  func biasGradient(dy: [Double]) -> [Double]
}
