import FileIO
import Formatting

extension IDX {
  /// An IDX file of labels that has been read.
  struct LabelFile {
    /// The class of each image; the first column of QMNIST's eight.
    let labels: [UInt16]
    /// Where the labels are, for errors.
    let origin: LabelOrigin

    /// QMNIST's columns: class, series, writer, index, code, and three more.
    private static let qmnistColumns = 8

    /// Reads `source` to its end; throws `malformed` if it is invalid, or a label not one of 0 to 65,535.
    init(_ source: consuming ByteSource) throws(DataError) {
      let header = try IDXHeader(parsing: &source, of: "labels", ranks: 1...2, allowsInt32: true)
      let (count, columns) = (header.dimensions[0], header.dimensions.count == 2 ? header.dimensions[1] : 1)
      guard columns == 1 || columns == Self.qmnistColumns && header.elementSize == 4 else {
        throw source.malformed(
          at: 8,
          "\(columns) columns of labels; labels have one, or \(Self.qmnistColumns) of int32 as in QMNIST")
      }
      let start = source.offset
      let stride = columns * header.elementSize
      let bytes = try source.read(exactly: header.byteCount)
      try source.expectEnd(of: count.pluralized("label"))
      origin = LabelOrigin(
        path: source.name, firstByte: start, stride: stride, isCompressed: source.isCompressed)
      if stride == 1 {
        labels = bytes.map { UInt16($0) }
        return
      }
      var labels: [UInt16] = []
      labels.reserveCapacity(count)
      for index in 0..<count {
        let word = bytes[index * stride..<(index + 1) * stride].prefix(header.elementSize)
        let value = Int32(truncatingIfNeeded: word.reduce(0) { $0 << 8 | Int($1) })
        guard let label = UInt16(exactly: value) else {
          throw origin.fault(
            at: index,
            "label \(value) of image \(index.grouped) is not one of 0 to \(Int(UInt16.max).grouped)")
        }
        labels.append(label)
      }
      self.labels = labels
    }

    /// Throws `malformed` unless there are as many labels as `count` images in the file `path`.
    func check(count: Int, of path: String) throws(DataError) {
      if labels.count == count { return }
      throw origin.malformed(
        at: 4, "\(labels.count.pluralized("label")), but \(path) has \(count.pluralized("image"))")
    }
  }
}

/// Where the labels of a file are, for errors about one of them.
struct LabelOrigin: Sendable {
  let path: String
  /// The offset of the first label; nil where labels have no fixed place.
  var firstByte: Int?
  /// The distance of two labels in bytes.
  var stride = 1
  var isCompressed = false

  /// An error about the label of image `index` of the file.
  func fault(at index: Int, _ reason: String) -> DataError {
    guard let firstByte else { return .unsuitable(path: path, reason: reason) }
    return malformed(at: firstByte + index * stride, reason)
  }

  /// An error about a byte of the file.
  func malformed(at byte: Int, _ reason: String) -> DataError {
    .malformed(path: path, byte: byte, decompressed: isCompressed, reason: reason)
  }
}
