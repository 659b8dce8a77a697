import FileIO
import Formatting
import ModelFormats

extension NPZ {
  /// The labels in the array called `name`, one for each of `count` images.
  func labels(_ name: String, count: Int) throws(DataError) -> [UInt16] {
    var reader = try reader(of: name)
    let shape = reader.header.shape
    if shape.count == 2, shape[0] == count, shape[1] > 1 { return try oneHotLabels(&reader, count: count) }
    guard shape == [count] || shape == [count, 1] else {
      throw reader.malformed("labels of shape \(shape) for \(count.pluralized("image"))")
    }
    var labels: [UInt16] = []
    labels.reserveCapacity(count)
    let bytes = try reader.readAll()
    for index in 0..<count {
      let value = reader.labelValue(bytes, index)
      guard let label = UInt16(whole: value) else {
        throw reader.malformed(
          "label \(value.shortText) of image \(index.grouped) is not one of 0 to "
            + Int(UInt16.max).grouped)
      }
      labels.append(label)
    }
    return labels
  }

  /// The places of the ones in rows of zeros and one 1.
  private func oneHotLabels(_ reader: inout Reader, count: Int) throws(DataError) -> [UInt16] {
    let columns = reader.header.shape[1]
    guard columns <= ClassAssignment.limit else { throw reader.malformed(columns.pluralized("class")) }
    let bytes = try reader.readAll()
    var labels: [UInt16] = []
    for row in 0..<count {
      var ones: [Int] = []
      for column in 0..<columns {
        let value = reader.labelValue(bytes, row * columns + column)
        if value == 1 { ones.append(column) }
        guard value == 0 || value == 1 else {
          throw reader.malformed(
            "labels of shape \(reader.header.shape), and no one-hot ones: row \(row.grouped) has "
              + value.shortText)
        }
      }
      guard ones.count == 1 else {
        throw reader.malformed(
          "labels of shape \(reader.header.shape), of which image \(row.grouped) has "
            + "\(ones.count): several classes an image are not supported")
      }
      labels.append(UInt16(ones[0]))
    }
    return labels
  }
}

extension NPZ.Reader {
  /// The value of the label at `index` of the whole array.
  fileprivate func labelValue(_ bytes: [UInt8], _ index: Int) -> Double {
    value(bytes[...], index * header.type.size)
  }
}
