/// Where the boxes of a network diagram are, and the paths between them.
struct NetworkLayout {
  /// The top left corner of each box.
  private(set) var corners: [NetworkPath.Point] = []
  /// The edges from each box to those that read it.
  private(set) var paths: [NetworkPath] = []
  /// The points at which edges enter boxes from above.
  private(set) var arrows: [NetworkPath.Point] = []
  /// The width in pixels.
  private(set) var width = 0.0
  /// The height in pixels.
  private(set) var height = 0.0

  /// The width of every box.
  let boxWidth: Double
  private let boxHeights: [Double]
  private let graph: LayeredGraph
  /// The centres of the items, from the centre of their column.
  private let places: [Double]
  /// The centre of the column of each rank, its top and the top of the next.
  private var ranks: [(center: Double, top: Double, bottom: Double)] = []
  /// The first ranks of the columns, with the edge that leads there.
  private var turns: [Int: [NetworkPath.Point]] = [:]

  /// Lays out the vertices of a graph as boxes of one width.
  init(_ graph: LayeredGraph, heights: [Double], width: Double) {
    (boxHeights, boxWidth, self.graph) = (heights, width, graph)
    places = graph.places(width: width)
    placeColumns()
    corners = Array(repeating: (0, 0), count: heights.count)
    for (rank, items) in graph.ranks.enumerated() {
      for box in items where !graph.isLane(box) {
        corners[box] = (x(box, in: rank) - width / 2, ranks[rank].top)
      }
    }
    paths = heights.map { _ in NetworkPath() }
    for rank in graph.ranks.indices.dropFirst() {
      for box in graph.ranks[rank] where !graph.isLane(box) { addEdges(to: box, rank: rank) }
    }
  }

  private func x(_ item: Int, in rank: Int) -> Double { ranks[rank].center + places[item] }

  // MARK: Columns

  /// A higher diagram is cut into columns, while it is not wider than this.
  private static let (maxHeight, maxWidth) = (620.0, 1180.0)
  private static let gutter = 32.0
  /// The distance of the edge to the next column from the boxes above and below it.
  private static let turn = 16.0

  /// The distance of a rank from the one above it, wider where edges are not straight.
  private func gap(above rank: Int) -> Double {
    guard rank > 0 else { return 0 }
    let shifts = graph.ranks[rank].flatMap { item in
      zip(graph.above[item], ports(of: item)).map { abs(places[$0] - places[item] - $1) }
    }
    let widest = shifts.max() ?? 0
    return widest == 0 ? 22 : min(30 + (widest / 24).rounded(), 44)
  }

  private func height(ofRank rank: Int) -> Double {
    graph.ranks[rank].map { graph.isLane($0) ? 0 : boxHeights[$0] }.max() ?? 0
  }

  /// The left and the right edge of some ranks, from the centre of their column.
  private func extent(of range: Range<Int>) -> (left: Double, right: Double) {
    var extent = (left: 0.0, right: 0.0)
    for item in graph.ranks[range].joined() {
      let half = graph.isLane(item) ? 1 : boxWidth / 2
      extent = (min(extent.left, places[item] - half), max(extent.right, places[item] + half))
    }
    return extent
  }

  private mutating func placeColumns() {
    let columns = columns
    var left = 0.0
    ranks = Array(repeating: (0, 0, 0), count: graph.ranks.count)
    for (index, column) in columns.enumerated() {
      let extent = extent(of: column)
      let center = left - extent.left
      var y = 0.0
      if let last = index > 0 ? ranks[column.lowerBound - 1] : nil {
        let gutter = left - Self.gutter / 2
        y = Self.turn
        turns[column.lowerBound] = [
          (last.center, last.bottom + Self.turn), (gutter, last.bottom + Self.turn), (gutter, 0), (center, 0),
          (center, y),
        ]
      }
      for rank in column {
        y += gap(above: rank)
        ranks[rank] = (center, y, y + height(ofRank: rank))
        y = ranks[rank].bottom
      }
      height = max(height, y + (index < columns.count - 1 ? Self.turn : 0))
      left = center + extent.right + Self.gutter
    }
    width = max(0, left - Self.gutter)
  }

  /// The ranks of each column; a column ends where one box passes on all there is.
  private var columns: [Range<Int>] {
    let parts = graph.parts
    let heights = parts.map { part in part.reduce(0) { $0 + gap(above: $1) + height(ofRank: $1) } }
    func columns(height limit: Double) -> [Range<Int>] {
      var columns: [Range<Int>] = []
      var free = 0.0
      for (part, height) in zip(parts, heights) {
        if let column = columns.last, height <= free {
          columns[columns.count - 1] = column.lowerBound..<part.upperBound
        } else {
          columns.append(part)
          free = limit
        }
        free -= height
      }
      return columns
    }
    func width(_ columns: [Range<Int>]) -> Double {
      columns.map(extent).reduce(-Self.gutter) { $0 + $1.right - $1.left + Self.gutter }
    }
    // One more column, as long as the diagram is high, becomes clearly lower and does not become too wide.
    let (total, highest) = (heights.reduce(0, +), heights.max() ?? 0)
    var best = (columns: columns(height: total), height: total)
    for count in stride(from: 2, through: parts.count, by: 1) where best.height > Self.maxHeight {
      var limit = max(highest, total / Double(count))
      while columns(height: limit).count > count { limit += 10 }
      let lowest = limit
      while limit < 1.2 * lowest, width(columns(height: limit)) > Self.maxWidth { limit += 10 }
      let next = columns(height: limit)
      if width(next) > Self.maxWidth { break }
      if limit < 0.8 * best.height { best = (next, limit) }
    }
    return best.columns
  }

  // MARK: Edges

  /// The points at the top of an item at which its edges arrive, from its centre: a straight edge in the middle, the
  /// others beside it.
  private func ports(of item: Int) -> [Double] {
    let sources = graph.above[item].map { places[$0] }
    guard sources.count > 1 else { return sources.map { _ in 0 } }
    let order = sources.indices.sorted { (sources[$0], $0) < (sources[$1], $1) }
    let straight = order.indices.filter { sources[order[$0]] == places[item] }
    let reach = boxWidth / 2 - 12
    var middle = Double(sources.count - 1) / 2
    if straight.count == 1 { middle = Double(straight[0]) }
    let pitch = min(22, reach / max(middle, Double(sources.count - 1) - middle))
    var ports = sources
    for (index, source) in order.enumerated() { ports[source] = (Double(index) - middle) * pitch }
    return ports
  }

  private mutating func addEdges(to box: Int, rank: Int) {
    for (item, port) in zip(graph.above[box], ports(of: box)) {
      var items = [item]
      while graph.isLane(items[0]) { items.insert(graph.above[items[0]][0], at: 0) }
      let source = items[0], first = rank - items.count
      var path = paths[source]
      path.move(to: (x(source, in: first), corners[source].y + boxHeights[source]))
      for (index, item) in items.enumerated() {
        let current = first + index
        path.descend(to: (x(item, in: current), ranks[current].bottom))
        if let turn = turns[current + 1] { path.line(through: turn) }
        let next = current + 1
        let nextX = next == rank ? x(box, in: rank) + port : x(items[index + 1], in: next)
        path.descend(to: (nextX, ranks[next].top))
      }
      paths[source] = path
      arrows.append((x(box, in: rank) + port, ranks[rank].top))
    }
  }
}
