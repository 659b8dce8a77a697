import ConfigDecoding
import Formatting

extension ConfigField where Value == ClosedRange<Double> {
  /// `[least, most]`; with a `middle`, also a number r for `middle` - r to `middle` + r.
  static func range(around middle: Double? = nil, within bounds: ClosedRange<Double>) -> ConfigField {
    let (least, most) = (bounds.lowerBound.short, bounds.upperBound.short)
    let number: JSON = [
      "type": "number", "minimum": JSON(bounds.lowerBound), "maximum": JSON(bounds.upperBound),
    ]
    let list: JSON = ["type": "array", "items": number, "minItems": 2, "maxItems": 2]
    let widest = middle.map { Swift.min($0 - bounds.lowerBound, bounds.upperBound - $0) }
    let alternative: JSON? = widest.map { ["type": "number", "minimum": 0, "maximum": JSON($0)] }
    let either = widest.map { "a number from 0 to \($0.short) or " } ?? ""
    return ConfigField(
      "\(either)[least, most] of numbers from \(least) to \(most)",
      schema: alternative.map { ["anyOf": [$0, list]] } ?? list, placeholder: bounds
    ) { json in
      if let number = json.number, let middle, let widest {
        return (0...widest).contains(number) ? middle - number...middle + number : nil
      }
      guard let ends = json.array?.map(\.number), ends.count == 2, let least = ends[0], let most = ends[1],
        least <= most, bounds.contains(least), bounds.contains(most)
      else { return nil }
      return least...most
    }
  }
}

extension Double {
  /// `10` in place of `10.0`.
  fileprivate var short: String { Int(whole: self).map { "\($0)" } ?? "\(self)" }
}
