import ConfigDecoding
import Randomness

/// Moves the picture up to `range` pixels, each way alike; the parts of a pixel count.
struct Shift: MovingChange {
  /// The furthest way down (or up), and to the right (or left).
  let furthest: (rows: Double, columns: Double)

  init(_ reader: ObjectReader) {
    furthest = reader.value(
      "range", .distances, default: JSON(2),
      "Pixels, the furthest: a number, or [up and down, left and right].")
  }

  func move(_ warp: inout Warp, _ random: CounterRandom) {
    let down = random.uniform(in: -furthest.rows...furthest.rows, at: 1)
    let right = random.uniform(in: -furthest.columns...furthest.columns, at: 2)
    warp.map.follow(AffineMap(x: -right, y: -down))
  }
}

extension Field where Value == (rows: Double, columns: Double) {
  /// A number for both directions, or `[rows, columns]`.
  fileprivate static let distances: Field = {
    let number: JSON = ["type": "number", "minimum": 0, "maximum": 1024]
    return Field(
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
