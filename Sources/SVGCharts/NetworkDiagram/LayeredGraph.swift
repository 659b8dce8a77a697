/// An acyclic graph in ranks, each vertex in a rank below those that it reads.
///
/// A value that is read further below has a lane: an item in each rank between, through which its edges run. So every
/// edge leads from one rank to the next, and none runs through a vertex.
struct LayeredGraph {
  /// What has a place in a rank: the vertices, by their numbers, and then the lanes.
  typealias Item = Int

  /// The number of vertices.
  let vertexCount: Int
  /// The items of each rank, from left to right.
  var ranks: [[Item]]
  /// The items that lead to each item from the rank above, one for each input of a vertex.
  private(set) var above: [[Item]]
  /// The items to which each item leads in the rank below.
  private(set) var below: [[Item]]

  /// A graph of the vertices that read `inputs`, numbers of vertices before their own.
  init(inputs: [[Int]]) {
    vertexCount = inputs.count
    var rankOf: [Int] = []
    for inputs in inputs { rankOf.append(inputs.map { rankOf[$0] + 1 }.max() ?? 0) }
    ranks = Array(repeating: [], count: (rankOf.max() ?? -1) + 1)
    for (vertex, rank) in rankOf.enumerated() { ranks[rank].append(vertex) }
    (above, below) = (inputs.map { _ in [] }, inputs.map { _ in [] })
    var lastReader = rankOf
    for (vertex, inputs) in inputs.enumerated() {
      for input in inputs { lastReader[input] = max(lastReader[input], rankOf[vertex]) }
    }
    // From the last value to the first: a lane that begins nearer to its vertex is left of those from further above.
    var firstLane = rankOf
    for vertex in inputs.indices.reversed() {
      firstLane[vertex] = above.count
      var last = vertex
      for rank in (rankOf[vertex] + 1)..<max(rankOf[vertex] + 1, lastReader[vertex]) {
        let lane = above.count
        ranks[rank].append(lane)
        above.append([last])
        below.append([])
        below[last].append(lane)
        last = lane
      }
    }
    for (vertex, inputs) in inputs.enumerated() {
      for input in inputs {
        let lanes = rankOf[vertex] - rankOf[input] - 1
        let item = lanes == 0 ? input : firstLane[input] + lanes - 1
        above[vertex].append(item)
        below[item].append(vertex)
      }
    }
  }

  /// Whether the item is a part of a lane, not a vertex.
  func isLane(_ item: Item) -> Bool { item >= vertexCount }

  /// The vertex that has a rank of its own; nil for other ranks.
  func soleVertex(ofRank rank: Int) -> Item? {
    ranks[rank].count == 1 && !isLane(ranks[rank][0]) ? ranks[rank][0] : nil
  }

  /// The runs of ranks that end with a vertex alone in its rank, through which every edge from above to below leads.
  var parts: [Range<Int>] {
    var parts: [Range<Int>] = []
    for rank in ranks.indices where soleVertex(ofRank: rank) != nil || rank == ranks.count - 1 {
      parts.append((parts.last?.upperBound ?? 0)..<rank + 1)
    }
    return parts
  }
}
