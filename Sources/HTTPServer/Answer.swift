/// How a request is answered.
package enum Answer: Sendable {
  /// At once, within the event loop.
  case now(HTTPResponse)
  /// Beside the event loop, when all earlier ones have been computed.
  case later(@Sendable () -> HTTPResponse)
}
