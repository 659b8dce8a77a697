import ConfigDecoding
import Testing
import TestSupport
import Training

@Suite struct RunHistoryTests {
  private func read(metrics: String = "", events: String = "") throws -> RunHistory {
    try RunHistory(metrics: Array(metrics.utf8), events: Array(events.utf8))
  }

  @Test("Epochs and events, without truncated last lines")
  func whole() throws {
    let history = try read(
      metrics: "epoch,loss,val_loss,seconds\n1,0.5,,2\n3,nan,0.25,4\n4,0.1",
      events: """
        {"event": "start"}
        {"event": "epoch", "epoch": 3, "best": true}
        {"event": "done"}
        {"event":
        """)
    #expect(history.epochs.map(\.number) == [1, 3])
    #expect(history.epochs[0][.loss] == 0.5 && history.epochs[0][.validationLoss] == nil)
    #expect(history.epochs[1][.loss] == nil && history.epochs[1][.validationLoss] == 0.25)
    #expect(history.seconds == 6 && history.bestEpoch == 3 && history.end != nil)
    #expect(history.beganWithWeights == false)
    let empty = try read()
    #expect(empty.epochs.isEmpty && empty.events.isEmpty && empty.bestEpoch == nil && empty.end == nil)
  }

  @Test(
    "Errors in metrics.csv name the byte and the line",
    arguments: [
      ("1,2\n", 0, "line 1: the header does not begin with epoch"),
      ("\n", 0, "line 1: the header does not begin with epoch"),
      ("Epoch,loss\n", 0, "line 1: the header does not begin with epoch"),
      ("loss,epoch\n", 0, "line 1: the header does not begin with epoch"),
      ("\u{FEFF}epoch\n", 0, "line 1: the header does not begin with epoch"),
      ("epoch,loss\n1\n", 11, "line 2: a row of 1 values under 2 column names"),
      ("epoch,loss\n1,2,3\n", 11, "line 2: a row of 3 values under 2 column names"),
      ("epoch,loss\n\n", 11, "line 2: a row of 1 values under 2 column names"),
      ("epoch,loss\n1,2\n2;3\n", 15, "line 3: a row of 1 values under 2 column names"),
      ("epoch,loss\n1,much\n", 11, "line 2: loss is not a number: much"),
      ("epoch,loss\n1,0x\n", 11, "line 2: loss is not a number: 0x"),
      ("epoch,loss\n1, 2\n", 11, "line 2: loss is not a number:  2"),
      ("epoch,loss\n1,1.2.3\n", 11, "line 2: loss is not a number: 1.2.3"),
      ("epoch,loss\none,2\n", 11, "line 2: epoch is not a number: one"),
      ("epoch,loss\n,2\n", 11, "line 2: the epoch is not a whole number above 0"),
      ("epoch,loss\n0,2\n", 11, "line 2: the epoch is not a whole number above 0"),
      ("epoch,loss\n-1,2\n", 11, "line 2: the epoch is not a whole number above 0"),
      ("epoch,loss\n1.5,2\n", 11, "line 2: the epoch is not a whole number above 0"),
      ("epoch,loss\nnan,2\n", 11, "line 2: the epoch is not a whole number above 0"),
      ("epoch,loss\ninf,2\n", 11, "line 2: the epoch is not a whole number above 0"),
      ("epoch,loss\n1e300,2\n", 11, "line 2: the epoch is not a whole number above 0"),
      ("epoch,loss\n2,2\n1,2\n", 15, "line 3: the epoch is not a whole number above 2"),
      ("epoch,loss\n2,2\n2,2\n", 15, "line 3: the epoch is not a whole number above 2"),
      ("epoch,loss\n9223372036854775808,2\n", 11, "line 2: the epoch is not a whole number above 0"),
      ("epoch,epoch\n1,nan\n", 12, "line 2: the epoch is not a whole number above 0"),
      ("epoch,accuracy\n1,0.5\n2,97.5\n", 21, "line 3: accuracy is 97.5, which is not from 0 to 1"),
      (
        "epoch,val_digit_accuracy\n1,-1e-9\n", 25,
        "line 2: val_digit_accuracy is -1e-9, which is not from 0 to 1"
      ),
      ("epoch,seconds\n1,1e19\n", 14, "line 2: seconds is 1e19, which is not from 0 to 1,000,000,000"),
      ("epoch,seconds\n1,-1\n", 14, "line 2: seconds is -1, which is not from 0 to 1,000,000,000"),
      (
        "epoch,images_per_second\n1,1e300\n", 24,
        "line 2: images_per_second is 1e300, which is not from 0 to 1,000,000,000,000,000"
      ),
      ("epoch\n9007199254740993\n", 6, "line 2: the epoch 9,007,199,254,740,992 is above 1,000,000"),
    ]) func badTables(text: String, byte: Int, reason: String)
  {
    #expect(message { _ = try read(metrics: text) } == "metrics.csv: byte \(byte): \(reason)")
  }

  @Test(
    "Errors in events.jsonl name the byte",
    arguments: [
      ("\n", 0), ("nonsense\n", 0), ("{}\nnonsense\n", 3), ("{\n", 0), ("{}{}\n", 0), ("{} x\n", 0),
      ("{'a': 1}\n", 0), ("{\"a\": 01}\n", 0), ("{\"a\": 1, \"a\": 2}\n", 0), ("{}\n\n{}\n", 3), ("nan\n", 0),
      ("{\"a\": \"\\ud800\"}\n", 0), ("{}\n{}\n[\n", 6), (String(repeating: "[", count: 100_000) + "\n", 0),
    ]) func badEvents(text: String, byte: Int)
  {
    #expect(
      message { _ = try read(events: text) } == "events.jsonl: byte \(byte): this line is not JSON")
  }
}
