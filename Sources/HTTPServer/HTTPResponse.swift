import Formatting

/// An answer.
package struct HTTPResponse: Sendable {
  /// How it went.
  package enum Status: Int, Sendable {
    case ok = 200
    case badRequest = 400
    case forbidden = 403
    case notFound = 404
    case methodNotAllowed = 405
    case requestTimeout = 408
    case lengthRequired = 411
    case contentTooLarge = 413
    case unsupportedMediaType = 415
    case misdirectedRequest = 421
    case headTooLarge = 431
    case notImplemented = 501
    case serviceUnavailable = 503
    case versionNotSupported = 505

    /// Its words.
    var phrase: String {
      switch self {
      case .ok: "OK"
      case .badRequest: "Bad Request"
      case .forbidden: "Forbidden"
      case .notFound: "Not Found"
      case .methodNotAllowed: "Method Not Allowed"
      case .requestTimeout: "Request Timeout"
      case .lengthRequired: "Length Required"
      case .contentTooLarge: "Content Too Large"
      case .unsupportedMediaType: "Unsupported Media Type"
      case .misdirectedRequest: "Misdirected Request"
      case .headTooLarge: "Request Header Fields Too Large"
      case .notImplemented: "Not Implemented"
      case .serviceUnavailable: "Service Unavailable"
      case .versionNotSupported: "HTTP Version Not Supported"
      }
    }
  }

  let status: Status
  /// The media type of the body.
  let type: String
  let body: [UInt8]
  /// The methods a path knows, where another was tried.
  package var allowed: String?

  /// A body of some media type.
  package init(_ body: [UInt8], type: String, status: Status = .ok) {
    (self.status, self.type, self.body) = (status, type, body)
  }

  /// What went wrong, as JSON: `{"error": "..."}`.
  package init(_ fault: HTTPFault) {
    let body = "{\"error\":\(fault.message.quoted)}"
    self.init(Array(body.utf8), type: "application/json", status: fault.status)
  }

  /// What every answer says to a browser: no other page may frame, read or guess at it, and it loads nothing from
  /// elsewhere.
  private static let protection = [
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
      + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY", "Referrer-Policy: no-referrer",
    "Cross-Origin-Opener-Policy: same-origin", "Cross-Origin-Resource-Policy: same-origin",
    "Permissions-Policy: camera=(), geolocation=(), microphone=()", "Cache-Control: no-store",
  ]

  /// The bytes to send; `isHead` leaves the body out.
  func encoded(keepsConnection: Bool, isHead: Bool = false) -> [UInt8] {
    let lines =
      [
        "HTTP/1.1 \(status.rawValue) \(status.phrase)", "Content-Type: \(type)",
        "Content-Length: \(body.count)",
      ]
      + (allowed.map { ["Allow: \($0)"] } ?? []) + Self.protection
      + (keepsConnection ? [] : ["Connection: close"])
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (isHead ? [] : body)
  }
}
