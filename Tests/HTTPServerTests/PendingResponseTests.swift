import Foundation
import HTTPServer
import Testing
import TestSupport

/// Responses that are computed beside the event loop.
struct PendingResponseTests {
  private typealias Request = RunningServer

  @Test func otherRequestsAreAnsweredMeanwhile() throws {
    let server = try RunningServer()
    let slow = try server.connect(Request.post("slow"))
    for _ in 0..<20 { #expect(try server.get("/quick") == "/quick") }
    server.release()
    #expect(slow.body() == "slow")
  }

  @Test func pipelinedResponsesKeepTheirOrder() throws {
    let server = try RunningServer()
    let requests = [
      Request.post("a"), Request.get("/b"), Request.post("c"), Request.post("d"), Request.get("/e"),
    ]
    let connection = try server.connect(requests.joined())
    server.release(3)
    #expect((0..<5).map { _ in connection.body() } == ["a", "/b", "c", "d", "/e"])
    #expect(server.begun == ["a", "c", "d"])
  }

  @Test func theirNumberIsLimited() throws {
    let server = try RunningServer { $0.maxPending = 2 }
    let connections = try ["a", "b", "c"].map { try server.connect(Request.post($0)) }
    let refused = try #require(connections[2].response())
    #expect(refused.status == 503 && refused.head.contains("\r\nRetry-After: 1"))
    // The connection is kept, and there is room again after the first response.
    server.release()
    #expect(connections[0].body() == "a")
    connections[2].send(Request.post("c"))
    server.release(2)
    #expect(connections[1].body() == "b" && connections[2].body() == "c")
  }

  @Test func aClientThatLeavesBeforeItsTurnIsDropped() throws {
    let server = try RunningServer { $0.maxPending = 3 }
    let first = try server.connect(Request.post("first"))
    let half = try server.connect(Request.post("half"))
    do {
      let gone = try server.connect(Request.post("gone"))
      #expect(try server.get("/") == "/")
      _ = gone
    }
    half.finish()
    #expect(try server.get("/") == "/")
    let last = try server.connect(Request.post("last"))
    server.release(4)
    #expect(first.body() == "first" && last.body() == "last" && half.rest().isEmpty)
    #expect(server.begun == ["first", "last"])
  }

  @Test func aClientThatEndsItsSideGetsTheResponseThatIsBeingComputed() throws {
    let server = try RunningServer()
    let connection = try server.connect(Request.post("a") + Request.get("/b"))
    connection.finish()
    #expect(try server.get("/") == "/")
    server.release()
    #expect(connection.body() == "a" && connection.body() == "/b" && connection.rest().isEmpty)
  }

  @Test func theServerStopsWithoutThem() throws {
    let server = try RunningServer()
    let connection = try server.connect(Request.post("a") + Request.post("b"))
    #expect(try server.get("/") == "/")
    #expect(server.stop(within: 2))
    #expect(connection.rest().isEmpty)
  }
}
