import CNNEngine

/// Reference implementation of convolution and its gradients, for `ConvMicrokernel` and
/// `ConvWeightGradientMicrokernel`: seven nested loops in double precision.
package struct ReferenceConvolution: ReferenceKernel {
  package let images: Int
  package let input: Shape
  package let output: Shape
  package let window: Window

  /// The convolution of x `[N, I, H, W]` with weights `[O, I, KH, KW]` to y `[N, O, OH, OW]`.
  package init(images: Int, input: Shape, output: Shape, window: Window) {
    (self.images, self.input, self.output, self.window) = (images, input, output, window)
  }

  /// y = w * x + b.
  package func forward(x: [Double], weights: [Double], bias: [Double]?) -> [Double] {
    var y = [Double](repeating: 0, count: images * output.count)
    if let bias {
      let pixels = output.height * output.width
      for index in y.indices { y[index] = bias[index / pixels % output.channels] }
    }
    forEachProduct { x1, w1, y1 in y[y1] += weights[w1] * x[x1] }
    return y
  }

  /// dx, from the gradient of y.
  package func inputGradient(dy: [Double], weights: [Double]) -> [Double] {
    var dx = [Double](repeating: 0, count: images * input.count)
    forEachProduct { x1, w1, y1 in dx[x1] += weights[w1] * dy[y1] }
    return dx
  }

  /// dw, from the gradient of y.
  package func weightGradient(dy: [Double], x: [Double]) -> [Double] {
    let count = output.channels * input.channels * window.kernel.rows * window.kernel.columns
    var dw = [Double](repeating: 0, count: count)
    forEachProduct { x1, w1, y1 in dw[w1] += dy[y1] * x[x1] }
    return dw
  }

  /// db, from the gradient of y.
  package func biasGradient(dy: [Double]) -> [Double] {
    var db = [Double](repeating: 0, count: output.channels)
    let pixels = output.height * output.width
    for index in dy.indices { db[index / pixels % output.channels] += dy[index] }
    return db
  }

  /// Calls `body` with the indices into x, w and y of every product of the convolution.
  @inline(__always)
  private func forEachProduct(_ body: (_ x: Int, _ w: Int, _ y: Int) -> Void) {
    let (kernel, stride, border) = (window.kernel, window.stride, window.border(input))
    for image in 0..<images {
      for o in 0..<output.channels {
        for i in 0..<input.channels {
          for row in 0..<output.height {
            for kernelRow in 0..<kernel.rows {
              let inputRow = row * stride.rows + kernelRow - border.top
              guard (0..<input.height).contains(inputRow) else { continue }
              for column in 0..<output.width {
                for kernelColumn in 0..<kernel.columns {
                  let inputColumn = column * stride.columns + kernelColumn - border.left
                  guard (0..<input.width).contains(inputColumn) else { continue }
                  body(
                    ((image * input.channels + i) * input.height + inputRow) * input.width + inputColumn,
                    ((o * input.channels + i) * kernel.rows + kernelRow) * kernel.columns + kernelColumn,
                    ((image * output.channels + o) * output.height + row) * output.width + column)
                }
              }
            }
          }
        }
      }
    }
  }
}
