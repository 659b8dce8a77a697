extension Server {
  /// Limits on the resources of clients.
  package struct Limits: Sendable {
    /// The maximum size of request line and header fields.
    package var headBytes = 32 << 10
    /// The maximum size of a body: a phone's photo, a byte per pixel in base64.
    package var bodyBytes = 16 << 20
    /// The maximum size of all requests that are being received or wait for their responses; the largest give way.
    package var totalBytes = 64 << 20
    /// The maximum number of connections; those that do not wait for a response give way to new ones.
    package var maxConnections = 256
    /// The maximum number of responses that are computed beside the event loop, queued ones included.
    package var maxPending = 32
    /// The time to receive a request, and to send a response.
    package var requestTimeout = Duration.seconds(5)
    /// The bytes for each further second that a request may take.
    package var bytesPerSecond = 256 << 10
    /// The time a persistent connection may be idle between two requests.
    package var idleTimeout = Duration.seconds(30)
    /// The time for which a closing connection discards its input.
    package var lingerTimeout = Duration.seconds(1)

    /// The defaults.
    package init() {}
  }
}
