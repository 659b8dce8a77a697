import CNNEngine
import Foundation
import Testing

/// The real program on a free port, asked over plain sockets.
struct ServeTests {
  /// A server of the sample network, and the port it is at.
  private struct Serving {
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

    /// Ends the server, which has to be alive until then.
    func end(_ signal: Int32 = SIGTERM) throws -> Sandbox.Outcome {
      #expect(try ask("GET", "/model").status == 200)
      run.send(signal)
      return try run.wait()
    }

    func head(_ method: String, _ path: String, _ fields: [String] = []) -> String {
      (["\(method) \(path) HTTP/1.1", "Host: localhost:\(port)"] + fields).joined(separator: "\r\n") + "\r\n"
    }

    /// The one answer to one request.
    func ask(_ method: String, _ path: String, _ fields: [String] = [], body: String? = nil) throws
      -> (status: Int, head: String, body: Data)
    {
      let connection = try RawConnection(port: port)
      let length = body.map { "Content-Length: \($0.utf8.count)\r\n" } ?? ""
      connection.send(head(method, path, fields) + length + "\r\n" + (body ?? ""))
      return try #require(connection.answer())
    }

    /// The answer to a drawing.
    func predict(_ body: String) throws -> (status: Int, head: String, body: Data) {
      try ask("POST", "/predict", ["Content-Type: application/json"], body: body)
    }
  }

  private func drawing(_ pixels: [UInt8], width: Int, height: Int) -> String {
    #"{"width": \#(width), "height": \#(height), "pixels": "\#(Data(pixels).base64EncodedString())"}"#
  }

  /// A white square of 20 in 28 is already where MNIST's makers would put it.
  private var square: [UInt8] {
    (0..<784).map { (4..<24).contains($0 / 28) && (4..<24).contains($0 % 28) ? 255 : 0 }
  }

  @Test func aDrawingIsRead() throws {
    let server = try Serving()
    let answer = try server.predict(drawing(square, width: 28, height: 28))
    #expect(answer.status == 200 && answer.head.contains("Content-Type: application/json"))
    let json = try #require(JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
    #expect(json["label"] as? String == "0")
    #expect((json["probabilities"] as? [Double])?.count == 10 && (json["logits"] as? [Double])?.count == 10)
    let input = try #require(json["input"] as? [String: Any])
    #expect(input["pixels"] as? String == Data(square).base64EncodedString())
    let maps = try #require(json["maps"] as? [String: Any])
    #expect(maps["layer"] as? String == "fc" && maps["width"] as? Int == 10)
    #expect(try server.end().status == 143)
  }

  @Test func theSameDigitAsPredictAnywhereAndAtAnySize() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet")
    let run = try sandbox.start("serve runs/tiny --port 0")
    sandbox.wait { run.printed.contains("\n") }
    let port = try #require(run.printed.firstMatch(of: /:(\d+) \(Ctrl-C/).flatMap { Int($0.1) })
    // An L, ten times as large as MNIST's and in a corner.
    let pixels: [UInt8] = (0..<280 * 280).map { index in
      let (row, column) = (index / 280, index % 280)
      return (column < 30 && row < 200) || (row < 200 && row >= 170 && column < 120) ? 255 : 0
    }
    let connection = try RawConnection(port: port)
    let body = drawing(pixels, width: 280, height: 280)
    connection.send(
      "POST /predict HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json; charset=utf-8\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
    let answer = try #require(connection.answer())
    let json = try #require(JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
    let input = try #require((json["input"] as? [String: Any])?["pixels"] as? String)
    let seen = try #require(Data(base64Encoded: input))
    #expect(seen.filter { $0 == 255 }.count == 3 * 20 + 9 * 3)
    try sandbox.write(Samples.pgm(width: 28, height: 28, Array(seen)), to: "seen.pgm")
    let predicted = try #require(
      try sandbox.run("predict runs/tiny seen.pgm --json").json() as? [[String: Any]])
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

  @Test func thePageComesWholeAndProtected() throws {
    let server = try Serving()
    for (path, type) in [
      ("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"),
      ("/slate.js", "text/javascript"),
      ("/icon.svg", "image/svg+xml"), ("/?a=b", "text/html"),
    ] {
      let answer = try server.ask("GET", path)
      #expect(answer.status == 200 && answer.head.contains("Content-Type: \(type)"))
      #expect(!answer.body.isEmpty && answer.head.contains("default-src 'none'"))
      #expect(
        answer.head.contains("X-Content-Type-Options: nosniff")
          && answer.head.contains("frame-ancestors 'none'"))
      let text = String(decoding: answer.body, as: UTF8.self).replacing(
        "http://www.w3.org/2000/svg", with: "")
      #expect(!text.contains("://") && !text.contains("style=") && !text.contains("onclick"))
    }
    let connection = try RawConnection(port: server.port)
    connection.send(server.head("HEAD", "/", ["Connection: close"]) + "\r\n")
    #expect(connection.rest().hasSuffix("\r\n\r\n"))
    _ = try server.end()
  }

  @Test func everyOtherRequestIsRefused() throws {
    let server = try Serving()
    let json = ["Content-Type: application/json"]
    let good = drawing(square, width: 28, height: 28)
    for (method, path, fields, body, status) in [
      ("GET", "/nothing", [], nil, 404), ("GET", "/../etc/passwd", [], nil, 404), ("GET", "//", [], nil, 404),
      ("POST", "/nothing", json, good, 404), ("POST", "/", json, good, 405),
      ("GET", "/predict", [], nil, 405),
      ("OPTIONS", "/predict", [], nil, 405), ("DELETE", "/model", [], nil, 405), ("TRACE", "/", [], nil, 405),
      ("POST", "/predict", [], good, 415), ("POST", "/predict", ["Content-Type: text/plain"], good, 415),
      ("POST", "/predict", ["Content-Type: application/jsonx"], good, 415),
      ("POST", "/predict", json + ["Origin: http://evil.example"], good, 403),
      ("POST", "/predict", json + ["Origin: null"], good, 403),
      ("GET", "/model", ["Origin: http://evil.example"], nil, 403),
      ("GET", "/model", ["Host: evil.example"], nil, 400), ("POST", "/predict", json, "", 400),
      ("POST", "/predict", json, #"{"width": 28, "height": 28, "pixels": "!!"}"#, 400),
      ("POST", "/predict", json, drawing(square, width: 28, height: 29), 400),
      ("POST", "/predict", json, drawing(square.map { _ in 0 }, width: 28, height: 28), 400),
      ("POST", "/predict", json, String(repeating: #"{"a":"#, count: 100_000), 400),
      ("POST", "/predict", json, String(repeating: "\u{0}", count: 1000), 400),
    ] as [(String, String, [String], String?, Int)] {
      let answer = try server.ask(method, path, fields, body: body)
      #expect(answer.status == status, "\(method) \(path) \(fields) \(body?.prefix(60) ?? "")")
      let fault = try #require(JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
      #expect((fault["error"] as? String)?.isEmpty == false && fault.count == 1)
      #expect(status != 405 || answer.head.contains("\r\nAllow: "))
    }
    let named = try RawConnection(port: server.port)
    named.send("GET / HTTP/1.1\r\nHost: evil.example:\(server.port)\r\n\r\n")
    #expect(named.answer()?.status == 421)
    _ = try server.end()
  }

  @Test func hostileBytesAreRefusedAndTheServerGoesOn() throws {
    let server = try Serving()
    let post = server.head("POST", "/predict", ["Content-Type: application/json"])
    var random = SystemRandomNumberGenerator()
    let garbage = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    for (bytes, starts) in [
      (garbage, ["HTTP/1.1 4", ""]), (Array("\u{16}\u{3}\u{1}\r\n\r\n".utf8), ["HTTP/1.1 400"]),
      (Array("GET / HTTP/1.1\r\n\r\n".utf8), ["HTTP/1.1 400"]),
      (Array("GET / HTTP/9\r\n\r\n".utf8), ["HTTP/1.1 505"]),
      (
        Array((server.head("GET", "/") + String(repeating: "X: y\r\n", count: 200_000)).utf8),
        ["HTTP/1.1 431"]
      ),
      (Array(("GET /" + String(repeating: "a", count: 5_000_000)).utf8), ["HTTP/1.1 431"]),
      (Array((post + "Content-Length: 1048577\r\n\r\n").utf8), ["HTTP/1.1 413"]),
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
      let answer = connection.rest()
      #expect(
        starts.contains { $0.isEmpty ? answer.isEmpty : answer.hasPrefix($0) },
        "\(String(decoding: bytes.prefix(80), as: UTF8.self).debugDescription): \(answer.prefix(60))")
    }
    #expect(try server.end().errors.isEmpty)
  }

  @Test func silenceEndsAfterSeconds() throws {
    let server = try Serving()
    let silent = try RawConnection(port: server.port)
    let slow = try RawConnection(port: server.port)
    slow.send("POST /predict HTTP/1.1\r\nHost:")
    let clock = ContinuousClock()
    let start = clock.now
    // A byte now and then does not help.
    while clock.now - start < .seconds(4) {
      slow.send("a")
      usleep(200_000)
    }
    #expect(slow.answer()?.status == 408)
    #expect(silent.rest().isEmpty)
    #expect(clock.now - start < .seconds(9))
    _ = try server.end()
  }

  @Test func manyRequestsGoThroughOneConnection() throws {
    let server = try Serving()
    let connection = try RawConnection(port: server.port)
    let body = drawing(square, width: 28, height: 28)
    let post =
      server.head(
        "POST", "/predict", ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"])
      + "\r\n" + body
    for _ in 0..<20 {
      connection.send(post)
      #expect(connection.answer()?.status == 200)
    }
    // Several at once, then one that is the last.
    let last = server.head("GET", "/model", ["Connection: close"]) + "\r\n"
    connection.send(String(repeating: server.head("GET", "/nothing") + "\r\n", count: 1000) + last)
    for _ in 0..<1000 { #expect(connection.answer()?.status == 404) }
    #expect(connection.answer()?.status == 200)
    #expect(connection.rest().isEmpty)
    _ = try server.end()
  }

  @Test func twoHundredConnectionsAtOnceAreAnsweredOrTurnedAway() throws {
    let server = try Serving()
    let connections = try (0..<200).map { _ in try RawConnection(port: server.port) }
    for connection in connections {
      connection.send(server.head("GET", "/model", ["Connection: close"]) + "\r\n")
    }
    let statuses = connections.map { $0.answer()?.status }
    #expect(Set(statuses).isSubset(of: [200, 503]))
    #expect(statuses.filter { $0 == 200 }.count >= 64)
    // Once it has seen them go, there is room again.
    server.sandbox.wait { (try? server.ask("GET", "/model").status) == 200 }
    _ = try server.end()
  }

  @Test func aPortIsServedOnce() throws {
    let server = try Serving()
    let second = try server.sandbox.run("serve pixels.safetensors --config pixels.json --port \(server.port)")
    #expect(second.status == 71 && second.output.isEmpty)
    #expect(
      second.errors
        == "127.0.0.1:\(server.port): the port is in use; choose another with --port, 0 picks a free one\n")
    _ = try server.end()
  }

  @Test func everybodyIsLetInOnlyWhenAskedTo() throws {
    let server = try Serving("--host 0.0.0.0")
    // Any address will do as a name, no name.
    for (host, status) in [("192.0.2.7", 200), ("evil.example", 421)] {
      let connection = try RawConnection(port: server.port)
      connection.send("GET / HTTP/1.1\r\nHost: \(host):\(server.port)\r\n\r\n")
      #expect(connection.answer()?.status == status)
    }
    for line in try server.end().errors.split(separator: "\n") {
      #expect(line.hasPrefix("anyone in the network can open this page, without a password: http://"))
    }
  }

  @Test func faultsAreAsRecorded() throws {
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
