import FileIO
import ImageFiles
import ModelFormats

/// Data sets in memory, as tests and fuzz targets have them.
extension Dataset {
  /// The data set in an archive of NumPy arrays.
  package init(_ archive: NPZ, _ options: DatasetOptions = DatasetOptions()) throws(DataError) {
    try self.init(RawDataset(archive, options), options, path: archive.name)
  }

  /// The data set in a MAT-file.
  package init(mat bytes: [UInt8], name: String, _ options: DatasetOptions = DatasetOptions())
    throws(DataError)
  {
    try self.init(RawDataset(mat: bytes, name: name), options, path: name)
  }

  /// The data set in a CSV file with labels.
  package init(csv bytes: [UInt8], name: String, _ options: DatasetOptions = DatasetOptions())
    throws(DataError)
  {
    let table = try CSVTable(
      .bytes(bytes, name: name), shape: options.shape, labelColumn: options.labelColumn)
    guard let labels = table.labels else { throw .unsuitable(path: name, reason: "there are no labels") }
    let part = RawDataset.Part(role: .undivided, count: table.count, labelPath: name)
    try self.init(
      RawDataset(pixels: table.pixels, shape: table.shape, parts: [part], labels: labels), options, path: name
    )
  }

  /// The data set in one binary batch of CIFAR-10.
  package init(cifar bytes: [UInt8], name: String) throws(DataError) {
    try self.init(
      CIFARFiles.read(ByteSource(bytes: bytes, name: name), .test), DatasetOptions(), path: name)
  }

  /// The data set of a cache whose key and checksum are right; nil if it does not hold together.
  package init?(cacheHeader: [UInt8], pixels: [UInt8]) throws(DataError) {
    guard let raw = RawDataset(cached: cacheHeader, pixels: pixels) else { return nil }
    try self.init(raw, DatasetOptions(), path: "cache")
  }
}
