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

  @Test func aSignalStopsIt() throws {
    let sandbox = try Sandbox()
    // A terminal sends the signal to curl as well; here curl ends by itself once it has been sent.
    try sandbox.installCurl("echo > started; while ! [ -e go ]; do :; done; exit 6")
    let download = try sandbox.start("download here")
    let clock = ContinuousClock()
    let patience = clock.now + .seconds(30)
    while !sandbox.has("started"), clock.now < patience { usleep(10_000) }
    download.send(SIGINT)
    usleep(100_000)
    try sandbox.write("", to: "go")
    let outcome = try download.wait()
    #expect(outcome.status == 130)
    #expect(outcome.errors == "the download was stopped; complete files are kept in here\n")
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
