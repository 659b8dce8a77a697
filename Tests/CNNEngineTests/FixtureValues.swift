/// The inputs and weights of the fixtures: an exact hash of (index, salt), as in `scripts/python/fixture_values.py`.
struct FixtureValues {
  static let image: UInt32 = 1
  static let label: UInt32 = 2
  static let upstream: UInt32 = 3
  static let input: UInt32 = 4
  static let template: UInt32 = 40
  static let parameter: UInt32 = 100
  static let optimizer: UInt32 = 500
  static let projection: UInt32 = 1000

  let salt: UInt32

  init(salt: UInt32) {
    self.salt = salt
  }

  func hash(_ index: Int) -> UInt32 {
    var hash = UInt32(truncatingIfNeeded: index) &* 2_654_435_761 &+ salt &* 2_246_822_519
    hash ^= hash >> 15
    hash &*= 2_246_822_519
    hash ^= hash >> 13
    hash &*= 3_266_489_917
    return hash ^ hash >> 16
  }

  /// In -1 ..< 1, a multiple of 2^-23.
  subscript(index: Int) -> Float {
    Float(hash(index) >> 8) / 0x1p23 - 1
  }

  func prefix(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { self[$0] * scale }
  }
}

extension FixtureValues {
  /// The `number`-th parameter of a network, in PyTorch's layout; a bias has the fan-in of its weight.
  static func parameter(_ number: Int, count: Int, fanIn: Int) -> [Float] {
    FixtureValues(salt: parameter + UInt32(number))
      .prefix(count, scale: Float(1 / Double(fanIn).squareRoot()))
  }

  /// Bytes of noise, [count, pixels].
  static func images(_ count: Int, pixels: Int) -> [UInt8] {
    let noise = FixtureValues(salt: image)
    return (0..<count * pixels).map { UInt8(noise.hash($0) >> 24) }
  }

  static func labels(_ count: Int) -> [UInt16] {
    let labels = FixtureValues(salt: label)
    return (0..<count).map { UInt16(labels.hash($0) % 10) }
  }

  /// 28x28 images of `labels(count)`: half noise, half the class's template of 7x7 black or white cells.
  static func learnableImages(_ count: Int) -> [UInt8] {
    var images = images(count, pixels: 784)
    for (index, label) in labels(count).enumerated() {
      let template = FixtureValues(salt: template + UInt32(label))
      for row in 0..<28 {
        for column in 0..<28 {
          let white = template.hash(row / 4 * 7 + column / 4) >> 31 == 1
          let pixel = (index * 28 + row) * 28 + column
          images[pixel] = UInt8((Int(images[pixel]) + (white ? 255 : 0)) / 2)
        }
      }
    }
    return images
  }

  /// The parameters an optimizer starts from (step 0) or the gradient of a step, 64 values.
  static func optimizerVector(step: Int) -> [Float] {
    let values = FixtureValues(salt: optimizer + UInt32(step)).prefix(64)
    return values.enumerated().map { index, value in
      step == 0 ? value / 16 : value / Float(1 << (index % 16))
    }
  }

  /// The sum of `values`, each with the sign of the `number`-th projection.
  static func projection(_ number: Int, of values: [Float]) -> Double {
    let signs = FixtureValues(salt: projection + UInt32(number))
    return values.indices.reduce(0) { sum, index in
      sum + (signs[index] >= 0 ? Double(values[index]) : -Double(values[index]))
    }
  }
}
