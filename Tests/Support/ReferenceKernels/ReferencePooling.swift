import CNNEngine

/// Reference implementation of pooling and its gradient, in double precision.
package struct ReferencePooling {
  /// The reduction of a window.
  package enum Kind: Sendable { case max, min, average }

  package let kind: Kind
  package let images: Int
  package let input: Shape
  package let output: Shape
  package let window: Window

  /// The pooling of x `[N, C, H, W]` to y `[N, C, OH, OW]`.
  package init(_ kind: Kind, images: Int, input: Shape, output: Shape, window: Window) {
    (self.kind, self.images, self.input) = (kind, images, input)
    (self.output, self.window) = (output, window)
  }

  /// The maximum, minimum or mean of each window; the mean includes padding unless it is "same".
  package func forward(x: [Double]) -> [Double] {
    (0..<images * output.count).map { outputIndex in
      let indices = window(of: outputIndex)
      switch kind {
      case .max, .min: return x[extremum(indices, x)]
      case .average: return indices.reduce(0) { $0 + x[$1] } / Double(divisor(indices))
      }
    }
  }

  /// dx, from the gradient of y: to the first maximum or minimum, or to all of the window in equal parts.
  package func inputGradient(dy: [Double], x: [Double]) -> [Double] {
    var dx = [Double](repeating: 0, count: images * input.count)
    for outputIndex in dy.indices {
      let indices = window(of: outputIndex)
      switch kind {
      case .max, .min: dx[extremum(indices, x)] += dy[outputIndex]
      case .average: for index in indices { dx[index] += dy[outputIndex] / Double(divisor(indices)) }
      }
    }
    return dx
  }

  private func divisor(_ indices: [Int]) -> Int {
    window.padding == .same ? indices.count : window.kernel.rows * window.kernel.columns
  }

  private func extremum(_ indices: [Int], _ x: [Double]) -> Int {
    indices.reduce(indices[0]) { kind == .max ? (x[$1] > x[$0] ? $1 : $0) : (x[$1] < x[$0] ? $1 : $0) }
  }

  /// The indices into x of the window of an element of y.
  private func window(of outputIndex: Int) -> [Int] {
    let (line, column) = outputIndex.quotientAndRemainder(dividingBy: output.width)
    let (plane, row) = line.quotientAndRemainder(dividingBy: output.height)
    let border = window.border(input)
    var indices: [Int] = []
    for kernelRow in 0..<window.kernel.rows {
      for kernelColumn in 0..<window.kernel.columns {
        let inputRow = row * window.stride.rows + kernelRow - border.top
        let inputColumn = column * window.stride.columns + kernelColumn - border.left
        guard (0..<input.height).contains(inputRow), (0..<input.width).contains(inputColumn) else { continue }
        indices.append((plane * input.height + inputRow) * input.width + inputColumn)
      }
    }
    return indices
  }
}
