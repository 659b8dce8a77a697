/// Reference implementation of the dense layer and its gradients, for `ConvMicrokernel` and
/// `OuterProductMicrokernel`: three nested loops in double precision.
package struct ReferenceDense: ReferenceKernel {
  package let images: Int
  package let features: Int
  package let units: Int

  /// The layer from x `[N, F]` to y `[N, U]` with weights `[U, F]`.
  package init(images: Int, features: Int, units: Int) {
    (self.images, self.features, self.units) = (images, features, units)
  }

  /// y = x W^T + b.
  package func forward(x: [Double], weights: [Double], bias: [Double]?) -> [Double] {
    var y = [Double](repeating: 0, count: images * units)
    if let bias {
      for index in y.indices { y[index] = bias[index % units] }
    }
    forEachProduct { x1, w1, y1 in y[y1] += weights[w1] * x[x1] }
    return y
  }

  /// dx, from the gradient of y.
  package func inputGradient(dy: [Double], weights: [Double]) -> [Double] {
    var dx = [Double](repeating: 0, count: images * features)
    forEachProduct { x1, w1, y1 in dx[x1] += weights[w1] * dy[y1] }
    return dx
  }

  /// dw, from the gradient of y.
  package func weightGradient(dy: [Double], x: [Double]) -> [Double] {
    var dw = [Double](repeating: 0, count: units * features)
    forEachProduct { x1, w1, y1 in dw[w1] += dy[y1] * x[x1] }
    return dw
  }

  /// db, from the gradient of y.
  package func biasGradient(dy: [Double]) -> [Double] {
    var db = [Double](repeating: 0, count: units)
    for index in dy.indices { db[index % units] += dy[index] }
    return db
  }

  /// Calls `body` with the indices into x, w and y of every product.
  @inline(__always)
  private func forEachProduct(_ body: (_ x: Int, _ w: Int, _ y: Int) -> Void) {
    for image in 0..<images {
      for unit in 0..<units {
        for feature in 0..<features {
          body(image * features + feature, unit * features + feature, image * units + unit)
        }
      }
    }
  }
}
