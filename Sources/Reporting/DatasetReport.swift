import Datasets
import Formatting
import ImageFiles

extension DatasetStatistics {
  /// The output of `cnn show DATA`: counts by class, sizes, mean and spread of the pixels, duplicates, and what looks odd.
  ///
  /// - Parameter path: the data set as the user named it.
  package func lines(of dataset: Dataset, path: String) -> [String] {
    let count = parts.reduce(0) { $0 + $1.count }
    // A number without images is no class of the data.
    let labels = dataset.classNames.indices.filter { label in
      Int(dataset.classNames[label]) == nil || parts.contains { $0.classCounts[label] > 0 }
    }
    let classes = labels.count
    var lines = [
      "\(dataset.name) (\(path)): \(count.pluralized("image")) of \(dataset.pool.shape), "
        + classes.pluralized("class"), "",
    ]
    lines += classTable(dataset.classNames, labels).lines
    if classes > Self.listedClasses {
      lines.append("and \((classes - Self.listedClasses).pluralized("more class"))")
    }
    lines.append("")
    if let sizes = dataset.pictureSizes {
      lines.append("Pictures: \(sizes.text), read as \(dataset.pool.shape)")
    }
    lines.append(
      "Pixels: mean \(Self.list(channelMeans)), standard deviation \(Self.list(channelDeviations))")
    if channelDeviations.allSatisfy({ $0 >= 0.00005 }) {
      lines.append(
        "  \"normalize\": { \"mean\": [\(Self.list(channelMeans))], \"std\": [\(Self.list(channelDeviations))] }"
      )
    }
    lines.append(
      "Duplicates: \(duplicates.withinTrain.grouped) within the training set, "
        + "\(duplicates.betweenTrainAndTest.grouped) of the test set in the training set")
    lines.append("SHA-256: \(dataset.fingerprint())")
    let notes = dataset.notices + hints
    if !notes.isEmpty { lines += [""] + notes.map { "Note: \($0)" } }
    return lines
  }

  /// The largest number of classes that are listed one by one.
  private static let listedClasses = 1_000

  private static func list(_ values: [Double]) -> String {
    values.map { $0.fixed(4) }.joined(separator: ", ")
  }

  /// A row for each of the classes `labels`: its numbers of images.
  private func classTable(_ names: [String], _ labels: [Int]) -> Table {
    var table = Table([("class", .left)] + parts.map { ($0.name, .right) })
    for label in labels.prefix(Self.listedClasses) {
      table.add([names[label].oneLine] + parts.map { $0.classCounts[label].grouped })
    }
    table.add(["all"] + parts.map(\.count.grouped))
    return table
  }
}

extension PictureSizes {
  /// The sizes in words: `all 28x28`, `12 sizes from 40x30 to 900x1200, most of them 64x64`.
  fileprivate var text: String {
    let common = "\(mostCommon.width)x\(mostCommon.height)"
    if distinctCount == 1 { return "all \(common)" }
    return "\(distinctCount.grouped) sizes from \(smallest.width)x\(smallest.height) to "
      + "\(largest.width)x\(largest.height), most often \(common)"
  }
}
