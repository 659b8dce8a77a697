import CNNEngine
import ConfigDecoding
import HTTPServer
import JSONText
import Training

/// The web demo: a page on which a digit is drawn, and the routes that classify it.
package struct DigitPage {
  private let classifier: DigitClassifier

  /// A page for the model of `source`.
  ///
  /// - Throws: `CheckpointError` for a model without weights.
  package init(_ source: LoadedModel, threadPool: ThreadPool) throws(CheckpointError) {
    classifier = try DigitClassifier(source, threadPool: threadPool)
  }

  /// A server of the page on `listener`, which listens on `host`.
  package func server(
    on listener: consuming Listener, host: String, limits: Server.Limits = Server.Limits()
  ) -> Server {
    let policy = OriginPolicy(
      host: host, address: listener.address, port: listener.port, isWildcard: listener.isWildcard)
    return Server(listener, limits: limits) { request in
      do throws(HTTPError) {
        try policy.check(request)
        return try response(to: request)
      } catch {
        return HTTPResponse(error)
      }
    }
  }

  /// Routes a request that the origin policy allows.
  private func response(to request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
    let isPrediction = request.path == "/predict"
    let resource =
      Self.resources[request.path] ?? (request.path == "/model" ? HTTPResponse(json: classifier.model) : nil)
    guard isPrediction || resource != nil else { throw HTTPError(.notFound, "not found") }
    let methods = isPrediction ? ["POST"] : ["GET", "HEAD"]
    guard methods.contains(request.method) else {
      let allow = methods.joined(separator: ", ")
      var response = HTTPResponse(HTTPError(.methodNotAllowed, "method not allowed; use \(allow)"))
      response.allow = allow
      return response
    }
    if let resource { return resource }
    return try predict(request)
  }

  private func predict(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
    let type = request["content-type"]?.lowercased().prefix { $0 != ";" && $0 != " " }
    guard type == "application/json" else {
      throw HTTPError(.unsupportedMediaType, "send JSON with Content-Type: application/json")
    }
    let body: PredictRequest
    do {
      body = try PredictRequest(parsing: request.body)
    } catch {
      throw HTTPError(.badRequest, "\(error)")
    }
    let answer: JSON?
    do {
      answer = try classifier.predict(body.drawing)
    } catch {
      throw HTTPError(.internalServerError, "\(error)")
    }
    guard let answer else { throw HTTPError(.badRequest, "request: pixels: the drawing is empty") }
    return HTTPResponse(json: answer)
  }

  /// The static files by path.
  private static let resources = [
    "/": HTTPResponse(PackageResources.index_html, type: "text/html; charset=utf-8"),
    "/page.css": HTTPResponse(PackageResources.page_css, type: "text/css; charset=utf-8"),
    "/page.js": HTTPResponse(PackageResources.page_js, type: "text/javascript; charset=utf-8"),
    "/canvas.js": HTTPResponse(PackageResources.canvas_js, type: "text/javascript; charset=utf-8"),
    "/icon.svg": HTTPResponse(PackageResources.icon_svg, type: "image/svg+xml"),
  ]
}

extension HTTPResponse {
  /// A JSON response.
  fileprivate init(json: JSON) { self.init(Array(json.text(pretty: false).utf8), type: "application/json") }
}
