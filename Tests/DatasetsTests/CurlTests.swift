import Datasets
import FileIO
import Foundation
import Testing
import TestSupport

@Suite struct CurlTests {
  /// A folder with a `curl` that is this shell script.
  private func withCurl<T>(_ script: String, _ body: (Curl) throws -> T) throws -> T {
    try withTemporaryFolder { folder in
      // A file this process has open for writing could be inherited by a child of another test: "text file busy".
      let writer = Process()
      writer.executableURL = URL(fileURLWithPath: "/bin/sh")
      let command = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0/curl\" && chmod +x \"$0/curl\""
      writer.arguments = ["-c", command, folder, script]
      try writer.run()
      writer.waitUntilExit()
      return try body(Curl(searchPath: "/none:\(folder)"))
    }
  }

  private func text(_ curl: Curl, _ url: String = "u") throws -> String {
    var bytes: [UInt8] = []
    try curl.fetch(url) { bytes += $0 }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func passesTheOutputOn() throws {
    let script = "i=0; while [ $i -lt 30000 ]; do echo 12345; i=$((i + 1)); done"
    #expect(try withCurl(script) { try text($0) }.utf8.count == 180_000)
  }

  @Test func passesTheURLAsOneArgument() throws {
    let arguments = try withCurl("for word; do echo \"$word\"; done") { try text($0, "a b; $(c)") }
    #expect(arguments.hasSuffix("--max-time\n600\n--\na b; $(c)\n"))
    #expect(arguments.hasPrefix("--fail\n--location\n"))
  }

  @Test func reportsTheMessageOfCurl() throws {
    let script = "echo half; echo 'curl: (22) The requested URL returned error: 404' >&2; exit 22"
    try withCurl(script) { curl in
      #expect(message { _ = try text(curl) } == "u: curl: (22) The requested URL returned error: 404")
    }
    try withCurl("exit 3") { curl in
      #expect(message { _ = try text(curl) } == "u: curl exited with status 3")
    }
    try withCurl("kill -9 $$") { curl in
      #expect(message { _ = try text(curl) } == "u: curl exited with status 137")
    }
  }

  @Test func terminatesCurlWhenTheReceiverFails() throws {
    let time = try withCurl("echo x; exec sleep 60") { curl in
      ContinuousClock().measure {
        #expect(throws: DataError.unwritable(path: "p", reason: "full")) {
          try curl.fetch("u") { (_) throws(DataError) in throw .unwritable(path: "p", reason: "full") }
        }
      }
    }
    #expect(time < .seconds(20))
  }

  @Test func aMissingCurlIsReported() {
    #expect(
      message { _ = try text(Curl(searchPath: "/none")) }
        == "u: the program curl, which downloads, is not installed")
  }
}
