import Formatting

/// An HTTP response.
package struct HTTPResponse: Sendable {
  /// A status code and its reason phrase.
  package struct Status: Equatable, Sendable {
    /// The code, such as 404.
    package let code: Int
    /// The reason phrase, such as `Not Found`.
    let reasonPhrase: String

    private init(_ code: Int, _ reasonPhrase: String) {
      (self.code, self.reasonPhrase) = (code, reasonPhrase)
    }

    package static let ok = Status(200, "OK")
    package static let badRequest = Status(400, "Bad Request")
    package static let forbidden = Status(403, "Forbidden")
    package static let notFound = Status(404, "Not Found")
    package static let methodNotAllowed = Status(405, "Method Not Allowed")
    package static let requestTimeout = Status(408, "Request Timeout")
    package static let lengthRequired = Status(411, "Length Required")
    package static let contentTooLarge = Status(413, "Content Too Large")
    package static let unsupportedMediaType = Status(415, "Unsupported Media Type")
    package static let misdirectedRequest = Status(421, "Misdirected Request")
    package static let headTooLarge = Status(431, "Request Header Fields Too Large")
    package static let internalServerError = Status(500, "Internal Server Error")
    package static let notImplemented = Status(501, "Not Implemented")
    package static let serviceUnavailable = Status(503, "Service Unavailable")
    package static let versionNotSupported = Status(505, "HTTP Version Not Supported")
  }

  let status: Status
  /// The media type of the body.
  let type: String
  let body: [UInt8]
  /// The value of the `Allow` header, for `methodNotAllowed`.
  package var allow: String?

  /// A response with a body of the given media type.
  package init(_ body: [UInt8], type: String, status: Status = .ok) {
    (self.status, self.type, self.body) = (status, type, body)
  }

  /// An error response, whose body is JSON: `{"error": "..."}`.
  package init(_ error: HTTPError) {
    let body = "{\"error\":\(error.message.quoted)}"
    self.init(Array(body.utf8), type: "application/json", status: error.status)
  }

  /// Security headers of every response: pages load resources of their own origin only, and pages of other origins
  /// can neither embed nor read them.
  private static let securityHeaders = [
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
      + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY", "Referrer-Policy: no-referrer",
    "Cross-Origin-Opener-Policy: same-origin", "Cross-Origin-Resource-Policy: same-origin",
    "Permissions-Policy: camera=(), geolocation=(), microphone=()", "Cache-Control: no-store",
  ]

  /// The serialized response; `isHead` omits the body, as for `HEAD`.
  func encoded(keepsConnection: Bool, isHead: Bool = false) -> [UInt8] {
    let lines =
      [
        "HTTP/1.1 \(status.code) \(status.reasonPhrase)", "Content-Type: \(type)",
        "Content-Length: \(body.count)",
      ]
      + (allow.map { ["Allow: \($0)"] } ?? []) + (status == .serviceUnavailable ? ["Retry-After: 1"] : [])
      + Self.securityHeaders
      + (keepsConnection ? [] : ["Connection: close"])
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (isHead ? [] : body)
  }
}
