import ConfigDecoding
import Testing

@Suite struct SpellingTests {
  @Test(arguments: [
    ("epoch", "epochs"), ("epohcs", "epochs"), ("batchsize", "batch_size"), ("batch", "batch_size"),
    ("learning_rate", "lr"), ("kernel_size", "kernel"), ("Kernel", "kernel"),
    ("colour", nil), ("", nil), ("x", nil), (String(repeating: "epochs", count: 20), nil),
  ])
  func nearest(word: String, expected: String?) {
    #expect(Spelling.nearest(to: word, among: ["lr", "epochs", "batch_size", "kernel"]) == expected)
  }
}
