import Foundation
import Testing

/// Pipes, devices and sockets where files are expected: nothing waits for them.
struct SpecialFileTests {
  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox()
    try sandbox.write(Samples.pixelsConfig, to: "config.json")
    try sandbox.write(Samples.pixelsWeights(), to: "weights")
    try sandbox.write(Samples.pgm(width: 28, height: 28, Samples.pixels(8)), to: "pictures/eight.pgm")
    #expect(mkfifo("\(sandbox.folder)/pipe", 0o600) == 0)
    #expect(mkfifo("\(sandbox.folder)/pictures/seven.png", 0o600) == 0)
    return sandbox
  }

  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      "predict weights --config config.json SPECIAL",
      "predict weights --config SPECIAL pictures/eight.pgm", "predict SPECIAL pictures/eight.pgm",
      "eval SPECIAL", "eval weights --config config.json --data SPECIAL", "train --config SPECIAL",
      "train --data SPECIAL", "train SPECIAL", "train --init SPECIAL --data builtin",
      "train --resume SPECIAL",
      "summary SPECIAL", "show SPECIAL", "export SPECIAL --format npz", "report SPECIAL", "bench SPECIAL",
    ], ["pipe", "/dev/zero"])
  func areRefused(command: String, special: String) throws {
    let outcome = try sandbox().run(command.replacing("SPECIAL", with: special))
    let lines = outcome.errors.split(separator: "\n")
    #expect([64, 66].contains(outcome.status), "\(outcome.status)")
    #expect(lines.count == 1 && outcome.errors.contains(special), "\(outcome.errors)")
  }

  @Test(.timeLimit(.minutes(1))) func inAFolderOfPicturesTheyAreLeftOut() throws {
    let outcome = try sandbox().run("predict weights --config config.json pictures --top 1")
    #expect(outcome.status == 0 && outcome.output == "pictures/eight.pgm  8  (8 99.7 %)\n")
    #expect(outcome.errors == "pictures: skipped 1 file of other types: seven.png\n")
  }
}
