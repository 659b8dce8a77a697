/// Where the pixels of an image are read from: a map, and a displacement of every pixel that comes on top of it.
///
/// It lives in memory of its own that images take turns in.
struct Warp {
  var map = AffineMap()
  private let height: Int
  private let width: Int
  /// `[row][x, y][column]`, good only where there is a surface.
  private let displacements: UnsafeMutablePointer<Float>
  /// Of one row of a grid: its nodes and what lies between them, both `[x, y][column]`.
  private let nodes: UnsafeMutablePointer<Float>
  private let line: UnsafeMutablePointer<Float>
  /// For each column of the output, where it is read from and the weights of the next column and row, of 256.
  private let places: UnsafeMutablePointer<Int32>
  private var hasSurface = false

  /// Floats that images of `shape` take.
  static func size(_ shape: Shape) -> Int {
    2 * shape.height * shape.width + 2 * (shape.width + 4) + 2 * shape.width + 3 * shape.width
  }

  /// A warp of images of `shape` in `memory`.
  init(_ shape: Shape, memory: UnsafeMutablePointer<Float>) {
    (height, width) = (shape.height, shape.width)
    displacements = memory
    nodes = displacements + 2 * height * width
    line = nodes + 2 * (width + 4)
    places = UnsafeMutableRawPointer(line + 2 * width).assumingMemoryBound(to: Int32.self)
  }

  /// Reads every pixel from its own place again.
  mutating func reset() { (map, hasSurface) = (AffineMap(), false) }

  // MARK: Surfaces

  /// Adds a cubic B-spline over a grid whose nodes are `spacing` pixels apart, at least √3.
  ///
  /// - Parameter node: the displacement at a node, by its number in the grid.
  mutating func addSurface(spacing: Float, node: (Int) -> (x: Float, y: Float)) {
    if !hasSurface { displacements.update(repeating: 0, count: 2 * height * width) }
    hasSurface = true
    let density = 1 / spacing
    let columns = Int(Float(width - 1) * density) + 4
    let rows = Int(Float(height - 1) * density) + 4
    for gridRow in 0..<rows {
      for column in 0..<columns {
        (nodes[column], nodes[columns + column]) = node(gridRow &* columns &+ column)
      }
      for column in 0..<width {
        let (first, weights) = Self.weights(column, density)
        var (x, y): (Float, Float) = (0, 0)
        for tap in 0..<4 {
          x += weights[tap] * nodes[first &+ tap]
          y += weights[tap] * nodes[columns &+ first &+ tap]
        }
        (line[column], line[width &+ column]) = (x, y)
      }
      // The row is a tap of all pixels less than two spacings away.
      let above = max(0, Int(Float(gridRow - 3) * spacing))
      for row in above..<max(above, min(height, Int(Float(gridRow + 1) * spacing) + 1)) {
        let (first, weights) = Self.weights(row, density)
        guard (0..<4).contains(gridRow - first) else { continue }
        let (weight, target) = (weights[gridRow &- first], displacements + 2 &* row &* width)
        for place in 0..<2 &* width { target[place] += weight * line[place] }
      }
    }
  }

  /// The first of the four nodes around a pixel, and their parts in it.
  @inline(__always)
  private static func weights(_ pixel: Int, _ density: Float) -> (first: Int, weights: SIMD4<Float>) {
    let place = Float(pixel) * density
    let first = Int(place)
    let t = place - Float(first)
    let (u, tt) = (1 - t, t * t)
    let ttt = tt * t
    return (
      first, SIMD4(u * u * u, 3 * ttt - 6 * tt + 4, 3 * (t + tt - ttt) + 1, ttt) * (1 / 6)
    )
  }

  // MARK: Resampling

  /// Reads an image `[C, H, W]` from where the warp says, between pixels in proportion to their nearness.
  ///
  /// Beyond its edge an image goes on with the pixels of the edge.
  func resample(
    _ source: UnsafePointer<UInt8>, channels: Int, into target: UnsafeMutablePointer<UInt8>
  ) {
    let (across, down) = (places + width, places + 2 * width)
    let (right, below) = (min(1, width - 1), height > 1 ? width : 0)
    for row in 0..<height {
      locate(row, across, down)
      for channel in 0..<channels {
        let image = source + channel &* height &* width
        let output = target + (channel &* height &+ row) &* width
        for column in 0..<width {
          let pixel = image + Int(places[column])
          let (x, y) = (across[column], down[column])
          let top = Int32(pixel[0]) &* (256 &- x) &+ Int32(pixel[right]) &* x
          let bottom = Int32(pixel[below]) &* (256 &- x) &+ Int32(pixel[below &+ right]) &* x
          output[column] = UInt8(
            truncatingIfNeeded: (top &* (256 &- y) &+ bottom &* y &+ 32_768) &>> 16)
        }
      }
    }
  }

  /// Where the pixels of a row are read from.
  private func locate(
    _ row: Int, _ across: UnsafeMutablePointer<Int32>, _ down: UnsafeMutablePointer<Int32>
  ) {
    let (middleX, middleY) = (Double(width - 1) / 2, Double(height - 1) / 2)
    let y = Double(row) - middleY
    // The first pixel's place is computed in double precision, so that a map that moves nothing is exact.
    let startX = Float(map.xy * y + map.x - map.xx * middleX + middleX)
    let startY = Float(map.yy * y + map.y - map.yx * middleX + middleY)
    let (stepX, stepY) = (Float(map.xx), Float(map.yx))
    let (lastX, lastY) = (Float(width - 1), Float(height - 1))
    let (lastColumn, lastRow) = (Int32(max(width - 2, 0)), Int32(max(height - 2, 0)))
    let extra = displacements + 2 &* row &* width
    for column in 0..<width {
      var x = startX + Float(column) * stepX
      var y = startY + Float(column) * stepY
      if hasSurface {
        x += extra[column]
        y += extra[width &+ column]
      }
      x = x < 0 ? 0 : x > lastX ? lastX : x
      y = y < 0 ? 0 : y > lastY ? lastY : y
      let (wholeX, wholeY) = (min(Int32(x), lastColumn), min(Int32(y), lastRow))
      places[column] = wholeY &* Int32(width) &+ wholeX
      across[column] = Int32((x - Float(wholeX)) * 256 + 0.5)
      down[column] = Int32((y - Float(wholeY)) * 256 + 0.5)
    }
  }
}
