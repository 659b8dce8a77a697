import Reporting
import Testing

/// A narrow window shortens the bar first, then drops the texts after it.
struct ProgressLineTests {
  private func text(_ width: Int) -> String {
    ProgressLine(
      "Epoch 1/10", done: 200, of: 469,
      [
        .init("loss 0.1234", importance: 2), .init("accuracy 0.9876", importance: 1),
        .init("12,345 img/s", importance: 0), .init("ETA 12.3s", importance: 3),
      ]
    ).text(width: width)
  }

  @Test(arguments: [
    (
      199,
      "Epoch 1/10 [==========..............] 200/469  loss 0.1234  accuracy 0.9876  12,345 img/s  ETA 12.3s"
    ),
    (80, "Epoch 1/10 [=...] 200/469  loss 0.1234  accuracy 0.9876  12,345 img/s  ETA 12.3s"),
    (79, "Epoch 1/10 200/469  loss 0.1234  accuracy 0.9876  12,345 img/s  ETA 12.3s"),
    (73, "Epoch 1/10 200/469  loss 0.1234  accuracy 0.9876  12,345 img/s  ETA 12.3s"),
    (72, "Epoch 1/10 [====......] 200/469  loss 0.1234  accuracy 0.9876  ETA 12.3s"),
    (59, "Epoch 1/10 200/469  loss 0.1234  accuracy 0.9876  ETA 12.3s"),
    (44, "Epoch 1/10 200/469  loss 0.1234  ETA 12.3s"), (36, "Epoch 1/10 [=...] 200/469  ETA 12.3s"),
    (20, "Epoch 1/10 200/469"), (10, "Epoch 1/10"),
  ])
  func fits(width: Int, line: String) { #expect(text(width) == line) }

  @Test func isNeverWiderThanTheWindow() {
    for width in 0...120 { #expect(text(width).count <= width) }
  }
}
