import ConfigDecoding
import Randomness

/// Moves the picture up to `range` pixels, each way alike; the parts of a pixel count.
struct Shift: SpatialTransform {
  /// The maxDisplacement way down (or up), and to the right (or left).
  let maxDisplacement: (rows: Double, columns: Double)

  init(_ decoder: ConfigDecoder) {
    maxDisplacement = decoder.value(
      "range", .distances, default: JSON(2),
      "Pixels, the maxDisplacement: a number, or [up and down, left and right].")
  }

  func move(_ warp: inout Warp, _ random: CounterRandom) {
    let down = random.uniform(in: -maxDisplacement.rows...maxDisplacement.rows, at: 1)
    let right = random.uniform(in: -maxDisplacement.columns...maxDisplacement.columns, at: 2)
    warp.map.follow(AffineMap(x: -right, y: -down))
  }
}

extension ConfigField where Value == (rows: Double, columns: Double) {
  /// A number for both directions, or `[rows, columns]`.
  fileprivate static let distances: ConfigField = {
    let number: JSON = ["type": "number", "minimum": 0, "maximum": 1024]
    return ConfigField(
      "a number from 0 to 1024 or two of them, [up and down, left and right]",
      schema: [
        "anyOf": [number, ["type": "array", "items": number, "minItems": 2, "maxItems": 2]]
      ], placeholder: (rows: 0, columns: 0)
    ) { json in
      let numbers = (json.array ?? [json, json]).map { $0.number ?? -1 }
      guard numbers.count == 2, numbers.allSatisfy({ (0...1024).contains($0) }) else { return nil }
      return (rows: numbers[0], columns: numbers[1])
    }
  }()
}
