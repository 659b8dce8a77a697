import FileIO
import Formatting
import ImageFiles

/// The images of a CSV file, a row each: pixels from 0 to 255 or from 0 to 1, and perhaps a label.
struct CSVTable {
  /// The pixels of all rows, [N, C, H, W].
  private(set) var pixels: [UInt8] = []
  /// The shape of each image.
  let shape: ImageShape
  /// The labels; nil if the file has none.
  private(set) var labels: RawDataset.Labels?
  /// What was found out about the file.
  private(set) var notices: [String] = []
  /// The range of the numbers.
  private(set) var range: PixelScale.Range

  /// The number of images.
  var count: Int { pixels.count / shape.size }

  /// Reads a file; `progress` is called with bytes.
  ///
  /// Throws `malformed` with line and column if a row has another number of columns, or a value is no pixel or label.
  init(
    _ file: CSVInput, shape: ImageShape?, labelColumn: String?, progress: ((Int, Int) -> Void)? = nil
  ) throws(DataError) {
    let layout = try Self.layout(of: file, shape: shape, labelColumn: labelColumn)
    var rows = CSVRows(layout, PixelScale())
    try rows.read(file, progress)
    if rows.scale.isContradicted {
      rows = CSVRows(layout, PixelScale(.levels))
      try rows.read(file, progress)
    }
    // A guess of the first column that gives one class is worth another one.
    if layout.isLabelGuessed, rows.isOneClass, rows.count > 1 {
      var other = CSVRows(layout.withLabelLast, PixelScale(rows.scale.range))
      if (try? other.read(file, progress)) != nil, !other.isOneClass, other.hasNumbers,
        !other.scale.isContradicted
      {
        rows = other
        notices.append("the label is in the last column: the first one is the same in all rows")
      }
    }
    self.shape = layout.shape
    labels = layout.hasLabels ? rows.labels : nil
    pixels = rows.takePixels()
    range = rows.scale.range
    if layout.shape.channels == 3,
      PixelLayout(guessing: pixels[...], shape: layout.shape) == .interleaved
    {
      PixelLayout.makePlanes(&pixels, shape: layout.shape)
    }
  }

  /// Scales pixels of which all are 0 or 1, if those of the whole source are.
  mutating func scaleBinary() {
    var scale = PixelScale(range)
    _ = scale.finish(&pixels)
    range = scale.range
  }

  private static func layout(
    of file: CSVInput, shape: ImageShape?, labelColumn: String?
  ) throws(DataError) -> CSVLayout {
    var lines = try CSVLines(file.open())
    var first: [ArraySlice<UInt8>] = []
    _ = try lines.next { (bytes, _) in
      for line in bytes.split(separator: 0x0A, maxSplits: 64) {
        let isEmpty = line.allSatisfy { $0 == 0x0D || $0 == 0x20 }
        if !isEmpty, first.count < 3 { first.append(Array(line)[...]) }
      }
      return bytes.count
    }
    return try CSVLayout(first, path: file.name, shape: shape, labelColumn: labelColumn)
  }
}

/// A file of text on disk, or its content in memory, which may be read more than once.
enum CSVInput {
  case path(String)
  /// Decompressed already, whatever the name says.
  case bytes([UInt8], name: String)

  /// The name in errors.
  var name: String {
    switch self {
    case .path(let name), .bytes(_, let name): name
    }
  }

  /// The content from its beginning.
  func open() throws(DataError) -> ByteSource {
    switch self {
    case .path(let path): try ByteSource(path: path)
    case .bytes(let bytes, let name): ByteSource(bytes, range: 0..<bytes.count, name: name, format: nil)
    }
  }
}
