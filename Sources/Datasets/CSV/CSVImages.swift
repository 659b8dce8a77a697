import FileIO
import ImageFiles

/// The images of a CSV file for predictions: with a label column or without one.
public struct CSVImages: Sendable {
  /// The images, one for each row.
  public let images: Images
  /// The labels as text; nil if the file has none.
  public let labels: [String]?

  /// Reads the file at `path`, plain or gzip; flat rows have `shape` if their length fits, or a square one.
  ///
  /// Throws `malformed` with line and column if a row has another number of columns, or a value is no pixel.
  public init(
    path: String, shape: ImageShape?, labelColumn: String? = nil,
    progress: ((_ done: Int, _ total: Int) -> Void)? = nil
  ) throws(DataError) {
    var table = try CSVTable(.path(path), shape: shape, labelColumn: labelColumn, progress: progress)
    table.scaleBinary()
    images = Images(pixels: table.pixels, shape: table.shape)
    labels = table.labels.map { labels in
      switch labels {
      case .numbers(let values): values.map { String($0) }
      case .names(let indices, let names): indices.map { names[Int($0)] }
      }
    }
  }

  /// Whether the file at `path` is called like CSV, or its first line is text in columns.
  public static func isCSV(_ path: String) -> Bool {
    CSVFiles.isCSV(path) || DatasetSource.looksLikeCSV(path)
  }
}
