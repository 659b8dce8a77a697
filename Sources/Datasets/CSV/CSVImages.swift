import FileIO
import ImageFiles

/// The images of a CSV file for predictions: with a label column or without one.
public struct CSVImages: Sendable {
  /// The images, one for each row.
  public let images: Images
  /// The labels as text; nil if the file has none.
  public let labels: [String]?

  /// Reads `source`, plain or gzip, once; flat rows have `shape` if their length fits, or a square one.
  ///
  /// Throws `malformed` with line and column if a row has another number of columns, or a value is no pixel.
  public init(
    _ source: consuming ByteSource, shape: ImageShape?, labelColumn: String? = nil
  ) throws(DataError) {
    let name = source.name
    let file = CSVInput.bytes(try source.readAll(), name: name)
    var table = try CSVTable(file, shape: shape, labelColumn: labelColumn)
    table.scaleBinary()
    images = Images(pixels: table.pixels, shape: table.shape)
    labels = table.labels.map { labels in
      switch labels {
      case .numbers(let values): values.map { String($0) }
      case .names(let indices, let names): indices.map { names[Int($0)] }
      }
    }
  }

  /// Whether a file that begins with `start` is called like CSV, or its first line is text in columns.
  public static func isCSV(_ path: String, _ start: [UInt8]) -> Bool {
    FileSignature(start) == nil && (CSVFiles.isCSV(path) || DatasetSource.isTable(start))
  }
}
