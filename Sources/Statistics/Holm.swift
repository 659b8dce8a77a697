/// Adjusts the p values of several tests by Holm's method (1979): with the adjusted ones, the probability of any false
/// finding among them is at most the level.
public func holmAdjusted(_ p: [Double]) -> [Double] {
  var adjusted = p
  var largest = 0.0
  for (rank, index) in p.indices.sorted(by: { p[$0] < p[$1] }).enumerated() {
    largest = max(largest, min(1, Double(p.count - rank) * p[index]))
    adjusted[index] = largest
  }
  return adjusted
}
