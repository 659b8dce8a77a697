import Formatting
import Statistics
import Training

extension Comparison {
  /// The output of `cnn compare`: a row for each model, then what is known of each pair.
  package var lines: [String] {
    var lines = ["\(metric.rawValue) on \(images)", ""] + table.lines
    for pair in pairs { lines += ["", "\(pair.first.name) - \(pair.second.name)"] + pairLines(pair) }
    let seeds = pairs.filter { $0.differences != nil && !$0.isFolds }
    let notes = [
      pairs.contains { $0.mcNemar != nil } ? Self.singleNote : nil,
      seeds.contains { $0.imageDifferences != nil } ? Self.seedsNote : nil,
      seeds.contains { $0.imageDifferences == nil } ? Self.ownImagesNote : nil,
      pairs.contains { $0.differences != nil } ? Self.extensionNote : nil,
    ].compactMap { $0 }
    return lines + (notes.isEmpty ? [] : [""]) + notes
  }

  private static let singleNote =
    "Single networks are compared, not ways to train: these need several seeds of each."
  private static let seedsNote =
    "An interval over seeds is about this test set: what other images would say, the interval over images tells."
  private static let ownImagesNote =
    "Each seed has test images of its own: an interval over seeds is about images too, and there is none over images."
  private static let extensionNote =
    "Fix the number of seeds beforehand: adding seeds until a difference is significant is no test."

  private var table: Table {
    var table = Table([
      ("model", .left), ("runs", .right), (metric.rawValue, .right), ("standard error", .right),
      ("95 % interval", .left),
    ])
    for model in models {
      let kind = model.runs.count == 1 ? "images" : model.isFolds ? "folds" : "seeds"
      let interval = model.interval(metric).map {
        "\($0.low.fixed(4)) to \($0.high.fixed(4)) over \(kind)"
      }
      let error = model.sample?.standardError
      table.add([
        model.name, model.runs.count.grouped, model.sample?.mean.fixed(4) ?? "-",
        error.map { $0.fixed(5) } ?? "-",
        interval ?? (error == 0 ? "none: all \(kind) are equal" : "-"),
      ])
    }
    return table
  }

  private func pairLines(_ pair: PairComparison) -> [String] {
    let kind = pair.isFolds ? "fold" : "seed"
    var lines: [String] = []
    if let difference = pair.difference {
      let over = pair.mcNemar == nil ? " over \(pair.common.count.pluralized("common \(kind)"))" : ""
      lines.append("difference \(signed(difference))\(unit)\(over)")
    }
    if let test = try? pair.test?.get() {
      lines.append("95 % interval over \(kind)s \(text(test.interval))")
    }
    if let interval = pair.imageDifferences?.interval {
      lines.append("95 % interval over images \(text(interval))")
    }
    if let mcNemar = pair.mcNemar {
      lines.append(
        "only the first is wrong on \(mcNemar.onlyFirstWrong.pluralized("image")), "
          + "only the second on \(mcNemar.onlySecondWrong.grouped)")
    }
    lines += [testLine(pair), verdict(pair)]
    if let line = seedsLine(pair) { lines.append(line) }
    return lines.map { "  \($0)" }
  }

  private func testLine(_ pair: PairComparison) -> String {
    let kind = pair.isFolds ? "fold" : "seed"
    let name: String
    switch pair.test {
    case .success(let test):
      let method = pair.isFolds ? "paired t with the variance of Nadeau and Bengio" : "paired t"
      name =
        "\(method) = \(test.statistic.fixed(2)), \(Int(clamping: test.degrees).pluralized("degree")) of freedom"
    case .failure(.tooFewValues): return "one common \(kind): a paired t test needs at least two"
    case .failure(.noDeviation):
      return "all \(pair.common.count) differences are equal: no deviation, so no t test"
    case nil where pair.mcNemar == nil: return "no common \(kind), so nothing to pair"
    case nil: name = metric == .accuracy ? "exact McNemar" : "paired t over images"
    }
    guard let p = pair.p, let adjusted = pair.adjustedP else { return "no image differs, so no test" }
    let tests = pairs.count { $0.p != nil }
    let holm = tests > 1 ? "; Holm, \(tests.grouped) pairs: \(Self.text(adjusted))" : ""
    return "\(name), \(Self.text(p))\(holm)"
  }

  private func verdict(_ pair: PairComparison) -> String {
    guard pair.showsDifference, let difference = pair.difference else { return "no difference shown" }
    let better = (difference > 0) == metric.higherIsBetter ? pair.first : pair.second
    return "a difference is shown: \(better.name) is better"
  }

  private func seedsLine(_ pair: PairComparison) -> String? {
    guard !pair.isFolds, let deviation = pair.differences?.deviation, deviation > 0 else { return nil }
    let needed =
      pair.seeds(for: difference)?.grouped ?? "more than \(TTestPower.mostSeeds.grouped)"
    return "to find a difference of \(number(difference))\(unit) takes \(needed) seeds "
      + "(deviation \(number(deviation))\(unit), power 80 %, two-sided 5 %)"
  }

  // MARK: Numbers

  private var unit: String { metric == .accuracy ? " points" : "" }

  /// A difference of accuracies in points, of others as it is.
  private func number(_ value: Double) -> String {
    metric == .accuracy ? (100 * value).fixed(3) : value.fixed(5)
  }

  private func signed(_ value: Double) -> String { (value > 0 ? "+" : "") + number(value) }

  private func text(_ interval: Interval) -> String {
    "\(signed(interval.low)) to \(signed(interval.high))\(unit)"
  }

  private static func text(_ p: Double) -> String { p < 0.0001 ? "p < 0.0001" : "p = \(p.fixed(4))" }
}
