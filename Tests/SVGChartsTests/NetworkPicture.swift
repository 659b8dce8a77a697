import SVGCharts
import TestSupport

extension NetworkDiagramTests {
  typealias Point = (x: Double, y: Double)

  /// The rectangles and the paths of a drawn network, read from its SVG text.
  struct Picture {
    let drawing: Drawing
    let boxes: [Box]
    /// Points close to each other along each edge.
    let edges: [[Point]]

    init(_ drawing: Drawing) throws {
      self.drawing = drawing
      let tags = drawing.inline.text.split(separator: "<")
      boxes = try tags.filter { $0.hasPrefix("rect ") }.map(Box.init)
      edges = try tags.filter { $0.hasPrefix("path ") && $0.contains("class=\"edge\"") }
        .flatMap { try NetworkDiagramTests.attribute("d", of: $0).split(separator: "M").map(Self.points) }
    }

    /// The boxes in which a name stands.
    func boxes(named name: String) -> [Int] {
      let labels = drawing.labels.filter { $0.text == name }
      return boxes.indices.filter { box in labels.contains { boxes[box].contains($0) } }
    }

    func box(withBottomAt point: Point?) -> Int {
      boxes.firstIndex { $0.touches(point, y: $0.y + $0.height) } ?? -1
    }

    func box(withTopAt point: Point?) -> Int { boxes.firstIndex { $0.touches(point, y: $0.y) } ?? -1 }

    /// Points along a subpath of lines and of quadratic and cubic Bézier curves.
    private static func points(_ path: Substring) throws -> [Point] {
      var points: [Point] = []
      var commands: [(Character, [Double])] = [("M", [])]
      var number = ""
      for character in path + " " {
        if character.isNumber || character == "." || character == "-" {
          number.append(character)
        } else {
          if let value = Double(number) { commands[commands.count - 1].1.append(value) }
          number = ""
          if character.isLetter { commands.append((character, [])) }
        }
      }
      for (command, numbers) in commands {
        let control = stride(from: 0, to: numbers.count, by: 2).map { Point(numbers[$0], numbers[$0 + 1]) }
        guard let degree = ["M": 0, "L": 1, "Q": 2, "C": 3][command], control.count == max(1, degree) else {
          throw Fault(text: String(path))
        }
        let polygon = Array(points.suffix(1)) + control
        for step in 0...64 { points.append(Self.point(on: polygon, at: Double(step) / 64)) }
      }
      return points
    }

    /// The point of a Bézier curve, by de Casteljau's algorithm.
    private static func point(on polygon: [Point], at t: Double) -> Point {
      polygon.count == 1
        ? polygon[0]
        : point(
          on: zip(polygon, polygon.dropFirst()).map {
            ($0.x + t * ($1.x - $0.x), $0.y + t * ($1.y - $0.y))
          }, at: t)
    }
  }

  struct Box {
    let x: Double
    let y: Double
    let width: Double
    let height: Double

    init(_ tag: Substring) throws {
      func number(_ name: String) throws -> Double {
        Double(try NetworkDiagramTests.attribute(name, of: tag)) ?? .nan
      }
      (x, y) = (try number("x"), try number("y"))
      (width, height) = (try number("width"), try number("height"))
    }

    var middle: Double { x + width / 2 }

    func overlaps(_ other: Box) -> Bool {
      x < other.x + other.width && other.x < x + width && y < other.y + other.height
        && other.y < y + height
    }

    func contains(_ point: Point) -> Bool {
      x + 0.2 < point.x && point.x < x + width - 0.2 && y + 0.2 < point.y && point.y < y + height - 0.2
    }

    func contains(_ label: Drawing.Label) -> Bool {
      x <= label.x.lowerBound && label.x.upperBound <= x + width && y <= label.y.lowerBound
        && label.y.upperBound <= y + height
    }

    func isInside(width: Double, height: Double) -> Bool {
      x >= 0 && y >= 0 && x + self.width <= width && y + self.height <= height
    }

    func touches(_ point: Point?, y: Double) -> Bool {
      guard let point else { return false }
      return x < point.x && point.x < x + width && abs(point.y - y) < 0.11
    }
  }

  struct Fault: Error { let text: String }

  /// The value of an attribute in the text of a tag.
  static func attribute(_ name: String, of tag: Substring) throws -> Substring {
    let parts = tag.split(separator: "\"", omittingEmptySubsequences: false)
    guard let index = parts.firstIndex(where: { $0.hasSuffix(" \(name)=") }), index + 1 < parts.count else {
      throw Fault(text: String(tag))
    }
    return parts[index + 1]
  }
}
