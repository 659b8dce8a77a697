import FileIO
import ImageFiles
import SVGCharts

/// The image files beside a report: an SVG file per figure, and a PNG file rendered from it by `rsvg-convert`.
public struct FigureFiles: Sendable {
  private let folder: String
  /// The names of the files by the name of their figure.
  private var names: [String: [String]] = [:]

  /// Why there are no PNG files, and how to get them; empty where there are.
  public private(set) var notices: [String] = []

  /// The formats of the files: `SVG and PNG`, or `SVG`.
  public var formats: String { notices.isEmpty ? "SVG and PNG" : "SVG" }

  /// Writes every figure to `folder` as SVG and PNG.
  ///
  /// - Parameter searchPath: the folders in which `rsvg-convert` is searched, as in `$PATH`.
  /// - Throws: `DataError.unwritable`; a PNG file that cannot be rendered is a notice.
  public static func write(
    _ figures: [Figure], to folder: String, searchPath: String
  ) throws(DataError) -> FigureFiles {
    var files = FigureFiles(folder: folder)
    try AtomicFile.createFolder(folder)
    let program = Subprocess.find("rsvg-convert", in: searchPath)
    if program == nil {
      files.notices.append(
        "no PNG files: rsvg-convert, which renders SVG as PNG, is not installed (Debian: apt-get install librsvg2-bin)"
      )
    }
    for figure in figures { try files.write(figure, renderer: program) }
    return files
  }

  /// No files yet, beside a page whose figures have a `folder`.
  package init(folder: String) { self.folder = folder }

  private mutating func write(_ figure: Figure, renderer program: String?) throws(DataError) {
    let svg = joinPath(folder, "\(figure.name).svg")
    try AtomicFile.write(figure.drawing.file, to: svg)
    names[figure.name] = ["\(figure.name).svg"]
    guard let program, notices.isEmpty else { return }
    do throws(DataError) {
      let png = try Self.png(of: svg, program)
      try AtomicFile.write(png, to: joinPath(folder, "\(figure.name).png"))
      names[figure.name]?.append("\(figure.name).png")
    } catch {
      if case .unwritable = error { throw error }
      notices.append("no PNG files: \(error)")
    }
  }

  /// Renders an SVG file as PNG, at two pixels for each of the SVG's.
  private static func png(of svg: String, _ program: String) throws(DataError) -> [UInt8] {
    var png: [UInt8] = []
    try Subprocess.run(
      program, arguments: ["--zoom", "2", "--format", "png", "--", svg], name: svg
    ) { (bytes) throws(DataError) in png += bytes }
    return png
  }

  /// A caption with links to the files of a figure; nil for a figure without files.
  func links(_ figure: Figure) -> MarkupElement? {
    guard let names = names[figure.name] else { return nil }
    let name = lastComponent(of: folder)
    return MarkupElement(
      "figcaption", [:],
      names.map { file in
        let format = file.hasSuffix(".svg") ? "SVG" : "PNG"
        let label = "\(figure.drawing.title) as \(format)"
        let url = "\(name.percentEncoded)/\(file.percentEncoded)"
        return MarkupElement("a", ["href": url, "aria-label": label], format)
      })
  }

  /// The `figure` element of a page: the inline image, and links to its files.
  func element(_ figure: Figure) -> MarkupElement {
    let image = MarkupElement.scrolling(figure.drawing.inline, label: figure.drawing.title)
    return MarkupElement("figure", [:], [image, links(figure)].compactMap { $0 })
  }
}

extension String {
  /// The text percent-encoded as a component of a URL's path (RFC 3986).
  fileprivate var percentEncoded: String {
    let digits = Array("0123456789ABCDEF")
    return utf8.reduce(into: "") { text, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
        text.append(Character(UnicodeScalar(byte)))
      default: text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
  }
}
