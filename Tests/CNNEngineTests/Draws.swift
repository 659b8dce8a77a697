import Randomness

/// Choices for covering selections of cases: the same on every run.
struct Draws {
  private let random: CounterRandom
  private var index: UInt64 = 0

  init(_ stream: UInt64) { random = CounterRandom(seed: 1, purpose: .sample, stream: stream) }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    index += 1
    return elements[random.below(elements.count, at: index)]
  }

  /// `count` numbers in -1 ..< 1.
  mutating func values(_ count: Int) -> [Float] {
    defer { index += UInt64(count) }
    return (0..<count).map { Float(random.uniform(at: index + 1 + UInt64($0)) * 2 - 1) }
  }

  /// `count` numbers around 0, none nearer than `distance` to another, nor than half of it to 0.
  mutating func distinctValues(_ count: Int, distance: Float) -> [Float] {
    index += 1
    let order = CounterRandom(seed: index, purpose: .sample).permutation(count)
    return order.map { (Float($0) - Float(count / 2) + 0.5) * distance }
  }
}
