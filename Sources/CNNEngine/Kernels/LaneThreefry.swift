extension RandomLanes {
  /// Threefry-2x32 with 20 rounds on every lane (Salmon et al. 2011); `CounterRandom.threefry` is the scalar version.
  @inline(__always)
  package static func threefry(
    key: SIMD2<UInt32>, _ first: RandomLanes, _ second: RandomLanes
  ) -> (RandomLanes, RandomLanes) {
    let keys = (
      RandomLanes(repeating: key.x), RandomLanes(repeating: key.y),
      RandomLanes(repeating: 0x1BD1_1BDA ^ key.x ^ key.y)
    )
    var a = first &+ keys.0
    var b = second &+ keys.1
    fourRounds(&a, &b, 13, 15, 26, 6)
    inject(&a, &b, keys.1, keys.2, 1)
    fourRounds(&a, &b, 17, 29, 16, 24)
    inject(&a, &b, keys.2, keys.0, 2)
    fourRounds(&a, &b, 13, 15, 26, 6)
    inject(&a, &b, keys.0, keys.1, 3)
    fourRounds(&a, &b, 17, 29, 16, 24)
    inject(&a, &b, keys.1, keys.2, 4)
    fourRounds(&a, &b, 13, 15, 26, 6)
    inject(&a, &b, keys.2, keys.0, 5)
    return (a, b)
  }

  @inline(__always)
  private static func fourRounds(
    _ a: inout RandomLanes, _ b: inout RandomLanes, _ r0: UInt32, _ r1: UInt32, _ r2: UInt32, _ r3: UInt32
  ) {
    round(&a, &b, r0)
    round(&a, &b, r1)
    round(&a, &b, r2)
    round(&a, &b, r3)
  }

  @inline(__always)
  private static func round(_ a: inout RandomLanes, _ b: inout RandomLanes, _ rotation: UInt32) {
    a = a &+ b
    b =
      ((b &<< RandomLanes(repeating: rotation)) | (b &>> RandomLanes(repeating: 32 &- rotation))) ^ a
  }

  @inline(__always)
  private static func inject(
    _ a: inout RandomLanes, _ b: inout RandomLanes, _ first: RandomLanes, _ second: RandomLanes,
    _ round: UInt32
  ) {
    a = a &+ first
    b = b &+ second &+ RandomLanes(repeating: round)
  }

  /// The lower 16 bits as floats in 1 ..< 2.
  @inline(__always)
  var lowUnitInterval: Lanes {
    let mantissa = (self & RandomLanes(repeating: 0xFFFF)) &<< RandomLanes(repeating: 7)
    return unsafeBitCast(mantissa | RandomLanes(repeating: 0x3F80_0000), to: Lanes.self)
  }

  /// The upper 16 bits as floats in 1 ..< 2.
  @inline(__always)
  var highUnitInterval: Lanes { (self &>> RandomLanes(repeating: 16)).lowUnitInterval }
}
