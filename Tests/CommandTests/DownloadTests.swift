import CNNEngine
import Foundation
import Testing

struct DownloadTests {
  @Test func withoutANetworkItSaysWhatToDoAtOnce() throws {
    let sandbox = try Sandbox()
    try sandbox.installCurl("echo 'curl: (6) Could not resolve host' >&2; exit 6")
    let start = ContinuousClock().now
    var snapshot = Snapshot(sandbox)
    for command in ["download", "download here", "train", "train --quiet", "train --dry-run"] {
      try snapshot.run(command)
    }
    try sandbox.write("", to: "file")
    try snapshot.run("download file")
    try snapshot.run("download", environment: ["XDG_CACHE_HOME": "", "HOME": ""])
    try snapshot.expect("download-faults")
    #expect(ContinuousClock().now - start < .seconds(10))
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(sandbox.folder)/here") == [])
    #expect(!sandbox.has("runs"))
  }

  @Test func withoutCurlItSaysSo() throws {
    let outcome = try Sandbox().run("download here")
    #expect(outcome.status == 66)
    #expect(outcome.errors.contains("the program curl, which downloads, is not installed"))
  }

  @Test func whatAMirrorSendsIsChecked() throws {
    let sandbox = try Sandbox()
    try sandbox.installCurl("echo '<html>please log in</html>'")
    let outcome = try sandbox.run("download here")
    #expect(outcome.status == 66)
    #expect(outcome.errors.contains("not gzip: this is an HTML page"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(sandbox.folder)/here") == [])
  }

  /// A program called curl that says nothing, with a child of its own; both write their numbers to files.
  private func stall(_ sandbox: Sandbox) throws {
    try sandbox.installCurl("/bin/sleep 600 & echo $! > child; echo $$ > curl; wait")
  }

  /// Waits until both programs have ended.
  private func expectNoProcesses(_ sandbox: Sandbox, _ names: [String]) throws {
    for name in names {
      let process = try #require(try sandbox.lines(of: name).first.flatMap { pid_t($0) })
      sandbox.wait { !isRunning(process) }
      #expect(!isRunning(process), "\(name)")
    }
  }

  /// Whether there is such a process, and not only what its parent has not asked for.
  private func isRunning(_ process: pid_t) -> Bool {
    let status = try? String(
      decoding: Data(contentsOf: URL(filePath: "/proc/\(process)/stat")), as: UTF8.self)
    return kill(process, 0) == 0 && status?.contains(") Z ") != true
  }

  @Test(arguments: [(SIGHUP, 129), (SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
  func aSignalStopsItWithItsProgramsAndFiles(signal: Int32, status: Int32) throws {
    let sandbox = try Sandbox()
    try stall(sandbox)
    let download = try sandbox.start("download here")
    sandbox.wait { sandbox.has("curl") && (try? sandbox.lines(of: "curl")) != [] }
    let clock = ContinuousClock()
    let sent = clock.now
    download.send(signal)
    let outcome = try download.wait()
    #expect(clock.now - sent < .seconds(2))
    #expect(outcome.status == status)
    #expect(outcome.errors == "the download was stopped; complete files are kept in here\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(sandbox.folder)/here") == [])
    try expectNoProcesses(sandbox, ["curl", "child"])
  }

  #if os(Linux)
    @Test func itsProgramEndsWhenItIsKilled() throws {
      let sandbox = try Sandbox()
      try stall(sandbox)
      let download = try sandbox.start("download here")
      sandbox.wait { sandbox.has("curl") && (try? sandbox.lines(of: "curl")) != [] }
      download.send(SIGKILL)
      #expect(try download.wait().status == 137)
      try expectNoProcesses(sandbox, ["curl"])
      kill(try #require(try sandbox.lines(of: "child").first.flatMap { pid_t($0) }), SIGKILL)
    }
  #endif

  @Test func aProgramThatWritesErrorsWithoutEndIsEnded() throws {
    let sandbox = try Sandbox()
    try sandbox.installCurl("echo 'curl: \u{1B}[31mno' >&2; exec /usr/bin/yes >&2")
    let outcome = try sandbox.run("download here")
    #expect(outcome.status == 66)
    #expect(outcome.errors.contains("the program writes errors without end: curl: \\u001b[31mno\n"))
  }

  @Test(.enabled(if: Repository.mnist != nil, "needs MNIST in CNN_DATA_DIR"))
  func filesThatAreRightAreKept() throws {
    let sandbox = try Sandbox()
    let source = try #require(Repository.mnist)
    try FileManager.default.createDirectory(
      atPath: "\(sandbox.folder)/here", withIntermediateDirectories: true)
    let files = [
      "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
      "t10k-labels-idx1-ubyte",
    ]
    for file in files {
      for name in [file, "\(file).gz"] where FileManager.default.fileExists(atPath: "\(source)/\(name)") {
        try FileManager.default.createSymbolicLink(
          atPath: "\(sandbox.folder)/here/\(name)", withDestinationPath: "\(source)/\(name)")
      }
    }
    let outcome = try sandbox.run("download here")
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    #expect(outcome.lines.count == 4 && outcome.lines.allSatisfy { $0.hasSuffix(": already complete") })
  }
}
