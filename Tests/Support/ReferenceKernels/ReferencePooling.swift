import CNNEngine

/// The truth behind the pools: every window's places listed one by one.
package struct ReferencePooling {
  /// What a pool makes of a window.
  package enum Kind: Sendable { case max, min, average }

  package let kind: Kind
  package let images: Int
  package let input: Shape
  package let output: Shape
  package let window: Window

  /// The pool that turns x `[N, C, H, W]` into y `[N, C, OH, OW]`.
  package init(_ kind: Kind, images: Int, input: Shape, output: Shape, window: Window) {
    (self.kind, self.images, self.input) = (kind, images, input)
    (self.output, self.window) = (output, window)
  }

  /// The largest, smallest or mean number of each window; padding counts for the mean unless it is "same".
  package func forward(x: [Double]) -> [Double] {
    (0..<images * output.count).map { place in
      let places = places(of: place)
      switch kind {
      case .max, .min: return x[winner(places, x)]
      case .average: return places.reduce(0) { $0 + x[$1] } / Double(divisor(places))
      }
    }
  }

  /// dx, from the gradient of y: to the first winner, or to all of the window in equal shares.
  package func inputGradient(dy: [Double], x: [Double]) -> [Double] {
    var dx = [Double](repeating: 0, count: images * input.count)
    for place in dy.indices {
      let places = places(of: place)
      switch kind {
      case .max, .min: dx[winner(places, x)] += dy[place]
      case .average: for each in places { dx[each] += dy[place] / Double(divisor(places)) }
      }
    }
    return dx
  }

  private func divisor(_ places: [Int]) -> Int {
    window.padding == .same ? places.count : window.kernel.rows * window.kernel.columns
  }

  private func winner(_ places: [Int], _ x: [Double]) -> Int {
    places.reduce(places[0]) { kind == .max ? (x[$1] > x[$0] ? $1 : $0) : (x[$1] < x[$0] ? $1 : $0) }
  }

  /// The places in x that the window of a place in y covers.
  private func places(of place: Int) -> [Int] {
    let (line, column) = place.quotientAndRemainder(dividingBy: output.width)
    let (plane, row) = line.quotientAndRemainder(dividingBy: output.height)
    let border = window.border(input)
    var places: [Int] = []
    for kernelRow in 0..<window.kernel.rows {
      for kernelColumn in 0..<window.kernel.columns {
        let inputRow = row * window.stride.rows + kernelRow - border.top
        let inputColumn = column * window.stride.columns + kernelColumn - border.left
        guard (0..<input.height).contains(inputRow), (0..<input.width).contains(inputColumn) else { continue }
        places.append((plane * input.height + inputRow) * input.width + inputColumn)
      }
    }
    return places
  }
}
