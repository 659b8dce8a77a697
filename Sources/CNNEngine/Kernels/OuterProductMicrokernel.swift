import CSIMD

/// The microkernel of a dense layer's weight gradient: `O` units x `V` vectors of features in registers.
///
/// It sums the outer products of the images' output gradients and features: one image's gradient is broadcast, its
/// features are read as vectors, so that no lanes have to be added up.
enum OuterProductMicrokernel<let O: Int, let V: Int> {
  private typealias Sums = InlineArray<O, InlineArray<V, Lanes>>

  /// Sums dW `[O, V * lanes]` over `blocks` blocks.
  ///
  /// - Parameters:
  ///   - features: `[image][V]` vectors.
  ///   - dy: the gradient of the first unit in block 0; units are one, blocks `dyBlock` vectors apart.
  ///   - gradient: the first unit's row; rows are `rowLength` floats apart and have `columns` floats.
  @inline(never)
  static func sum(
    features: UnsafePointer<Lanes>, dy: UnsafePointer<Lanes>, dyBlock: Int, blocks: Int,
    gradient: UnsafeMutablePointer<Float>, rowLength: Int, columns: Int
  ) {
    let (sums, lanes) = (products(features, dy, dyBlock, blocks), CPUFeatures.laneCount)
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

  /// Adds such a sum to rows of whole vectors, `rowLength` vectors apart.
  @inline(never)
  static func add(
    features: UnsafePointer<Lanes>, dy: UnsafePointer<Lanes>, dyBlock: Int, blocks: Int,
    to target: UnsafeMutablePointer<Lanes>, rowLength: Int
  ) {
    let sums = products(features, dy, dyBlock, blocks)
    for o in 0..<O {
      for v in 0..<V { target[o &* rowLength &+ v] += sums[unchecked: o][unchecked: v] }
    }
  }

  @inline(__always)
  private static func products(
    _ features: UnsafePointer<Lanes>, _ dy: UnsafePointer<Lanes>, _ dyBlock: Int, _ blocks: Int
  ) -> Sums {
    var sums = Sums(repeating: InlineArray(repeating: Lanes()))
    let lanes = CPUFeatures.laneCount
    // One loop over images: a loop over the lanes of a block would be unrolled, and the sums spilled.
    var factors = UnsafeRawPointer(dy).assumingMemoryBound(to: Float.self)
    var lane = 0
    for image in Swift.stride(from: 0, to: blocks &* lanes &* V, by: V) {
      let image = features + image
      for o in 0..<O {
        let factor = Lanes(repeating: factors[o &* lanes])
        for v in 0..<V { sums[unchecked: o][unchecked: v].addProduct(factor, image[v]) }
      }
      factors += 1
      lane &+= 1
      if lane == lanes {
        lane = 0
        factors += (dyBlock &- 1) &* lanes
      }
    }
    return sums
  }
}

/// Sums the weight gradient of a tile of units by the microkernel for its width and the number of vectors of features.
///
/// There are microkernels for the widest tile of the CPU; a narrower one is summed unit by unit.
func sumOuterProducts(
  tile width: Int, vectors: Int, features: UnsafePointer<Lanes>, dy: UnsafePointer<Lanes>, dyChannel: Int,
  dyBlock: Int, blocks: Int, gradient: UnsafeMutablePointer<Float>, rowLength: Int, columns: Int
) {
  func sum<let O: Int, let V: Int>(_ kernel: OuterProductMicrokernel<O, V>.Type, unit: Int = 0) {
    kernel.sum(
      features: features, dy: dy + unit &* dyChannel, dyBlock: dyBlock, blocks: blocks,
      gradient: gradient + unit &* rowLength, rowLength: rowLength, columns: columns)
  }
  switch (width, vectors) {
  case (8, 3): sum(OuterProductMicrokernel<8, 3>.self)
  case (4, 2): sum(OuterProductMicrokernel<4, 2>.self)
  case (1...7, 3): for unit in 0..<width { sum(OuterProductMicrokernel<1, 3>.self, unit: unit) }
  case (1...3, 2): for unit in 0..<width { sum(OuterProductMicrokernel<1, 2>.self, unit: unit) }
  default: fatalError("no microkernel for \(width) units and \(vectors) vectors of features")
  }
}
