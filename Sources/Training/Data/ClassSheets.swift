import Datasets
import ImageFiles

/// Contact sheets of a part of a data set, with the first images of each class.
public struct ClassSheets {
  /// The names of the classes that have images, in the order of the labels.
  public let classNames: [String]
  /// The label of each of them.
  private let labels: [Int]
  /// The first images of each of them.
  private let images: [Images]
  private let count: Int

  /// The first `count` images of each class of `part`.
  public init(_ part: Subset, classNames: [String], count: Int) {
    var positions = [[Int]](repeating: [], count: classNames.count)
    for position in 0..<part.count {
      let label = Int(part.label(at: position))
      if positions[label].count < count { positions[label].append(position) }
    }
    labels = classNames.indices.filter { !positions[$0].isEmpty }
    images = labels.map { part.images(at: positions[$0]) }
    self.classNames = labels.map { classNames[$0] }
    self.count = images.map(\.count).max() ?? 0
  }

  /// The largest number of classes on one sheet.
  public static let rowLimit = 100

  /// One sheet with a row for each of the first `rowLimit` classes.
  ///
  /// - Parameter hasLabels: whether the class is written below each image.
  public func overview(hasLabels: Bool) -> ContactSheet {
    let rows = images.prefix(Self.rowLimit)
    let shape = images.first?.shape ?? ImageShape(height: 1, width: 1)
    let pixels = rows.flatMap { row in
      row.pixels + [UInt8](repeating: 0, count: (count - row.count) * shape.size)
    }
    let captions = zip(rows, classNames).flatMap { row, name in
      (0..<count).map { $0 < row.count ? name : "" }
    }
    return ContactSheet(
      Images(pixels: pixels, shape: shape), columns: count, captions: hasLabels ? captions : nil)
  }

  /// A sheet for each class, with a file name of its label and its name, without extension: `0-T-shirt-top`.
  public var sheets: [(fileName: String, sheet: ContactSheet)] {
    labels.indices.map { index in
      let name = classNames[index].map { $0.isLetter || $0.isNumber ? $0 : "-" }
      let fileName = classNames[index] == "\(labels[index])" ? name : Array("\(labels[index])-") + name
      return (String(fileName.prefix(80)), ContactSheet(images[index]))
    }
  }
}
