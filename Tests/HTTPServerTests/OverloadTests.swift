import Foundation
import HTTPServer
import Testing
import TestSupport

/// Which connections give way when there are too many of them, or too many bytes.
struct OverloadTests {
  private typealias Request = RunningServer

  @Test func theOldestIdleConnectionGivesWay() throws {
    let server = try RunningServer { $0.maxConnections = 4 }
    let idle = try (0..<4).map { index in
      let connection = try server.connect(Request.get("/\(index)"))
      #expect(connection.body() == "/\(index)")
      return connection
    }
    // The first is younger now.
    idle[0].send(Request.get("/again"))
    #expect(idle[0].body() == "/again")
    #expect(try server.get("/new") == "/new")
    #expect(idle[1].rest().isEmpty)
    for index in [0, 2, 3] {
      idle[index].send(Request.get("/still"))
      #expect(idle[index].body() == "/still")
    }
  }

  @Test func silentConnectionsGiveWay() throws {
    let server = try RunningServer { $0.maxConnections = 4 }
    let silent = try (0..<40).map { _ in try server.connect() }
    #expect(try server.get("/new") == "/new")
    #expect(silent[0].rest().isEmpty)
  }

  @Test func halfRequestsGiveWayAfterIdleConnections() throws {
    let server = try RunningServer { $0.maxConnections = 4 }
    let half = try server.connect(Request.post("h", length: 4))
    let slow = try ["GET /", "GET / HTTP/1.1\r\nHo"].map { try server.connect($0) }
    let idle = try server.connect(Request.get("/"))
    #expect(idle.body() == "/")
    // In place of the idle one, which stays; the next one takes the place of the oldest half.
    let first = try server.connect(Request.get("/first"))
    #expect(first.body() == "/first" && idle.rest().isEmpty)
    let pending = try server.connect(Request.post("a"))
    #expect(first.rest().isEmpty)
    let second = try server.connect(Request.get("/second"))
    #expect(second.body() == "/second")
    #expect(half.rest().hasPrefix("HTTP/1.1 408 "))
    slow[1].send("st: a\r\n\r\n")
    #expect(slow[1].body() == "/")
    server.release()
    #expect(pending.body() == "a")
  }

  @Test func connectionsWaitWhileAllOthersAwaitResponses() throws {
    let server = try RunningServer { $0.maxConnections = 2 }
    let pending = try ["a", "b"].map { try server.connect(Request.post($0)) }
    let next = try server.connect(Request.get("/next"))
    server.release(2)
    #expect(pending.map { $0.body() } == ["a", "b"])
    #expect(next.body() == "/next")
  }

  @Test func theLargestOfTooManyBytesAreRejected() throws {
    let server = try RunningServer { ($0.bodyBytes, $0.totalBytes) = (100_000, 200_000) }
    let large = String(repeating: "x", count: 90_000)
    let waiting = try server.connect(Request.post(large))
    #expect(try server.get("/") == "/")
    let small = try server.connect(Request.post("sm", length: 5))
    let largest = try server.connect(Request.post(large + "y", length: 100_000))
    let next = try server.connect(Request.post("next"))
    #expect(try server.get("/") == "/")
    let more = try server.connect(Request.post(large, length: 100_000))
    #expect(largest.response()?.status == 503)
    small.send("all")
    server.release(3)
    #expect(waiting.body() == large && small.body() == "small" && next.body() == "next")
    more.send(String(repeating: "x", count: 10_000))
    server.release()
    #expect(more.body()?.count == 100_000)
  }

  @Test func aLargeBodyMayTakeLonger() throws {
    let server = try RunningServer {
      ($0.requestTimeout, $0.bytesPerSecond) = (.milliseconds(200), 5)
    }
    let slow = try server.connect("G")
    let upload = try server.connect(Request.post("half", length: 8))
    #expect(slow.body() == "408")
    upload.send("half")
    server.release()
    #expect(upload.body() == "halfhalf")
  }
}
