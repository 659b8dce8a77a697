#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// An SVG image of shapes and text, in pixels from the top left.
public struct Drawing: Sendable {
  /// A text and its bounding box.
  public struct Label: Sendable {
    /// The text.
    public let text: String
    /// The left and right edge.
    public let x: ClosedRange<Double>
    /// The top and bottom edge.
    public let y: ClosedRange<Double>

    /// Whether the two boxes overlap.
    public func overlaps(_ other: Label) -> Bool {
      x.lowerBound < other.x.upperBound && other.x.lowerBound < x.upperBound
        && y.lowerBound < other.y.upperBound && other.y.lowerBound < y.upperBound
    }
  }

  /// SVG's `text-anchor`: the point of a text that its x coordinate refers to.
  enum Anchor: String { case start, middle, end }

  /// The title, also its accessible name.
  public let title: String
  /// The width in pixels.
  public let width: Double
  /// The height in pixels.
  public let height: Double
  /// Every text, with its bounding box.
  public private(set) var labels: [Label] = []
  private var elements: [MarkupElement] = []

  /// The default font size in pixels.
  package static let textSize = 12.5
  /// The smallest font size in pixels.
  package static let smallText = 11.5

  init(title: String, width: Double, height: Double) {
    (self.title, self.width, self.height) = (title, width, height)
  }

  /// The image as an inline `svg` element of an HTML page, which has to include `Theme.css`.
  ///
  /// It has a minimum width, so that a narrow page scrolls the image instead of shrinking its text.
  public var inline: MarkupElement {
    var svg = root
    let style = "min-width:\((width * 0.88).pixels)px;max-width:\((width * 1.4).pixels)px"
    svg.attributes += [("role", "img"), ("aria-label", title), ("style", style)]
    return svg
  }

  /// The image as an SVG file with its own style sheet, in the light theme.
  public var file: [UInt8] {
    var svg = root
    svg.attributes.insert(("xmlns", "http://www.w3.org/2000/svg"), at: 0)
    svg.attributes += [("width", width.pixels), ("height", height.pixels)]
    let back = MarkupElement("rect", ["class": "back", "width": width.pixels, "height": height.pixels])
    let head = [MarkupElement("title", title), MarkupElement("style", Theme.light.css), back]
    svg.children.insert(contentsOf: head.map { .element($0) }, at: 0)
    return Array(("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg.text + "\n").utf8)
  }

  private var root: MarkupElement {
    MarkupElement("svg", ["class": "chart", "viewBox": "0 0 \(width.pixels) \(height.pixels)"], elements)
  }

  // MARK: Drawing

  /// Adds an element on top of the others.
  mutating func add(_ element: MarkupElement) { elements.append(element) }

  /// Adds `text` with its baseline at `y`; `tooltip` is the full text where `text` is shortened.
  mutating func addText(
    _ text: String, x: Double, y: Double, size: Double = textSize, anchor: Anchor = .start,
    cssClass: String = "", tooltip: String? = nil
  ) {
    let width = Self.width(of: text, size: size)
    let left =
      switch anchor {
      case .start: x
      case .middle: x - width / 2
      case .end: x - width
      }
    labels.append(Label(text: text, x: left...left + width, y: y - 0.75 * size...y + 0.2 * size))
    var element = MarkupElement("text", ["x": x.pixels, "y": y.pixels, "font-size": "\(size)"], text)
    if anchor != .start { element.attributes.append(("text-anchor", anchor.rawValue)) }
    if !cssClass.isEmpty { element.attributes.append(("class", cssClass)) }
    if let tooltip, tooltip != text { element.children.append(.element(MarkupElement("title", tooltip))) }
    add(element)
  }

  /// Adds a line from (`x1`, `y1`) to (`x2`, `y2`).
  mutating func addLine(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, cssClass: String) {
    add(
      MarkupElement("path", ["class": cssClass, "d": "M\(x1.pixels) \(y1.pixels)L\(x2.pixels) \(y2.pixels)"]))
  }

  /// Adds a rectangle with its top left corner at (`x`, `y`); `radius` is that of its corners.
  mutating func addRectangle(
    x: Double, y: Double, width: Double, height: Double, radius: Double = 0, cssClass: String,
    tooltip: String? = nil
  ) {
    let title = tooltip.map { [MarkupElement("title", $0)] } ?? []
    var rectangle = MarkupElement(
      "rect",
      [
        "class": cssClass, "x": x.pixels, "y": y.pixels, "width": width.pixels, "height": height.pixels,
      ], title)
    if radius > 0 { rectangle.attributes.append(("rx", radius.pixels)) }
    add(rectangle)
  }

  /// Adds a PNG image; `description` is its tooltip and accessible name.
  mutating func addImage(
    png: [UInt8], x: Double, y: Double, width: Double, height: Double, description: String
  ) {
    add(
      MarkupElement(
        "image",
        [
          "x": x.pixels, "y": y.pixels, "width": width.pixels, "height": height.pixels,
          "style": "image-rendering:pixelated", "href": png.dataURI,
        ], [MarkupElement("title", description)]))
  }

  // MARK: Text

  /// An upper estimate of the text's width in any sans-serif font.
  static func width(of text: String, size: Double) -> Double {
    text.unicodeScalars.reduce(0) { sum, scalar in
      let ems =
        switch scalar {
        case "0"..."9": 0.64
        case "m", "w", "M", "W": 0.98
        case "A"..."Z": 0.75
        default: scalar.value >= 0x1100 ? 1.05 : 0.6
        }
      return sum + ems * size
    }
  }

  /// The text, truncated with an ellipsis where it is wider than `width`.
  static func shortened(_ text: String, to width: Double, size: Double) -> String {
    if Self.width(of: text, size: size) <= width { return text }
    var start = text
    while !start.isEmpty, Self.width(of: start + "…", size: size) > width { start.removeLast() }
    return start + "…"
  }
}

extension Double {
  /// The coordinate with at most one decimal.
  var pixels: String {
    let text = fixed(1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

extension [UInt8] {
  /// The bytes of a PNG file as a data URI.
  public var dataURI: String { "data:image/png;base64,\(Data(self).base64EncodedString())" }
}
