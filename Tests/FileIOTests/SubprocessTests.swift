import FileIO
import Testing
import TestSupport

@Suite struct SubprocessTests {
  /// The standard output of a shell script.
  private func run(_ script: String) throws -> [UInt8] {
    var output: [UInt8] = []
    try Subprocess.run("/bin/sh", arguments: ["-c", script], name: "f") { output += $0 }
    return output
  }

  @Test func returnsTheStandardOutput() throws {
    #expect(try run("echo warning >&2; echo text") == Array("text\n".utf8))
  }

  /// Blocked on a full pipe, the script would kill itself after 20 seconds.
  @Test func aMegabyteOnEachStreamDoesNotDeadlock() throws {
    let script = """
      (sleep 20; kill -9 $$) >/dev/null 2>&1 &
      chunk=0123456789abcdef
      while [ ${#chunk} -lt 65536 ]; do chunk=$chunk$chunk; done
      for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
        printf %s "$chunk" >&2
        printf %s "$chunk"
      done
      kill $!
      """
    #expect(try run(script).count == 1 << 20)
  }

  @Test func aFailureHasTheFirstLineOfStandardError() {
    #expect(message { _ = try run("echo no disk >&2; echo details >&2; exit 3") } == "f: no disk")
    #expect(message { _ = try run("exit 3") } == "f: sh exited with status 3")
    #expect(message { _ = try run("kill -9 $$") } == "f: sh exited with status 137")
  }

  @Test func aMissingProgramIsReported() {
    #expect(
      message { try Subprocess.run("/none", arguments: [], name: "f") { _ in } }
        == "f: /none cannot be started: No such file or directory")
  }

  @Test func findsProgramsInTheSearchPath() {
    #expect(Subprocess.find("sh", in: "/none:/bin") == "/bin/sh")
    #expect(Subprocess.find("sh", in: "/none") == nil)
  }

  @Test func errorsWithoutEndEndIt() {
    #expect(
      message { _ = try run("echo first >&2; exec yes >&2") }
        == "f: the program writes errors without end: first")
  }

  @Test func aSilentProgramCanBeStopped() {
    let start = ContinuousClock.now
    #expect(throws: DataError.self) {
      try Subprocess.run("/bin/sh", arguments: ["-c", "trap '' TERM; sleep 60 & wait"], name: "f") {
        (_) throws(DataError) in
        throw .unsatisfiable(reason: "enough")
      }
    }
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test func anOutputThatAnotherProgramKeepsOpenIsNotWaitedFor() throws {
    let start = ContinuousClock.now
    #expect(try run("sleep 60 & echo text") == Array("text\n".utf8))
    #expect(ContinuousClock.now - start < .seconds(20))
  }
}
