import CNNEngine
import ConfigDecoding
import HTTPServer
import JSONText
import Training

/// The web demo: a page on which a digit is drawn, and the routes that classify it.
package struct DigitPage: Sendable {
  private let classifier: DigitClassifier
  /// The static files and the description of the model by path.
  private let resources: [String: HTTPResponse]

  /// A page for the vote of `models`, mostly one.
  ///
  /// - Parameter views: the views of a drawing that vote.
  /// - Throws: `CheckpointError` for a model without weights; `DataError` for models that cannot vote;
  ///   `InsufficientMemory` or `MemoryError`.
  package init(_ models: [LoadedModel], views: [PixelShift], threadPool: ThreadPool) throws {
    classifier = try DigitClassifier(models, views: views, threadPool: threadPool)
    resources = Self.files.merging(["/model": HTTPResponse(json: classifier.model)]) { $1 }
  }

  /// A server of the page on `listener`, which listens on `host`.
  ///
  /// - Throws: `ListenerError` for a process without free descriptors or threads.
  package func server(
    on listener: consuming Listener, host: String, limits: Server.Limits = Server.Limits()
  ) throws(ListenerError) -> Server {
    let policy = OriginPolicy(
      host: host, address: listener.address, port: listener.port, isWildcard: listener.isWildcard)
    return try Server(listener, limits: limits) { request in
      do throws(HTTPError) {
        try policy.check(request)
        return try answer(to: request)
      } catch {
        return .now(HTTPResponse(error))
      }
    }
  }

  /// Routes a request that the origin policy allows.
  private func answer(to request: HTTPRequest) throws(HTTPError) -> Answer {
    let isPrediction = request.path == "/predict"
    let resource = resources[request.path]
    guard isPrediction || resource != nil else { throw HTTPError(.notFound, "not found") }
    let methods = isPrediction ? ["POST"] : ["GET", "HEAD"]
    guard methods.contains(request.method) else {
      let allow = methods.joined(separator: ", ")
      var response = HTTPResponse(HTTPError(.methodNotAllowed, "method not allowed; use \(allow)"))
      response.allow = allow
      return .now(response)
    }
    if let resource { return .now(resource) }
    let type = request["content-type"]?.lowercased().prefix { $0 != ";" && $0 != " " }
    guard type == "application/json" else {
      throw HTTPError(.unsupportedMediaType, "send JSON with Content-Type: application/json")
    }
    return .later { [self, body = request.body] in
      do throws(HTTPError) {
        return try predict(body)
      } catch {
        return HTTPResponse(error)
      }
    }
  }

  /// The response to `POST /predict`.
  private func predict(_ body: [UInt8]) throws(HTTPError) -> HTTPResponse {
    let request: PredictRequest
    do {
      request = try PredictRequest(parsing: body)
    } catch {
      throw HTTPError(.badRequest, "\(error)")
    }
    let response: JSON?
    do {
      response = try classifier.predict(request.drawing)
    } catch {
      throw HTTPError(.internalServerError, "\(error)")
    }
    guard let response else { throw HTTPError(.badRequest, "request: pixels: the drawing is empty") }
    return HTTPResponse(json: response)
  }

  /// The static files by path.
  private static let files = [
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
