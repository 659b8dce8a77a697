import CNNEngine
import ConfigDecoding
import HTTPServer
import JSONText
import Training

/// The page a digit is drawn on, and what answers it.
package struct DigitPage {
  private let reader: DigitClassifier

  /// A page for the network of `source`.
  ///
  /// - Throws: `CheckpointError` where it has no weights.
  package init(_ source: LoadedModel, threadPool: ThreadPool) throws(CheckpointError) {
    reader = try DigitClassifier(source, threadPool: threadPool)
  }

  /// A server of the page, started with `--host host`.
  package func server(
    on listener: consuming Listener, host: String, limits: Server.Limits = Server.Limits()
  ) -> Server {
    let rules = OriginPolicy(
      host: host, address: listener.address, port: listener.port, isForAll: listener.isForAll)
    return Server(listener, limits: limits) { request in
      do throws(HTTPFault) {
        try rules.check(request)
        return try answer(request)
      } catch {
        return HTTPResponse(error)
      }
    }
  }

  /// Answers a request that may ask.
  private func answer(_ request: HTTPRequest) throws(HTTPFault) -> HTTPResponse {
    let isQuestion = request.path == "/predict"
    let resource =
      Self.resources[request.path] ?? (request.path == "/model" ? HTTPResponse(json: reader.model) : nil)
    guard isQuestion || resource != nil else { throw HTTPFault(.notFound, "there is nothing here") }
    let methods = isQuestion ? ["POST"] : ["GET", "HEAD"]
    guard methods.contains(request.method) else {
      let allowed = methods.joined(separator: ", ")
      var response = HTTPResponse(HTTPFault(.methodNotAllowed, "only \(allowed)"))
      response.allowed = allowed
      return response
    }
    if let resource { return resource }
    return try predict(request)
  }

  private func predict(_ request: HTTPRequest) throws(HTTPFault) -> HTTPResponse {
    let type = request["content-type"]?.lowercased().prefix { $0 != ";" && $0 != " " }
    guard type == "application/json" else {
      throw HTTPFault(.unsupportedMediaType, "send JSON, with Content-Type: application/json")
    }
    let message: PredictRequest
    do {
      message = try PredictRequest(parsing: request.body)
    } catch {
      throw HTTPFault(.badRequest, "\(error)")
    }
    guard let answer = reader.read(message.drawing) else {
      throw HTTPFault(.badRequest, "request: pixels: nothing is drawn")
    }
    return HTTPResponse(json: answer)
  }

  /// The parts of the page by path.
  private static let resources = [
    "/": HTTPResponse(PackageResources.index_html, type: "text/html; charset=utf-8"),
    "/page.css": HTTPResponse(PackageResources.page_css, type: "text/css; charset=utf-8"),
    "/page.js": HTTPResponse(PackageResources.page_js, type: "text/javascript; charset=utf-8"),
    "/slate.js": HTTPResponse(PackageResources.slate_js, type: "text/javascript; charset=utf-8"),
    "/icon.svg": HTTPResponse(PackageResources.icon_svg, type: "image/svg+xml"),
  ]
}

extension HTTPResponse {
  /// A JSON value.
  fileprivate init(json: JSON) { self.init(Array(json.text(pretty: false).utf8), type: "application/json") }
}
