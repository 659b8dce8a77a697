/// An error that is reported to the client as a response.
package struct HTTPError: Error, Equatable {
  /// The status code of the response.
  package let status: HTTPResponse.Status
  /// The message for the client.
  package let message: String

  /// An error response with a status and a message.
  package init(_ status: HTTPResponse.Status, _ message: String) {
    (self.status, self.message) = (status, message)
  }
}
