extension LayeredGraph {
  /// Orders the items of every rank so that few edges cross.
  mutating func reduceCrossings() { for part in parts { reduceCrossings(in: part) } }

  /// Orders the items of some ranks: each at the mean position of its neighbours, downwards and upwards in turn.
  private mutating func reduceCrossings(in range: Range<Int>) {
    var best = (ranks: ranks, crossings: crossings(in: range))
    for sweep in 0..<8 where best.crossings > 0 {
      let isDownward = sweep.isMultiple(of: 2)
      for rank in isDownward ? Array(range) : range.reversed() {
        let next = isDownward ? rank - 1 : rank + 1
        guard ranks.indices ~= next else { continue }
        sort(rank, byNeighborsIn: next, isDownward ? above : below)
      }
      let count = crossings(in: range)
      if count < best.crossings { best = (ranks, count) }
    }
    ranks = best.ranks
  }

  private mutating func sort(_ rank: Int, byNeighborsIn next: Int, _ neighbors: [[Item]]) {
    let position = positions(in: next)
    let keys = ranks[rank].enumerated().map { index, item -> (key: Double, index: Int, item: Item) in
      let places = neighbors[item].compactMap { position[$0] }
      let mean = places.isEmpty ? Double(index) : Double(places.reduce(0, +)) / Double(places.count)
      return (mean, index, item)
    }
    ranks[rank] = keys.sorted { ($0.key, $0.index) < ($1.key, $1.index) }.map(\.item)
  }

  private func positions(in rank: Int) -> [Item: Int] {
    Dictionary(uniqueKeysWithValues: ranks[rank].enumerated().map { ($1, $0) })
  }

  /// The number of crossings between the ranks of `range`.
  private func crossings(in range: Range<Int>) -> Int {
    range.dropLast().reduce(0) { $0 + crossings(below: $1) }
  }

  /// The number of crossings between a rank and the next: the inversions of the lower ends, by a Fenwick tree.
  private func crossings(below rank: Int) -> Int {
    let position = positions(in: rank + 1)
    var counts = [Int](repeating: 0, count: ranks[rank + 1].count + 1)
    var (crossings, edges) = (0, 0)
    for item in ranks[rank] {
      let ends = below[item].compactMap { position[$0] }
      for end in ends {
        crossings += edges
        var index = end + 1
        while index > 0 { (crossings, index) = (crossings - counts[index], index & (index - 1)) }
      }
      for end in ends {
        var index = end + 1
        while index < counts.count { (counts[index], index) = (counts[index] + 1, index + (index & -index)) }
      }
      edges += ends.count
    }
    return crossings
  }
}
