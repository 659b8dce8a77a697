import SVGCharts

/// A self-contained HTML page without scripts.
struct HTMLPage {
  /// A section with a heading, and an entry in the table of contents.
  struct Section {
    /// The fragment identifier.
    let id: String
    /// The heading.
    let title: String
    /// The elements below the heading.
    let content: [MarkupElement]
  }

  /// The title of the document, also its heading.
  let title: String
  /// The line below the heading.
  let subtitle: String
  /// Warnings, a paragraph each.
  let notices: [String]
  /// Statistics in large type.
  let statistics: [(name: String, value: String, note: String)]
  /// The sections, in order.
  let sections: [Section]
  /// The last line.
  let footer: String

  /// The HTML file.
  var file: [UInt8] { Array(("<!DOCTYPE html>\n" + html.text + "\n").utf8) }

  private var html: MarkupElement {
    MarkupElement(
      "html", ["lang": "en"],
      [head, MarkupElement("body", [:], [header, main, MarkupElement("footer", [:], footer)])])
  }

  private var head: MarkupElement {
    let policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return MarkupElement(
      "head", [:],
      [
        MarkupElement("meta", ["charset": "utf-8"]),
        MarkupElement("meta", ["http-equiv": "Content-Security-Policy", "content": policy]),
        MarkupElement("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
        MarkupElement("meta", ["name": "color-scheme", "content": "light dark"]),
        MarkupElement("title", title), MarkupElement("style", ReportStyle.css),
      ])
  }

  private var header: MarkupElement {
    let links = sections.map { MarkupElement("a", ["href": "#\($0.id)"], $0.title) }
    let statistics = statistics.map { name, value, note in
      MarkupElement(
        "div", ["class": "statistic"],
        [
          MarkupElement("dt", name), MarkupElement("dd", ["class": "value"], value),
          MarkupElement("dd", note),
        ])
    }
    let notices = notices.map { MarkupElement("p", ["class": "notice", "role": "note"], $0) }
    return MarkupElement(
      "header", [:],
      [MarkupElement("h1", title), MarkupElement("p", ["class": "subtitle"], subtitle)] + notices
        + (statistics.isEmpty ? [] : [MarkupElement("dl", ["class": "statistics"], statistics)])
        + [MarkupElement("nav", ["aria-label": "Sections"], links)])
  }

  private var main: MarkupElement {
    MarkupElement(
      "main", [:],
      sections.map { section in
        MarkupElement("section", ["id": section.id], [MarkupElement("h2", section.title)] + section.content)
      })
  }
}

extension MarkupElement {
  /// A paragraph.
  static func paragraph(_ text: String) -> MarkupElement { MarkupElement("p", text) }

  /// A paragraph in small type.
  static func note(_ text: String) -> MarkupElement { MarkupElement("p", ["class": "note"], text) }

  /// A responsive grid of elements.
  static func columns(_ elements: [MarkupElement], cssClass: String = "columns") -> MarkupElement {
    MarkupElement("div", ["class": cssClass], elements)
  }

  /// A focusable container that scrolls horizontally where its element is wider than the page.
  static func scrolling(_ element: MarkupElement, label: String) -> MarkupElement {
    MarkupElement(
      "div", ["class": "scroll", "tabindex": "0", "role": "group", "aria-label": label], [element])
  }
}

extension Table {
  /// The table as an HTML element with an accessible name.
  func html(_ label: String) -> MarkupElement {
    func cells(_ row: [String], _ tag: String) -> [MarkupElement] {
      zip(row, alignments).enumerated().map { column, cell in
        let cssClass = cell.1 == .right ? "number" : "text"
        let cellTag = column == 0 && tag == "td" ? "th" : tag
        var result = MarkupElement(cellTag, column > 0 ? ["class": cssClass] : [:], cell.0)
        if cellTag == "th" { result.attributes.append(("scope", tag == "th" ? "col" : "row")) }
        return result
      }
    }
    let hasHeadings = !rows[0].allSatisfy(\.isEmpty)
    let head =
      hasHeadings ? [MarkupElement("thead", [:], [MarkupElement("tr", [:], cells(rows[0], "th"))])] : []
    let body = MarkupElement("tbody", [:], rows.dropFirst().map { MarkupElement("tr", [:], cells($0, "td")) })
    return .scrolling(MarkupElement("table", ["aria-label": label], head + [body]), label: label)
  }
}
