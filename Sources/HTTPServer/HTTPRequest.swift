/// A complete HTTP request.
package struct HTTPRequest: Equatable, Sendable {
  /// The method, such as `GET`; case-sensitive.
  package let method: String
  /// The path of the request target, without host and query.
  package let path: String
  /// Whether the connection is persistent.
  package let keepsConnection: Bool
  /// The header fields by lower-case name.
  package let headers: [String: String]
  /// The body.
  package var body: [UInt8] = []

  /// The value of a header field, by lower-case name.
  package subscript(header: String) -> String? { headers[header] }
}

extension HTTPRequest {
  /// Parses the request line and the header fields, without the empty line that ends them.
  ///
  /// It rejects everything that parsers interpret differently, as request smuggling relies on that.
  ///
  /// - Throws: `HTTPError` for a malformed head or another version of HTTP.
  package init(head: ArraySlice<UInt8>) throws(HTTPError) {
    guard head.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x0D || $0 == 0x0A || $0 == 0x09 }) else {
      throw HTTPError(.badRequest, "control characters in the header")
    }
    let text = String(decoding: head, as: UTF8.self)
    var lines = text.unicodeScalars.split(separator: "\r\n".unicodeScalars).map(String.init)[...]
    let words = (lines.popFirst() ?? "").split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[0].isToken, let target = Self.target(words[1]) else {
      throw HTTPError(.badRequest, "malformed request line")
    }
    guard words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
      throw HTTPError(.versionNotSupported, "only HTTP/1.1 and HTTP/1.0 are supported")
    }
    method = String(words[0])
    path = target.path
    var headers: [String: String] = [:]
    for line in lines {
      let name = line.prefix { $0 != ":" }
      guard name.count < line.count, name.isToken, !line.contains(where: \.isNewline) else {
        throw HTTPError(.badRequest, "malformed header field")
      }
      let value = line.dropFirst(name.count + 1).trimmed
      let key = name.lowercased()
      if let earlier = headers[key] {
        guard !Self.singletonFields.contains(key) else {
          throw HTTPError(.badRequest, "duplicate \(key) header")
        }
        headers[key] = earlier + ", " + value
      } else {
        headers[key] = String(value)
      }
    }
    // The host of a URI replaces the Host header, without which a request of HTTP/1.1 remains malformed.
    if let host = target.host, headers["host"] != nil || words[2] == "HTTP/1.0" { headers["host"] = host }
    self.headers = headers
    let connection = (headers["connection"] ?? "").lowercased()
    keepsConnection = words[2] == "HTTP/1.1" && !connection.contains("close")
  }

  /// Host and path of a request target without its query: a path, or an `http` URI (RFC 9112, 3.2); nil for others.
  private static func target(_ text: Substring) -> (host: String?, path: String)? {
    let text = text.prefix { $0 != "?" }
    if text.hasPrefix("/") { return (nil, String(text)) }
    let scheme = "http://"
    guard text.prefix(scheme.count).lowercased() == scheme else { return nil }
    let host = text.dropFirst(scheme.count).prefix { $0 != "/" }
    if host.isEmpty { return nil }
    return (String(host), host.endIndex == text.endIndex ? "/" : String(text[host.endIndex...]))
  }

  /// Header fields that must not be repeated: they determine the routing and the length of the body.
  private static let singletonFields: Set = [
    "host", "origin", "content-length", "content-type", "transfer-encoding",
  ]

  /// The length of the body by `Content-Length`.
  ///
  /// - Throws: `HTTPError` for a missing, malformed or too large length, or a transfer coding.
  func bodyLength(limit: Int) throws(HTTPError) -> Int {
    guard self["transfer-encoding"] == nil else {
      throw HTTPError(.notImplemented, "transfer codings are not supported; send a Content-Length")
    }
    guard let text = self["content-length"] else {
      if method == "POST" { throw HTTPError(.lengthRequired, "missing Content-Length header") }
      return 0
    }
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw HTTPError(.badRequest, "malformed Content-Length header")
    }
    guard let length = Int(text), length <= limit else {
      throw HTTPError(.contentTooLarge, "the body is larger than \(limit) bytes")
    }
    return length
  }
}

extension StringProtocol {
  /// Whether the text is a token (RFC 9110), as methods and field names are.
  fileprivate var isToken: Bool {
    !isEmpty
      && utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }
}

extension Substring {
  /// The text without spaces and tabs at both ends.
  fileprivate var trimmed: Substring {
    let text = drop { $0 == " " || $0 == "\t" }
    return text.dropLast(text.reversed().prefix { $0 == " " || $0 == "\t" }.count)
  }
}
