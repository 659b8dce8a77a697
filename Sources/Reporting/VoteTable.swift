import Formatting
import Training

extension VoteGain {
  /// What a vote gains over each of its networks alone, as lines of text.
  package var lines: [String] {
    var table = Table([
      ("network alone", .left), ("accuracy", .right), ("gain of the vote", .right),
      ("95 % interval over images", .left),
    ])
    for single in singles + (singles.count > 1 ? [mean] : []) {
      table.add([
        single.path ?? "mean", single.accuracy.fixed(4), single.gain.points,
        single.interval.map { "\($0.low.points) to \($0.high.points) points" } ?? "none: no image differs",
      ])
    }
    return table.lines
  }
}

extension Double {
  /// A difference of accuracies in points: `+0.12`.
  fileprivate var points: String {
    let text = (self * 100).fixed(2)
    return text.hasPrefix("-") ? text : "+" + text
  }
}
