import FileIO
import ImageFiles
import SVGCharts

/// The files of a report's pictures: SVG, and PNG made from them by `rsvg-convert`.
public struct PictureFiles: Sendable {
  private let folder: String
  private var names: [String: [String]] = [:]

  /// What a user should know: pictures that could not be made, and what to do.
  public private(set) var notices: [String] = []

  /// What kinds of files there are, in words.
  public var kinds: String { notices.isEmpty ? "SVG and PNG" : "SVG" }

  /// Writes every figure to `folder` as SVG and PNG.
  ///
  /// - Parameter searchPath: where `rsvg-convert` is looked for, as in `$PATH`.
  /// - Throws: `DataError.unwritable`; a PNG that cannot be made is a notice.
  public init(_ figures: [Figure], folder: String, searchPath: String) throws(DataError) {
    self.folder = folder
    try AtomicFile.createFolder(folder)
    let program = Subprocess.find("rsvg-convert", in: searchPath)
    if program == nil {
      notices.append(
        "no PNG pictures: the program rsvg-convert, which makes them from SVG, is not installed (Debian: apt-get install librsvg2-bin)"
      )
    }
    for figure in figures {
      let svg = joinPath(folder, "\(figure.name).svg")
      try AtomicFile.write(figure.drawing.file, to: svg)
      names[figure.name] = ["\(figure.name).svg"]
      guard let program, notices.isEmpty else { continue }
      do throws(DataError) {
        let png = try Self.png(of: svg, program)
        try AtomicFile.write(png, to: joinPath(folder, "\(figure.name).png"))
        names[figure.name]?.append("\(figure.name).png")
      } catch {
        if case .unwritable = error { throw error }
        notices.append("no PNG pictures: \(error)")
      }
    }
  }

  /// The bytes of a picture, two pixels for each of the SVG's.
  private static func png(of svg: String, _ program: String) throws(DataError) -> [UInt8] {
    var png: [UInt8] = []
    try Subprocess.run(
      program, arguments: ["--zoom", "2", "--format", "png", "--", svg], name: svg
    ) { (bytes) throws(DataError) in png += bytes }
    return png
  }

  /// Links to the files of a figure; nil where it has none.
  func links(_ figure: Figure) -> Element? {
    guard let names = names[figure.name] else { return nil }
    let name = folder.split(separator: "/").last.map(String.init) ?? folder
    return Element(
      "figcaption", [:],
      names.map { file in
        let kind = file.hasSuffix(".svg") ? "SVG" : "PNG"
        let label = "\(figure.drawing.title) as \(kind)"
        return Element("a", ["href": "\(name.urlEncoded)/\(file.urlEncoded)", "aria-label": label], kind)
      })
  }

  /// A figure of a page: the picture itself, and links to its files.
  func element(_ figure: Figure) -> Element {
    let picture = Element.scrolling(figure.drawing.inline, label: figure.drawing.title)
    return Element("figure", [:], [picture, links(figure)].compactMap { $0 })
  }
}

extension String {
  /// The text as a part of a relative URL.
  fileprivate var urlEncoded: String {
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
