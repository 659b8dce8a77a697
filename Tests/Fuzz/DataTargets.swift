import Datasets
import FileIO
import ImageFiles

/// A CSV file: as a data set, and its rows for predictions.
func readCSV(_ bytes: [UInt8]) {
  for options in [
    DatasetOptions(), DatasetOptions(shape: ImageShape(height: 2, width: 2), labelColumn: "last"),
  ] {
    _ = succeeds { _ = try Dataset(csv: bytes, name: "f.csv", options).fingerprints() }
  }
  _ = succeeds {
    let rows = try CSVImages(ByteSource(bytes: bytes, name: "f.csv"), shape: nil)
    precondition(rows.labels.map { $0.count == rows.images.count } ?? true)
  }
}

/// A binary batch of CIFAR-10.
func readCIFAR(_ bytes: [UInt8]) { _ = succeeds { _ = try Dataset(cifar: bytes, name: "f").fingerprints() } }

/// What a cache has stored of a data set, its checksum right: the header; the bytes FF FE FF FE; the pixels.
func readCache(_ bytes: [UInt8]) {
  let mark: [UInt8] = [0xFF, 0xFE, 0xFF, 0xFE]
  let end = (0..<max(0, bytes.count - 3)).first { bytes[$0...].starts(with: mark) } ?? bytes.count
  _ = succeeds {
    _ = try Dataset(cacheHeader: Array(bytes[..<end]), pixels: Array(bytes[end...].dropFirst(4)))?
      .fingerprints()
  }
}
