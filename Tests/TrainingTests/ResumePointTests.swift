import Testing
import TestSupport
import Training

/// Which checkpoint a run resumes from, and the errors if there is none.
@Suite(.serialized) struct ResumePointTests {
  @Test("The newest intact checkpoint, with a notice for each one skipped")
  func skips() throws {
    try withTemporaryFolder { folder in
      try CutOff.start(CutOff.config(), in: "\(folder)/whole")
      let whole = try CutOff.files("\(folder)/whole"), run = "\(folder)/run", saved = "\(run)/checkpoints"
      try CutOff.start(CutOff.config(), in: run, stop: 10)
      try CutOff.damage("\(saved)/last.ckpt")
      let first = try ResumePoint(run)
      #expect(first.path == "\(saved)/epoch-0003.ckpt" && first.checkpoint.progress.step == 9)
      #expect(first.notices.count == 1)
      #expect(first.notices[0].hasPrefix("skipped \(saved)/last.ckpt: byte "))
      #expect(first.notices[0].hasSuffix("the checksum is wrong; the file is damaged"))
      try write(Array(contents("\(saved)/epoch-0003.ckpt").dropLast()), "\(saved)/epoch-0003.ckpt")
      try CutOff.damage("\(saved)/best.ckpt")
      let second = try ResumePoint(run)
      #expect(second.path == "\(saved)/epoch-0002.ckpt" && second.notices.count == 3)
      try Small.resume(run)
      try CutOff.expectSame(run, whole, "from epoch 2")
    }
  }

  @Test("Without an intact checkpoint nothing is changed")
  func nothing() throws {
    try withTemporaryFolder { folder in
      let run = "\(folder)/run", saved = "\(run)/checkpoints"
      try CutOff.start(CutOff.config(checkpoint: ""), in: run, stop: 4)
      for name in ["best.ckpt", "last.ckpt"] { try CutOff.damage("\(saved)/\(name)") }
      let before = try CutOff.files(run)
      let said = message(in: folder) { try Small.resume(run) }.split(separator: "\n")
      #expect(said.count == 3 && said[0] == "DIR/run: none of its checkpoints can be resumed")
      #expect(said[1].hasPrefix("DIR/run/checkpoints/last.ckpt: byte "))
      try CutOff.expectSame(run, before, "refused")
      for name in ["best.ckpt", "last.ckpt"] { try removeFile("\(saved)/\(name)") }
      #expect(
        message(in: folder) { try Small.resume(run) }
          == "DIR/run: no checkpoint in this folder to resume from"
      )
      #expect(
        message(in: folder) { try Small.resume("\(folder)/none") }
          == "DIR/none: no such run folder or checkpoint")
    }
  }

  @Test("A checkpoint of a newer program is not skipped as damaged")
  func newerFormat() throws {
    try withTemporaryFolder { folder in
      try CutOff.start(CutOff.config(), in: folder, stop: 7)
      try rewrite("\(folder)/checkpoints/last.ckpt") { $0.setMetadata("format_version", to: "3") }
      #expect(
        message(in: folder) { try Small.resume(folder) }
          == "DIR/checkpoints/last.ckpt: format version 3 is newer than this program, which reads up to 2")
    }
  }

  @Test("Other data is refused")
  func otherData() throws {
    try withTemporaryFolder { folder in
      try CutOff.start(CutOff.config(), in: folder, stop: 7)
      try rewrite("\(folder)/checkpoints/last.ckpt") {
        $0.setMetadata("data_fingerprint", to: "0123456789abcdef")
      }
      let before = try CutOff.files(folder)
      let fingerprint = try Small.data(CutOff.config()).fingerprint().prefix(12)
      #expect(
        message(in: folder) { try Small.resume(folder) }
          == "DIR/checkpoints/last.ckpt: was trained on builtin with SHA-256 0123456789ab, but the data is builtin "
          + "with SHA-256 \(fingerprint); name the same data with --data")
      try CutOff.expectSame(folder, before, "refused")
    }
  }

  @Test("Weights alone are refused")
  func weightsAlone() throws {
    try withTemporaryFolder { folder in
      try CutOff.start(CutOff.config(), in: folder)
      #expect(
        message(in: folder) { try Small.resume("\(folder)/model.ckpt") }.hasPrefix(
          "DIR/model.ckpt: has weights but no optimizer state"))
    }
  }

  @Test("Inconsistent states are refused")
  func incomplete() throws {
    try withTemporaryFolder { folder in
      try CutOff.start(CutOff.config(), in: folder)
      let last = "\(folder)/checkpoints/last.ckpt"
      let whole = try contents(last)
      let (unfit, broken) = (
        "its progress does not fit its config and this data",
        "the progress in the metadata is incomplete or inconsistent"
      )
      for (from, to, reason) in [
        ("\"epoch\":4", "\"epoch\":9223372036854775807", broken), ("\"epoch\":4", "\"epoch\":5", unfit),
        ("\"step\":12", "\"step\":13", unfit), ("\"step_in_epoch\":0", "\"step_in_epoch\":1", unfit),
        ("\"images\":0", "\"images\":1", unfit), ("\"best_epoch\":", "\"best_epoch\":7", broken),
        ("\"epochs_without_improvement\":", "\"epochs_without_improvement\":7", broken),
      ] {
        try write(whole, last)
        try rewrite(last) { file in
          file.setMetadata("progress", to: (file.metadata("progress") ?? "").replacing(from, with: to))
        }
        let said = message(in: folder) { try Small.resume(last) }
        #expect(said == "DIR/checkpoints/last.ckpt: \(reason)", "\(to)")
      }
    }
  }
}
