import ConfigDecoding
import FileIO
import JSONText

extension SafeTensors {
  /// Appends a tensor of `Float` with as many `values` as `shape` needs.
  ///
  /// Throws `unwritable` if there are not, or the name exists.
  public mutating func append(_ name: String, shape: [Int], _ values: [Float]) throws(SafeTensorsError) {
    // Supported processors are little-endian, as the file is.
    try append(name, shape: shape, .float32, bytes: values.withUnsafeBytes { Array($0) })
  }

  /// Appends a tensor of any type with as many little-endian bytes as `shape` needs.
  ///
  /// Throws `unwritable` if there are not, or the name exists.
  public mutating func append(
    _ name: String, shape: [Int], _ dataType: DataType, bytes: [UInt8]
  ) throws(SafeTensorsError) {
    guard shape.allSatisfy({ $0 >= 0 }),
      shape.byteCount(elementSize: dataType.size, limit: .max) == bytes.count
    else {
      throw Self.unwritable(
        "\(bytes.count) bytes of \(dataType.rawValue) do not fill the shape \(shape)", name)
    }
    guard self[name] == nil, name != SafeTensorsHeader.metadataKey else {
      throw Self.unwritable("duplicate name", name)
    }
    places[name] = tensors.count
    tensors.append(
      Tensor(name: name, shape: shape, dataType: dataType, range: data.count..<data.count + bytes.count))
    data += bytes
  }

  /// Sets the metadata of `key`; the key `checksum` is reserved.
  public mutating func setMetadata(_ key: String, to value: String) {
    if let index = metadata.firstIndex(where: { $0.key == key }) {
      metadata[index].value = value
    } else {
      metadata.append((key, value))
    }
  }

  /// The encoded file with a checksum: equal tensors and metadata in the same order give equal bytes.
  ///
  /// Throws `unwritable` for a file that would exceed the limits.
  public func encoded(limits: Limits = Limits()) throws(SafeTensorsError) -> [UInt8] {
    if tensors.count > limits.tensors { throw Self.unwritable("more than \(limits.tensors) tensors") }
    if let tensor = tensors.first(where: { $0.shape.count > limits.rank }) {
      throw Self.unwritable("more than \(limits.rank) dimensions", tensor.name)
    }
    var header = Array(headerText.utf8)
    header += [UInt8](repeating: UInt8(ascii: " "), count: -header.count & 7)
    guard header.count <= limits.headerBytes, 8 + header.count + data.count <= limits.fileBytes else {
      throw Self.unwritable("the header or the file exceeds its limit")
    }
    let length = UInt64(header.count).littleEndianBytes
    let lead = SafeTensorsHeader.checksumLead.count
    let checksum = Self.checksum(length: length, header: header, data: data)
    header.replaceSubrange(lead..<lead + 8, with: checksum.utf8)
    return length + header + data
  }

  /// The header with a checksum of zeros.
  private var headerText: String {
    let checksum = (SafeTensorsHeader.checksumKey, JSON(SafeTensorsHeader.checksumPrefix + "00000000"))
    let texts = metadata.filter { $0.key != SafeTensorsHeader.checksumKey }.map { ($0.key, JSON($0.value)) }
    let entries = tensors.map { tensor -> (String, JSON) in
      let offsets = [JSON(tensor.range.lowerBound), JSON(tensor.range.upperBound)]
      return (
        tensor.name,
        [
          "dtype": JSON(tensor.dataType.rawValue), "shape": JSON(tensor.shape.map { JSON($0) }),
          "data_offsets": JSON(offsets),
        ]
      )
    }
    let members = [(SafeTensorsHeader.metadataKey, JSON(object: [checksum] + texts))] + entries
    return JSON(object: members).text(pretty: false)
  }

  private static func unwritable(_ message: String, _ tensor: String? = nil) -> SafeTensorsError {
    SafeTensorsError(kind: .unwritable, file: "", tensor: tensor, message: message)
  }
}
