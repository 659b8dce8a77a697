/// The kernel behind a dense layer's weight gradient: `O` units x `V` vectors of features in registers.
///
/// The sum runs over images. A lane of the output gradient is broadcast, features are read image by image,
/// so the weight gradient comes out row by row and no lanes have to be added up.
enum OuterTile<let O: Int, let V: Int> {
  /// Sums dW `[O, V * lanes]` over `blocks` blocks.
  ///
  /// - Parameters:
  ///   - features: `[image][V]` vectors.
  ///   - dy: the gradient of the first unit in block 0; units lie one, blocks `dyBlock` vectors apart.
  ///   - gradient: where the first unit's row starts; rows lie `rowLength` floats apart and take `columns` floats.
  @inline(never)
  static func sum(
    features: UnsafePointer<Lanes>, dy: UnsafePointer<Lanes>, dyBlock: Int, blocks: Int,
    gradient: UnsafeMutablePointer<Float>, rowLength: Int, columns: Int
  ) {
    var sums = InlineArray<O, InlineArray<V, Lanes>>(repeating: InlineArray(repeating: Lanes()))
    let lanes = LaneCPU.laneCount
    var image = features
    for block in 0..<blocks {
      var factors = UnsafeRawPointer(dy + block &* dyBlock).assumingMemoryBound(to: Float.self)
      for _ in 0..<lanes {
        for o in 0..<O {
          let factor = Lanes(repeating: factors[o &* lanes])
          for v in 0..<V { sums[unchecked: o][unchecked: v].addProduct(factor, image[v]) }
        }
        factors += 1
        image += V
      }
    }
    for o in 0..<O {
      for v in 0..<V {
        let place = gradient + (o &* rowLength &+ v &* lanes)
        let rest = columns &- v &* lanes
        if rest >= lanes {
          UnsafeMutableRawPointer(place).storeBytes(of: sums[unchecked: o][unchecked: v], as: Lanes.self)
        } else if rest > 0 {
          for lane in 0..<rest { place[lane] = sums[unchecked: o][unchecked: v][lane] }
        }
      }
    }
  }
}
