import ConfigDecoding
import Randomness

/// Shifts an image by a random number of pixels, not necessarily whole ones, in each direction.
public struct Shift: SpatialTransform {
  /// The largest shift down (or up) and to the right (or left), in pixels.
  public let range: (rows: Double, columns: Double)

  /// A shift of up to `rows` rows and `columns` columns.
  public init(rows: Double = 2, columns: Double = 2) { range = (rows, columns) }

  /// Reads `range`.
  public init(decoding decoder: ConfigDecoder) {
    range = decoder.value(
      "range", .distances, default: JSON(2),
      "Largest shift in pixels: a number, or [up and down, left and right].")
  }

  func apply(to warp: inout Warp, _ random: CounterRandom) {
    let down = random.uniform(in: -range.rows...range.rows, at: 1)
    let right = random.uniform(in: -range.columns...range.columns, at: 2)
    warp.map.append(AffineMap(x: -right, y: -down))
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
