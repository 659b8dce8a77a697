#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A picture made of shapes and text, in pixels from the top left.
public struct Drawing: Sendable {
  /// A text and the box it takes.
  public struct Label: Sendable {
    /// What is written.
    public let text: String
    /// The left and right end.
    public let x: ClosedRange<Double>
    /// The upper and lower end.
    public let y: ClosedRange<Double>

    /// Whether two boxes have a part in common.
    public func overlaps(_ other: Label) -> Bool {
      x.lowerBound < other.x.upperBound && other.x.lowerBound < x.upperBound
        && y.lowerBound < other.y.upperBound && other.y.lowerBound < y.upperBound
    }
  }

  /// Which end of a text its place names.
  enum Anchor: String { case start, middle, end }

  /// What it shows, in words.
  public let title: String
  /// Pixels from left to right.
  public let width: Double
  /// Pixels from top to bottom.
  public let height: Double
  /// Every text in it.
  public private(set) var labels: [Label] = []
  private var elements: [Element] = []

  /// The size of most text; none is smaller than `smallText`.
  package static let textSize = 12.5
  package static let smallText = 11.5

  init(title: String, width: Double, height: Double) {
    (self.title, self.width, self.height) = (title, width, height)
  }

  /// The picture as an element of an HTML page, which has the style sheet.
  ///
  /// It keeps its letters readable: on a narrow page it is scrolled rather than made smaller than it is.
  public var inline: Element {
    var svg = root
    let style = "min-width:\((width * 0.88).pixels)px;max-width:\((width * 1.4).pixels)px"
    svg.attributes += [("role", "img"), ("aria-label", title), ("style", style)]
    return svg
  }

  /// The picture as a file of its own, on white.
  public var file: [UInt8] {
    var svg = root
    svg.attributes.insert(("xmlns", "http://www.w3.org/2000/svg"), at: 0)
    svg.attributes += [("width", width.pixels), ("height", height.pixels)]
    let back = Element("rect", ["class": "back", "width": width.pixels, "height": height.pixels])
    let head = [Element("title", title), Element("style", Theme.light.css), back]
    svg.children.insert(contentsOf: head.map { .element($0) }, at: 0)
    return Array(("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg.text + "\n").utf8)
  }

  private var root: Element {
    Element("svg", ["class": "chart", "viewBox": "0 0 \(width.pixels) \(height.pixels)"], elements)
  }

  // MARK: Drawing

  mutating func add(_ element: Element) { elements.append(element) }

  /// Writes `text` with its base line at `y`; `whole` is what a pointer that rests there reads.
  mutating func write(
    _ text: String, x: Double, y: Double, size: Double = textSize, anchor: Anchor = .start,
    style: String = "", whole: String? = nil
  ) {
    let width = Self.width(of: text, size: size)
    let left =
      switch anchor {
      case .start: x
      case .middle: x - width / 2
      case .end: x - width
      }
    labels.append(Label(text: text, x: left...left + width, y: y - 0.75 * size...y + 0.2 * size))
    var element = Element("text", ["x": x.pixels, "y": y.pixels, "font-size": "\(size)"], text)
    if anchor != .start { element.attributes.append(("text-anchor", anchor.rawValue)) }
    if !style.isEmpty { element.attributes.append(("class", style)) }
    if let whole, whole != text { element.children.append(.element(Element("title", whole))) }
    add(element)
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String) {
    add(Element("path", ["class": style, "d": "M\(x1.pixels) \(y1.pixels)L\(x2.pixels) \(y2.pixels)"]))
  }

  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, style: String, tip: String? = nil
  ) {
    let tips = tip.map { [Element("title", $0)] } ?? []
    add(
      Element(
        "rect",
        [
          "class": style, "x": x.pixels, "y": y.pixels, "width": width.pixels, "height": height.pixels,
        ], tips))
  }

  /// Places a picture file.
  mutating func image(png: [UInt8], x: Double, y: Double, width: Double, height: Double, name: String) {
    add(
      Element(
        "image",
        [
          "x": x.pixels, "y": y.pixels, "width": width.pixels, "height": height.pixels,
          "style": "image-rendering:pixelated", "href": png.dataURI,
        ], [Element("title", name)]))
  }

  // MARK: Text

  /// A width that the text hardly exceeds in any font without serifs.
  static func width(of text: String, size: Double) -> Double {
    text.unicodeScalars.reduce(0) { sum, scalar in
      sum + (scalar.value >= 0x1100 ? 1.05 : "0"..."9" ~= scalar ? 0.64 : 0.6) * size
    }
  }

  /// The text, or as much of its start as fits.
  static func shortened(_ text: String, to width: Double, size: Double) -> String {
    if Self.width(of: text, size: size) <= width { return text }
    var start = text
    while !start.isEmpty, Self.width(of: start + "…", size: size) > width { start.removeLast() }
    return start + "…"
  }
}

extension Double {
  /// A coordinate: tenths of a pixel are enough.
  var pixels: String {
    let text = fixed(1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

extension [UInt8] {
  /// A PNG file as an address that holds it.
  public var dataURI: String { "data:image/png;base64,\(Data(self).base64EncodedString())" }
}
