import CNNEngine
import Foundation
import TestSupport
import Testing

/// Runs `cnn serve` on a free port and sends requests over TCP sockets.
struct ServeTests {
  /// A running server of the sample network, and its port.
  private struct RunningServer {
    let sandbox: Sandbox
    let run: RunningCommand
    let port: Int

    init(_ options: String = "") throws {
      sandbox = try Sandbox()
      try sandbox.writePixelsModel()
      run = try sandbox.start("serve pixels.safetensors --config pixels.json --port 0 \(options)")
      let (sandbox, run) = (sandbox, run)
      sandbox.wait { run.printed.contains("\n") }
      let line = try #require(
        run.printed.firstMatch(of: /^Serving pixels.safetensors at (http:\/\/.*:(\d+)) \(/))
      port = try #require(Int(line.2))
    }

    /// Stops the server, which has to be responsive until then.
    func stop(_ signal: Int32 = SIGTERM) throws -> Sandbox.Outcome {
      #expect(try request("GET", "/model").status == 200)
      run.send(signal)
      return try run.wait()
    }

    func head(_ method: String, _ path: String, _ headers: [String] = []) -> String {
      (["\(method) \(path) HTTP/1.1", "Host: localhost:\(port)"] + headers).joined(separator: "\r\n") + "\r\n"
    }

    /// The response to a request on a new connection.
    func request(_ method: String, _ path: String, _ headers: [String] = [], body: String? = nil) throws
      -> (status: Int, head: String, body: Data)
    {
      let connection = try RawConnection(port: port)
      let length = body.map { "Content-Length: \($0.utf8.count)\r\n" } ?? ""
      connection.send(head(method, path, headers) + length + "\r\n" + (body ?? ""))
      return try #require(connection.response())
    }

    /// The response to `POST /predict`.
    func predict(_ body: String) throws -> (status: Int, head: String, body: Data) {
      try request("POST", "/predict", ["Content-Type: application/json"], body: body)
    }
  }

  private func requestBody(_ pixels: [UInt8], width: Int, height: Int) -> String {
    #"{"width": \#(width), "height": \#(height), "pixels": "\#(Data(pixels).base64EncodedString())"}"#
  }

  /// A white 20x20 square, centred in 28x28: preprocessing does not change it.
  private var square: [UInt8] {
    (0..<784).map { (4..<24).contains($0 / 28) && (4..<24).contains($0 % 28) ? 255 : 0 }
  }

  @Test func aDrawingIsClassified() throws {
    let server = try RunningServer()
    let response = try server.predict(requestBody(square, width: 28, height: 28))
    #expect(response.status == 200 && response.head.contains("Content-Type: application/json"))
    let json = try #require(JSONSerialization.jsonObject(with: response.body) as? [String: Any])
    #expect(json["label"] as? String == "0")
    #expect((json["probabilities"] as? [Double])?.count == 10 && (json["logits"] as? [Double])?.count == 10)
    let input = try #require(json["input"] as? [String: Any])
    #expect(input["pixels"] as? String == Data(square).base64EncodedString())
    let maps = try #require(json["maps"] as? [String: Any])
    #expect(maps["layer"] as? String == "fc" && maps["width"] as? Int == 10)
    #expect(try server.stop().status == 143)
  }

  @Test func anyPositionAndSizeGivesThePredictionOfPredict() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet")
    let run = try sandbox.start("serve runs/tiny --port 0")
    sandbox.wait { run.printed.contains("\n") }
    let port = try #require(run.printed.firstMatch(of: /:(\d+) \(Ctrl-C/).flatMap { Int($0.1) })
    // An L in a corner, ten times as large as MNIST's digits.
    let pixels: [UInt8] = (0..<280 * 280).map { index in
      let (row, column) = (index / 280, index % 280)
      return (column < 30 && row < 200) || (row < 200 && row >= 170 && column < 120) ? 255 : 0
    }
    let connection = try RawConnection(port: port)
    let body = requestBody(pixels, width: 280, height: 280)
    connection.send(
      "POST /predict HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json; charset=utf-8\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
    let response = try #require(connection.response())
    let json = try #require(JSONSerialization.jsonObject(with: response.body) as? [String: Any])
    let input = try #require((json["input"] as? [String: Any])?["pixels"] as? String)
    let preprocessed = try #require(Data(base64Encoded: input))
    #expect(preprocessed.filter { $0 == 255 }.count == 3 * 20 + 9 * 3)
    try sandbox.write(Samples.pgm(width: 28, height: 28, Array(preprocessed)), to: "input.pgm")
    let predicted = try #require(
      try sandbox.run("predict runs/tiny input.pgm --json").json() as? [[String: Any]])
    #expect(predicted[0]["logits"] as? [Double] == json["logits"] as? [Double])
    #expect(predicted[0]["label"] as? String == json["label"] as? String)
    let maps = try #require(json["maps"] as? [String: Any])
    #expect(maps["layer"] as? String == "relu1" && maps["channels"] as? Int == 4)
    let bytes = (maps["pixels"] as? String).flatMap { Data(base64Encoded: $0) }
    #expect(bytes?.count == 4 * 24 * 24 && bytes?.max() == 255)
    run.send(SIGINT)
    let outcome = try run.wait()
    #expect(outcome.status == 130 && outcome.errors.isEmpty)
  }

  @Test func noticesAboutImportedWeightsArePrinted() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--output run --quiet")
    #expect(try sandbox.run("export run --format npz --layout keras --output keras.npz").status == 0)
    let run = try sandbox.start("serve keras.npz --config run/config.json --port 0")
    sandbox.wait { run.printed.contains("\n") }
    run.send(SIGTERM)
    #expect(try run.wait().errors.hasPrefix("keras.npz: its tensor names are not the network's"))
  }

  @Test func staticFilesHaveSecurityHeaders() throws {
    let server = try RunningServer()
    for (path, type) in [
      ("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"),
      ("/canvas.js", "text/javascript"),
      ("/icon.svg", "image/svg+xml"), ("/?a=b", "text/html"),
    ] {
      let response = try server.request("GET", path)
      #expect(response.status == 200 && response.head.contains("Content-Type: \(type)"))
      #expect(!response.body.isEmpty && response.head.contains("default-src 'none'"))
      #expect(
        response.head.contains("X-Content-Type-Options: nosniff")
          && response.head.contains("frame-ancestors 'none'"))
      let text = String(decoding: response.body, as: UTF8.self).replacing(
        "http://www.w3.org/2000/svg", with: "")
      #expect(!text.contains("://") && !text.contains("style=") && !text.contains("onclick"))
    }
    let connection = try RawConnection(port: server.port)
    connection.send(server.head("HEAD", "/", ["Connection: close"]) + "\r\n")
    #expect(connection.rest().hasSuffix("\r\n\r\n"))
    _ = try server.stop()
  }

  @Test func otherRequestsAreRejected() throws {
    let server = try RunningServer()
    let json = ["Content-Type: application/json"]
    let validBody = requestBody(square, width: 28, height: 28)
    for (method, path, headers, body, status) in [
      ("GET", "/nothing", [], nil, 404), ("GET", "/../etc/passwd", [], nil, 404), ("GET", "//", [], nil, 404),
      ("POST", "/nothing", json, validBody, 404), ("POST", "/", json, validBody, 405),
      ("GET", "/predict", [], nil, 405),
      ("OPTIONS", "/predict", [], nil, 405), ("DELETE", "/model", [], nil, 405), ("TRACE", "/", [], nil, 405),
      ("POST", "/predict", [], validBody, 415),
      ("POST", "/predict", ["Content-Type: text/plain"], validBody, 415),
      ("POST", "/predict", ["Content-Type: application/jsonx"], validBody, 415),
      ("POST", "/predict", json + ["Origin: http://evil.example"], validBody, 403),
      ("POST", "/predict", json + ["Origin: null"], validBody, 403),
      ("GET", "/model", ["Origin: http://evil.example"], nil, 403),
      ("GET", "/model", ["Host: evil.example"], nil, 400), ("POST", "/predict", json, "", 400),
      ("POST", "/predict", json, #"{"width": 28, "height": 28, "pixels": "!!"}"#, 400),
      ("POST", "/predict", json, requestBody(square, width: 28, height: 29), 400),
      ("POST", "/predict", json, requestBody(square.map { _ in 0 }, width: 28, height: 28), 400),
      ("POST", "/predict", json, String(repeating: #"{"a":"#, count: 100_000), 400),
      ("POST", "/predict", json, String(repeating: "\u{0}", count: 1000), 400),
    ] as [(String, String, [String], String?, Int)] {
      let response = try server.request(method, path, headers, body: body)
      #expect(response.status == status, "\(method) \(path) \(headers) \(body?.prefix(60) ?? "")")
      let error = try #require(JSONSerialization.jsonObject(with: response.body) as? [String: Any])
      #expect((error["error"] as? String)?.isEmpty == false && error.count == 1)
      #expect(status != 405 || response.head.contains("\r\nAllow: "))
    }
    let rebound = try RawConnection(port: server.port)
    rebound.send("GET / HTTP/1.1\r\nHost: evil.example:\(server.port)\r\n\r\n")
    #expect(rebound.response()?.status == 421)
    _ = try server.stop()
  }

  @Test func malformedBytesAreRejectedAndTheServerKeepsRunning() throws {
    let server = try RunningServer()
    let post = server.head("POST", "/predict", ["Content-Type: application/json"])
    var random = SystemRandomNumberGenerator()
    let randomBytes = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    for (bytes, starts) in [
      (randomBytes, ["HTTP/1.1 4", ""]), (Array("\u{16}\u{3}\u{1}\r\n\r\n".utf8), ["HTTP/1.1 400"]),
      (Array("GET / HTTP/1.1\r\n\r\n".utf8), ["HTTP/1.1 400"]),
      (Array("GET / HTTP/9\r\n\r\n".utf8), ["HTTP/1.1 505"]),
      (
        Array((server.head("GET", "/") + String(repeating: "X: y\r\n", count: 200_000)).utf8),
        ["HTTP/1.1 431"]
      ),
      (Array(("GET /" + String(repeating: "a", count: 5_000_000)).utf8), ["HTTP/1.1 431"]),
      (Array((post + "Content-Length: 16777217\r\n\r\n").utf8), ["HTTP/1.1 413"]),
      (Array((post + "Content-Length: 9999999999999999999999\r\n\r\n{").utf8), ["HTTP/1.1 413"]),
      (Array((post + "Content-Length: -5\r\n\r\n").utf8), ["HTTP/1.1 400"]),
      (Array((post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").utf8), ["HTTP/1.1 501"]),
      (Array((post + "\r\n").utf8), ["HTTP/1.1 411"]),
      (Array((post + "Content-Length: 10\r\n\r\n{").utf8), [""]),
      (Array("GE".utf8), [""]), ([], [""]),
    ] as [([UInt8], [String])] {
      let connection = try RawConnection(port: server.port)
      connection.send(bytes)
      connection.finish()
      let response = connection.rest()
      #expect(
        starts.contains { $0.isEmpty ? response.isEmpty : response.hasPrefix($0) },
        "\(String(decoding: bytes.prefix(80), as: UTF8.self).debugDescription): \(response.prefix(60))")
    }
    #expect(try server.stop().errors.isEmpty)
  }

  @Test func idleAndSlowConnectionsTimeOut() throws {
    let server = try RunningServer()
    let idle = try RawConnection(port: server.port)
    let slow = try RawConnection(port: server.port)
    slow.send("POST /predict HTTP/1.1\r\nHost:")
    let clock = ContinuousClock()
    let start = clock.now
    // Sending a byte from time to time does not extend the timeout.
    while clock.now - start < .seconds(4) {
      slow.send("a")
      usleep(200_000)
    }
    #expect(slow.response()?.status == 408)
    #expect(idle.rest().isEmpty)
    #expect(clock.now - start < .seconds(9))
    _ = try server.stop()
  }

  @Test func connectionsArePersistentAndPipelined() throws {
    let server = try RunningServer()
    let connection = try RawConnection(port: server.port)
    let body = requestBody(square, width: 28, height: 28)
    let post =
      server.head(
        "POST", "/predict", ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"])
      + "\r\n" + body
    for _ in 0..<20 {
      connection.send(post)
      #expect(connection.response()?.status == 200)
    }
    // Pipelined requests, the last of which closes the connection.
    let last = server.head("GET", "/model", ["Connection: close"]) + "\r\n"
    connection.send(String(repeating: server.head("GET", "/nothing") + "\r\n", count: 1000) + last)
    for _ in 0..<1000 { #expect(connection.response()?.status == 404) }
    #expect(connection.response()?.status == 200)
    #expect(connection.rest().isEmpty)
    _ = try server.stop()
  }

  @Test func manyConnectionsAreServedAndIdleOnesGiveWay() throws {
    let server = try RunningServer()
    do {
      let busy = try (0..<200).map { _ in try RawConnection(port: server.port) }
      for connection in busy { connection.send(server.head("GET", "/model") + "\r\n") }
      #expect(busy.allSatisfy { $0.response()?.status == 200 })
    }
    let half = try (0..<280).map { _ in try RawConnection(port: server.port) }
    for connection in half { connection.send("POST /predict HTTP/1.1\r\nHost:") }
    for _ in 0..<20 {
      let response = try server.predict(requestBody(square, width: 28, height: 28))
      #expect(response.status == 200)
    }
    let first = half[0].rest()
    #expect(first.isEmpty || first.hasPrefix("HTTP/1.1 408"))
    _ = try server.stop()
  }

  @Test func aBodyMayBeAsLargeAsAPhoto() throws {
    let server = try RunningServer()
    let drawing = requestBody(square, width: 28, height: 28)
    let padding = String(repeating: " ", count: 16 << 20 - drawing.utf8.count)
    #expect(try server.predict(drawing + padding).status == 200)
    let photo = #"{"width": 4000, "height": 3000, "pixels": "\#(String(repeating: "A", count: 16_000_000))"}"#
    let refused = try server.predict(photo)
    #expect(refused.status == 400 && refused.body.count < 1000)
    #expect(String(decoding: refused.body, as: UTF8.self).contains("must be an integer from 1 to 512"))
    _ = try server.stop()
  }

  @Test func absoluteURIsAreAnsweredForTheirHost() throws {
    let server = try RunningServer()
    for (target, host, status) in [
      ("http://localhost:\(server.port)/model", "evil.example", 200),
      ("http://127.0.0.1:\(server.port)", "evil.example", 200),
      ("http://evil.example/model", "localhost:\(server.port)", 421),
      ("http://evil.example:\(server.port)/model", "localhost:\(server.port)", 421),
    ] {
      let connection = try RawConnection(port: server.port)
      connection.send("GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
      #expect(connection.response()?.status == status)
    }
    _ = try server.stop()
  }

  @Test func aPortInUseIsReported() throws {
    let server = try RunningServer()
    let second = try server.sandbox.run("serve pixels.safetensors --config pixels.json --port \(server.port)")
    #expect(second.status == 71 && second.output.isEmpty)
    #expect(
      second.errors
        == "127.0.0.1:\(server.port): the port is in use; choose another port, or 0 for a free one\n")
    _ = try server.stop()
  }

  @Test func theWildcardAddressAcceptsAnyAddressButNoName() throws {
    let server = try RunningServer("--host 0.0.0.0")
    for (host, status) in [("192.0.2.7", 200), ("evil.example", 421)] {
      let connection = try RawConnection(port: server.port)
      connection.send("GET / HTTP/1.1\r\nHost: \(host):\(server.port)\r\n\r\n")
      #expect(connection.response()?.status == status)
    }
    for line in try server.stop().errors.split(separator: "\n") {
      #expect(line.hasPrefix("anyone in the network can open this page, without a password: http://"))
    }
  }

  @Test func errorsMatchTheSnapshot() throws {
    let sandbox = try Sandbox()
    try sandbox.writePixelsModel()
    var snapshot = Snapshot(sandbox)
    for command in [
      "", "nothing", "lenet", "pixels.json", "pixels.safetensors --config pixels.json --port 65536",
      "pixels.safetensors --config pixels.json --port x",
      "pixels.safetensors --config pixels.json --host no.such.host.invalid",
      "pixels.safetensors --config pixels.json --host 192.0.2.1",
    ] {
      try snapshot.run("serve \(command)")
    }
    try snapshot.expect("serve-faults")
  }
}
