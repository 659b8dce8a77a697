import CLanes

/// Weights rearranged so that a tile reads them in order, `[reduction][tile width]` after one another.
enum WeightPacking {
  /// Packs one tile of `weights` `[O, I, KH, KW]` for the forward pass.
  static func forward(
    _ tile: ChannelTile, weights: UnsafePointer<Float>, reduction count: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let source = weights + tile.first &* count
    let target = packed + tile.first &* count
    let whole = tile.width == 8 ? count / 8 &* 8 : 0
    for index in stride(from: 0, to: whole, by: 8) {
      transpose_8x8(source + index, Int64(count), target + index &* 8, 8)
    }
    for index in whole..<count {
      for output in 0..<tile.width {
        target[index &* tile.width &+ output] = source[output &* count &+ index]
      }
    }
  }

  /// Packs some tiles of input channels for the input gradient: transposed, and turned by 180 degrees.
  static func inputGradient(
    _ tiles: ArraySlice<ChannelTile>, weights: UnsafePointer<Float>, outputs: Int, inputs: Int, taps: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    // Neighbouring tiles lie in the same lines of an output's weights: these are read once.
    for output in 0..<outputs {
      for tile in tiles {
        let source = weights + (output &* inputs &+ tile.first) &* taps
        let target = packed + (tile.first &* outputs &+ output &* tile.width) &* taps
        if taps == 1, tile.width == 8 {
          UnsafeMutableRawPointer(target).storeBytes(
            of: UnsafeRawPointer(source).loadUnaligned(as: SIMD8<Float>.self), as: SIMD8<Float>.self)
          continue
        }
        for tap in 0..<taps {
          let place = target + (taps &- 1 &- tap) &* tile.width
          for input in 0..<tile.width { place[input] = source[input &* taps &+ tap] }
        }
      }
    }
  }
}
