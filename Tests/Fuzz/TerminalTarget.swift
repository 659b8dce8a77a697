import CNNEngine
import Formatting
import ImageFiles
import ModelFormats
import Reporting
import SVGCharts
import Training

/// Everything that is printed, with random texts and numbers: tables, bars, progress, charts, pictures, predictions.
func printToTerminal(_ bytes: [UInt8]) {
  var choices = Choices(bytes)
  for _ in 0..<4 where !choices.isEmpty {
    switch choices.next(0...7) {
    case 0: numbers(&choices)
    case 1: table(&choices)
    case 2: bars(&choices)
    case 3: progress(&choices)
    case 4: picture(&choices)
    case 5: chart(&choices)
    case 6: evaluation(&choices)
    default: prediction(&choices)
    }
  }
}

private func numbers(_ choices: inout Choices) {
  let (number, integer) = (choices.number(), choices.integer())
  precondition(!number.fixed(choices.next(0...6)).isEmpty && !number.duration.isEmpty)
  precondition(!integer.grouped.isEmpty && !integer.pluralized("image").isEmpty)
  _ = (UInt8(clamping: number), Int(clamping: number), Int32(clamping: number), UInt16(whole: number))
}

private func table(_ choices: inout Choices) {
  let columns = (0...choices.next(0...3)).map { _ in
    (heading: choices.text(), alignment: choices.flag() ? Table.Alignment.left : .right)
  }
  var table = Table(columns)
  for _ in 0..<choices.next(0...4) { table.add(columns.map { _ in choices.text() }) }
  precondition(table.lines.count >= 2)
}

private func bars(_ choices: inout Choices) {
  let style = ProbabilityBars.Style(
    width: choices.next(0...200), isUnicode: choices.flag(), isColored: choices.flag())
  let classes = (0...choices.next(0...3)).map { _ in (name: choices.text(), probability: choices.number()) }
  let lines = ProbabilityBars(style).lines(
    input: choices.text(40), prediction: classes[0].name, classes: classes)
  precondition(lines.count == classes.count + 1)
}

private func progress(_ choices: inout Choices) {
  let pieces = (0..<choices.next(0...3)).map { _ in
    ProgressLine.Piece(choices.text(), importance: choices.next(0...3))
  }
  let total = max(1, choices.flag() ? choices.integer() : choices.next(1...255))
  let done = max(0, choices.flag() ? choices.integer() : choices.next(0...255))
  let line = ProgressLine(choices.text(), done: done, of: total, pieces)
  let width = choices.next(0...200)
  precondition(line.text(width: width).count <= width)
  let style = ProgressLine.Style(environment: ["LC_ALL": "C.UTF-8"])
  _ = line.text(width: width, style: style)
}

private func picture(_ choices: inout Choices) {
  let shape = ImageShape(
    channels: choices.flag() ? 3 : 1, height: choices.next(1...8), width: choices.next(1...8))
  let pixels = (0..<shape.size).map { _ in UInt8(choices.next(0...255)) }
  for inColor in [false, true] {
    let lines = TerminalPicture(pixels[...], shape: shape, inColor: inColor).lines
    precondition(lines.count == (shape.height + 1) / 2)
  }
}

private func chart(_ choices: inout Choices) {
  let series = (0...choices.next(0...2)).map { index in
    var x = choices.next(0...1)
    let points = (0...choices.next(0...15)).map { _ in
      x += choices.next(1...255) << choices.next(0...40)
      let y = choices.number()
      return LineChart.Point(x, y.isFinite ? y : 0)
    }
    return (letter: Character(UnicodeScalar(UInt8(97 + index))), points: points)
  }
  let bounds: ClosedRange<Double>? = choices.flag() ? 0...1 : nil
  let text = TextChart(
    choices.text(), series.map { TextChart.Series("s", letter: $0.letter, $0.points) }, x: "epoch",
    within: bounds)
  for ascii in [false, true] {
    precondition(text.lines(width: choices.next(40...160), ascii: ascii).count > 12)
  }
  let lines = LineChart(
    choices.text(), series.enumerated().map { LineChart.Series("s", $1.points, style: $0) }, x: "epoch",
    within: bounds)
  precondition(!lines.drawing.file.isEmpty)
}

private func evaluation(_ choices: inout Choices) {
  let classes = choices.next(1...5)
  let counts = (0..<classes).map { _ in
    (0..<classes).map { _ in choices.next(0...255) << choices.next(0...40) }
  }
  let evaluation = Evaluation(loss: choices.number(), confusion: counts)
  let names = [(0..<choices.next(0...5)).map { _ in choices.text() }]
  let lines = evaluation.lines(title: choices.text(), seconds: choices.number(), classNames: names)
  precondition(
    !lines.isEmpty && !evaluation.json(seconds: choices.number(), classNames: names).text().isEmpty)
  let chart = ConfusionMatrixChart(
    "c", names: (0..<classes).map { names[0].name(of: $0) }, counts: counts)
  precondition(!chart.drawing.file.isEmpty)
}

/// The predictions of a network with extreme weights, and those of random scores.
private func prediction(_ choices: inout Choices) {
  let weights = ExtremeWeights((0...choices.next(0...15)).map { _ in UInt8(choices.next(0...255)) })
  let pixels = (0..<64).map { _ in UInt8(choices.next(0...255)) }
  _ = succeeds {
    let parameters = try weights.checkpoint(small).parameters()
    let evaluator = Evaluator(small, parameters: parameters, threadPool: oneThread)
    for prediction in try evaluator.predictions(
      Images(pixels: pixels, shape: ImageShape(height: 8, width: 8)))
    {
      precondition(prediction.probabilities.allSatisfy(\.isFinite))
      show(prediction)
    }
  }
  let values = weights.values(40)
  let histogram = Histogram(values)
  precondition(histogram.counts.reduce(0, +) == histogram.count)
  precondition(!HistogramChart("w", values).drawing.file.isEmpty)
  let filters = NamedTensor(name: "w", shape: [2, 1, 3, 3], values: weights.values(18))
  precondition(filters.filterImages?.count == 2)
  show(Prediction(scores: (0..<choices.next(1...12)).map { _ in Float(choices.number()) }))
}

private func show(_ prediction: Prediction) {
  let names = ["0", "1", "two"]
  precondition(!prediction.line(input: "x", classNames: names, top: 3).isEmpty)
  precondition(!prediction.json(input: "x", classNames: [names]).text().isEmpty)
  precondition(!prediction.csvRow(input: "x", classNames: names).isEmpty)
  var table = PredictionTable(images: ["x"], classNames: names)
  table.add(position: 0, label: 0, scores: prediction.logits.map { Float($0) })
}
