import ConfigDecoding
import Formatting
import ImageFiles
import Training

/// The most suspect labels of a split, as a table, as CSV and as a sheet of pictures.
package struct SuspectTable {
  private let search: SuspectSearch
  private let split: ExperimentData.Split
  private let classNames: [String]
  private let suspects: ArraySlice<LabelSuspects.Suspect>

  /// The first `count` suspects.
  package init(_ search: SuspectSearch, split: ExperimentData.Split, classNames: [String], count: Int) {
    (self.search, self.split, self.classNames) = (search, split, classNames)
    suspects = search.ranking.suspects.prefix(count)
  }

  /// The rows that are printed; the files have all.
  private static let printed = 20

  /// The heading, and the first rows.
  package var lines: [String] {
    let (judges, images) = (search.judges, search.images.count)
    let number =
      judges.lowerBound == judges.upperBound
      ? "\(judges.lowerBound)" : "\(judges.lowerBound) to \(judges.upperBound)"
    var table = Table([
      ("image", .left), ("label", .right), ("predicted", .right), ("p(label)", .right),
      ("p(predicted)", .right),
      ("confident learning", .left),
    ])
    for suspect in suspects.prefix(Self.printed) {
      table.add([
        search.name(of: suspect.image, in: split), classNames.name(of: suspect.label),
        classNames.name(of: suspect.prediction), suspect.labelProbability.fixed(4),
        suspect.predictionProbability.fixed(4), suspect.isIssue ? "wrong" : "",
      ])
    }
    var heading = [
      "\(images.grouped) \(split.rawValue) images of \(search.data.name), each judged by \(number) "
        + "\(judges.upperBound == 1 ? "network" : "networks")",
      "Confident learning takes \(search.ranking.issueCount.pluralized("label")) for wrong.",
    ]
    if let known = search.wrongLabels(in: suspects) {
      heading.append(
        "\(known.found) of \(known.count) known wrong labels (arXiv 2103.14749) are among the first "
          + "\(suspects.count.grouped).")
    }
    return heading + [""] + table.lines
  }

  /// The number of suspects in the files.
  package var count: Int { suspects.count }

  /// The output of `cnn eval --suspects --json`.
  package var json: JSON {
    JSON(object: [
      ("count", JSON(search.images.count)), ("issues", JSON(search.ranking.issueCount)),
      (
        "suspects",
        JSON(
          suspects.map { suspect in
            JSON(object: [
              ("image", JSON(search.name(of: suspect.image, in: split))),
              ("label", JSON(classNames.name(of: suspect.label))),
              ("prediction", JSON(classNames.name(of: suspect.prediction))),
              ("label_probability", JSON(suspect.labelProbability)),
              ("prediction_probability", JSON(suspect.predictionProbability)),
              ("confident_learning", JSON(suspect.isIssue)),
            ])
          })
      ),
    ])
  }

  /// A row for each suspect.
  package var csv: [UInt8] {
    let rows = suspects.enumerated().map { rank, suspect in
      [
        "\(rank + 1)", search.name(of: suspect.image, in: split), classNames.name(of: suspect.label).csvField,
        classNames.name(of: suspect.prediction).csvField, "\(suspect.labelProbability)",
        "\(suspect.predictionProbability)", suspect.isIssue ? "1" : "0",
      ].joined(separator: ",")
    }
    let header = "rank,image,label,prediction,label_probability,prediction_probability,confident_learning"
    return ([header] + rows).textFile
  }

  /// The images in rows, each with its label and the prediction below it.
  package var sheet: ContactSheet {
    let images = search.images
    let captions = suspects.map { "\(classNames.name(of: $0.label))/\(classNames.name(of: $0.prediction))" }
    return ContactSheet(images.images(at: suspects.map(\.image)), captions: captions)
  }
}
