/// A request that came in whole.
package struct HTTPRequest: Equatable, Sendable {
  /// `GET`, in capitals as it was sent.
  package let method: String
  /// What is asked for, from the slash on and without a query.
  package let path: String
  /// Whether the connection stays open for another request.
  package let keepsConnection: Bool
  /// The fields of the head by name, in small letters.
  package let fields: [String: String]
  /// What follows the head.
  package var body: [UInt8] = []

  /// The value of a field, whose name is in small letters.
  package subscript(field: String) -> String? { fields[field] }
}

/// Why a request is not answered as it wished.
package struct HTTPFault: Error, Equatable {
  /// The status of the answer.
  package let status: HTTPResponse.Status
  /// One sentence for whoever sent it.
  package let message: String

  package init(_ status: HTTPResponse.Status, _ message: String) {
    (self.status, self.message) = (status, message)
  }
}

extension HTTPRequest {
  /// Reads a head, all of it but the empty line at its end; strict, so that no two readers see two requests in it.
  package init(head: ArraySlice<UInt8>) throws(HTTPFault) {
    guard head.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x0D || $0 == 0x0A || $0 == 0x09 }) else {
      throw HTTPFault(.badRequest, "the head holds control characters")
    }
    let text = String(decoding: head, as: UTF8.self)
    var lines = text.unicodeScalars.split(separator: "\r\n".unicodeScalars).map(String.init)[...]
    let words = (lines.popFirst() ?? "").split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[0].isToken, words[1].hasPrefix("/") else {
      throw HTTPFault(.badRequest, "the first line is no request")
    }
    guard words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
      throw HTTPFault(.versionNotSupported, "HTTP/1.1 is spoken here")
    }
    method = String(words[0])
    path = String(words[1].prefix { $0 != "?" })
    var fields: [String: String] = [:]
    for line in lines {
      let name = line.prefix { $0 != ":" }
      guard name.count < line.count, name.isToken, !line.contains(where: \.isNewline) else {
        throw HTTPFault(.badRequest, "the head has a line that is no field")
      }
      let value = line.dropFirst(name.count + 1).trimmed
      let key = name.lowercased()
      if let earlier = fields[key] {
        guard !Self.singularFields.contains(key) else {
          throw HTTPFault(.badRequest, "\(key) is given twice")
        }
        fields[key] = earlier + ", " + value
      } else {
        fields[key] = String(value)
      }
    }
    self.fields = fields
    let connection = (fields["connection"] ?? "").lowercased()
    keepsConnection = words[2] == "HTTP/1.1" && !connection.contains("close")
  }

  /// Fields that decide who is asked for what, and how long it is.
  private static let singularFields: Set = [
    "host", "origin", "content-length", "content-type", "transfer-encoding",
  ]

  /// The announced length of the body; throws where it is too long or not announced.
  func bodyLength(limit: Int) throws(HTTPFault) -> Int {
    guard self["transfer-encoding"] == nil else {
      throw HTTPFault(.notImplemented, "send the body whole, with its Content-Length")
    }
    guard let text = self["content-length"] else {
      if method == "POST" { throw HTTPFault(.lengthRequired, "Content-Length is missing") }
      return 0
    }
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw HTTPFault(.badRequest, "Content-Length is no number")
    }
    guard let length = Int(text), length <= limit else {
      throw HTTPFault(.contentTooLarge, "a body of more than \(limit) bytes")
    }
    return length
  }
}

extension StringProtocol {
  /// Whether it is a word as HTTP knows them: a method, the name of a field.
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
  /// The text without the blanks around it.
  fileprivate var trimmed: Substring {
    let text = drop { $0 == " " || $0 == "\t" }
    return text.dropLast(text.reversed().prefix { $0 == " " || $0 == "\t" }.count)
  }
}
