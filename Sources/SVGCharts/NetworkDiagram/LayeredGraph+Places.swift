extension LayeredGraph {
  /// The horizontal centre of every item; 0 for a vertex alone in its rank.
  ///
  /// - Parameter width: the width of a vertex; a lane has none.
  func places(width: Double) -> [Double] {
    var places = [Double](repeating: 0, count: above.count)
    for part in parts {
      let hasExit = soleVertex(ofRank: part.upperBound - 1) != nil
      let branches = hasExit ? part.dropLast() : part
      if !branches.isEmpty { place(branches, width: width, in: &places) }
    }
    return places
  }

  /// Places the items of ranks with branches, each chain of items on a vertical line.
  private func place(_ range: Range<Int>, width: Double, in places: inout [Double]) {
    let chains = chains(in: range)
    var chainOf: [Item: Int] = [:]
    for (chain, items) in chains.enumerated() { for item in items { chainOf[item] = chain } }
    var distances = [[(chain: Int, distance: Double)]](repeating: [], count: chains.count)
    for rank in range {
      for (left, right) in zip(ranks[rank], ranks[rank].dropFirst()) {
        guard let chain = chainOf[left], let next = chainOf[right] else { continue }
        let vertices = [left, right].filter { !isLane($0) }.count
        let gap = vertices == 2 ? 20.0 : 16
        distances[chain].append((next, Double(vertices) * width / 2 + gap))
      }
    }
    let order = Self.order(distances.map { $0.map(\.chain) })
    // The mean of as far left and as far right as possible keeps all distances.
    var left = [Double](repeating: 0, count: chains.count)
    for chain in order {
      for (next, distance) in distances[chain] { left[next] = max(left[next], left[chain] + distance) }
    }
    var right = [Double](repeating: left.max() ?? 0, count: chains.count)
    for chain in order.reversed() {
      for (next, distance) in distances[chain] { right[chain] = min(right[chain], right[next] - distance) }
    }
    let centers = zip(left, right).map { ($0 + $1) / 2 }
    let vertices = chains.indices.filter { chains[$0].contains { !isLane($0) } }.map { centers[$0] }
    let middle = ((vertices.min() ?? 0) + (vertices.max() ?? 0)) / 2
    let origin = trunk(among: chains, in: range).map { centers[$0] } ?? middle
    for (chain, items) in chains.enumerated() {
      for item in items { places[item] = (centers[chain] - origin).rounded() }
    }
  }

  /// The chain that stays straight below the vertex above: of two branches at most, the only one that goes through every rank.
  private func trunk(among chains: [[Item]], in range: Range<Int>) -> Int? {
    guard range.lowerBound > 0, range.upperBound < ranks.count,
      range.allSatisfy({ ranks[$0].filter { !isLane($0) }.count <= 2 })
    else { return nil }
    let whole = chains.indices.filter { chain in
      let items = chains[chain]
      return items.count == range.count && items.allSatisfy { !isLane($0) && !below[$0].isEmpty }
    }
    return whole.count == 1 ? whole[0] : nil
  }

  /// Items one below the other that shall be on one vertical line: parts of a lane first, then vertices, then a vertex
  /// with its lane. No two chains cross.
  private func chains(in range: Range<Int>) -> [[Item]] {
    var chains: [[Item]] = []
    var chainOf: [Item: Int] = [:]
    for rank in range {
      let partners = rank > range.lowerBound ? partners(above: rank) : [:]
      for item in ranks[rank] {
        if let partner = partners[item], let chain = chainOf[partner] {
          chains[chain].append(item)
          chainOf[item] = chain
        } else {
          chainOf[item] = chains.count
          chains.append([item])
        }
      }
    }
    return chains
  }

  /// The item above each item of a rank that is on its line.
  private func partners(above rank: Int) -> [Item: Item] {
    let upper = ranks[rank - 1]
    let position = Dictionary(uniqueKeysWithValues: ranks[rank].enumerated().map { ($1, $0) })
    var partners = [Int?](repeating: nil, count: upper.count)
    var taken: Set<Item> = []
    for lanes in [2, 0, 1] {
      for (index, item) in upper.enumerated() where partners[index] == nil {
        let before = partners[..<index].last { $0 != nil } ?? -1
        let after = partners[index...].first { $0 != nil } ?? ranks[rank].count
        let lower = below[item].first { lower in
          guard let place = position[lower], let before, let after else { return false }
          return [item, lower].filter(isLane).count == lanes && before < place && place < after
            && !taken.contains(lower)
        }
        guard let lower else { continue }
        partners[index] = position[lower]
        taken.insert(lower)
      }
    }
    var result: [Item: Item] = [:]
    for (index, place) in partners.enumerated() { if let place { result[ranks[rank][place]] = upper[index] } }
    return result
  }

  /// The vertices of an acyclic graph, each before its successors.
  private static func order(_ successors: [[Int]]) -> [Int] {
    var waiting = [Int](repeating: 0, count: successors.count)
    for next in successors.joined() { waiting[next] += 1 }
    var order = successors.indices.filter { waiting[$0] == 0 }
    var done = 0
    while done < order.count {
      for next in successors[order[done]] {
        waiting[next] -= 1
        if waiting[next] == 0 { order.append(next) }
      }
      done += 1
    }
    return order
  }
}
