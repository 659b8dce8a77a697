import SVGCharts

/// A page of HTML that needs nothing but itself: no script, no other file.
struct Page {
  /// A part of the page with a heading that links lead to.
  struct Section {
    let id: String
    let title: String
    let content: [Element]
  }

  let title: String
  /// What stands under the title.
  let subtitle: String
  /// What a reader has to know first, a line each.
  let notices: [String]
  /// The numbers that matter most.
  let facts: [(name: String, value: String, note: String)]
  let sections: [Section]
  let footer: String

  /// The file.
  var file: [UInt8] { Array(("<!DOCTYPE html>\n" + html.text + "\n").utf8) }

  private var html: Element {
    Element(
      "html", ["lang": "en"], [head, Element("body", [:], [header, main, Element("footer", [:], footer)])])
  }

  private var head: Element {
    let policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return Element(
      "head", [:],
      [
        Element("meta", ["charset": "utf-8"]),
        Element("meta", ["http-equiv": "Content-Security-Policy", "content": policy]),
        Element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
        Element("meta", ["name": "color-scheme", "content": "light dark"]),
        Element("title", title), Element("style", PageStyle.css),
      ])
  }

  private var header: Element {
    let links = sections.map { Element("a", ["href": "#\($0.id)"], $0.title) }
    let facts = facts.map { name, value, note in
      Element(
        "div", ["class": "fact"],
        [Element("dt", name), Element("dd", ["class": "value"], value), Element("dd", note)])
    }
    let notices = notices.map { Element("p", ["class": "notice", "role": "note"], $0) }
    return Element(
      "header", [:],
      [Element("h1", title), Element("p", ["class": "subtitle"], subtitle)] + notices
        + (facts.isEmpty ? [] : [Element("dl", ["class": "facts"], facts)])
        + [Element("nav", ["aria-label": "Sections"], links)])
  }

  private var main: Element {
    Element(
      "main", [:],
      sections.map { section in
        Element("section", ["id": section.id], [Element("h2", section.title)] + section.content)
      })
  }
}

extension Element {
  /// A paragraph.
  static func paragraph(_ text: String) -> Element { Element("p", text) }

  /// Elements in as many columns as there is room for.
  static func columns(_ elements: [Element], style: String = "columns") -> Element {
    Element("div", ["class": style], elements)
  }

  /// What is wider than a phone and scrolls by itself; the keyboard reaches it.
  static func scrolling(_ element: Element, label: String) -> Element {
    Element("div", ["class": "scroll", "tabindex": "0", "role": "group", "aria-label": label], [element])
  }
}

extension Table {
  /// The table in HTML; `caption` names it for those who do not see it.
  func html(_ caption: String) -> Element {
    func cells(_ row: [String], _ name: String) -> [Element] {
      zip(row, alignments).enumerated().map { column, cell in
        let style = cell.1 == .right ? "number" : "text"
        let element = column == 0 && name == "td" ? "th" : name
        var result = Element(element, column > 0 ? ["class": style] : [:], cell.0)
        if element == "th" { result.attributes.append(("scope", name == "th" ? "col" : "row")) }
        return result
      }
    }
    let isHeaded = !rows[0].allSatisfy(\.isEmpty)
    let head = isHeaded ? [Element("thead", [:], [Element("tr", [:], cells(rows[0], "th"))])] : []
    let body = Element("tbody", [:], rows.dropFirst().map { Element("tr", [:], cells($0, "td")) })
    return .scrolling(Element("table", ["aria-label": caption], head + [body]), label: caption)
  }
}
