import ConfigDecoding
import FileIO
import JSONText

/// The JSON header of a safetensors file, validated against the size of the data.
package struct SafeTensorsHeader {
  static let metadataKey = "__metadata__"
  static let checksumKey = "checksum"
  static let checksumPrefix = "crc32c:"
  /// The start of a header with a checksum, before the 8 hexadecimal digits of the checksum.
  package static let checksumLead = Array(#"{"\#(metadataKey)":{"\#(checksumKey)":"\#(checksumPrefix)"#.utf8)

  private(set) var tensors: [SafeTensors.Tensor] = []
  private(set) var metadata: [(key: String, value: String)] = []
  /// The CRC-32C in the header, nil if there is none.
  private(set) var checksum: String?
  private let file: String

  /// The offset of the header in the file.
  static let start = 8

  init(
    parsing text: [UInt8], dataCount: Int, file: String, limits: SafeTensors.Limits
  ) throws(SafeTensorsError) {
    self.file = file
    guard text.first == UInt8(ascii: "{") else { throw fault("the header does not start with {") }
    let json: JSON
    do {
      json = try JSON(
        parsing: text, origin: "header", limits: JSON.Limits(bytes: limits.headerBytes, depth: 3))
    } catch {
      throw fault(error.issues.first?.description ?? "the header is not JSON")
    }
    for member in json.members ?? [] {
      if member.key == Self.metadataKey {
        try readMetadata(member.value)
      } else {
        guard tensors.count < limits.tensors else { throw fault("more than \(limits.tensors) tensors") }
        tensors.append(try tensor(member, dataCount: dataCount, limits: limits))
      }
    }
    try checkCoverage(of: dataCount)
  }

  private mutating func readMetadata(_ json: JSON) throws(SafeTensorsError) {
    guard let members = json.members else { throw fault("the metadata is not an object") }
    for member in members {
      guard let text = member.value.string else {
        throw fault("the metadata \(member.key) is not a string")
      }
      if member.key == Self.checksumKey, text.hasPrefix(Self.checksumPrefix) {
        checksum = String(text.dropFirst(Self.checksumPrefix.count))
      } else {
        metadata.append((member.key, text))
      }
    }
  }

  private func tensor(
    _ member: JSON.Member, dataCount: Int, limits: SafeTensors.Limits
  ) throws(SafeTensorsError) -> SafeTensors.Tensor {
    func fault(_ message: String) -> SafeTensorsError { self.fault(message, tensor: member.key) }
    let entry = member.value
    guard let members = entry.members, Set(members.map(\.key)) == ["dtype", "shape", "data_offsets"] else {
      throw fault("must have dtype, shape and data_offsets, and nothing else")
    }
    guard let typeName = entry["dtype"]?.string, let type = SafeTensors.DataType(rawValue: typeName) else {
      let known = SafeTensors.DataType.allCases.map(\.rawValue).joined(separator: ", ")
      throw fault("the dtype must be one of \(known), not \(entry["dtype"] ?? .null)")
    }
    guard let shape = Self.sizes(entry["shape"]), shape.count <= limits.rank else {
      throw fault("the shape must be an array of at most \(limits.rank) sizes")
    }
    guard let byteCount = shape.byteCount(elementSize: type.size, limit: .max) else {
      throw fault("the shape is too large")
    }
    guard let offsets = Self.sizes(entry["data_offsets"]), offsets.count == 2, offsets[0] <= offsets[1],
      offsets[1] <= dataCount
    else { throw fault("the data_offsets are not within the \(dataCount) bytes of data") }
    guard offsets[1] - offsets[0] == byteCount else {
      throw fault("\(offsets[1] - offsets[0]) bytes of data, but its shape needs \(byteCount)")
    }
    return SafeTensors.Tensor(
      name: member.key, shape: shape, dataType: type, range: offsets[0]..<offsets[1])
  }

  /// An array of non-negative integers, nil for anything else.
  private static func sizes(_ json: JSON?) -> [Int]? {
    guard let array = json?.array else { return nil }
    let sizes = array.compactMap(\.integer).filter { $0 >= 0 }
    return sizes.count == array.count ? sizes : nil
  }

  /// Every byte of the data must belong to exactly one tensor.
  private func checkCoverage(of dataCount: Int) throws(SafeTensorsError) {
    var end = 0
    for tensor in tensors.sorted(by: {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }) {
      if tensor.range.lowerBound != end {
        let relation = tensor.range.lowerBound < end ? "overlaps another tensor" : "leaves a gap before it"
        throw fault("its data \(relation)", tensor: tensor.name)
      }
      end = tensor.range.upperBound
    }
    if end != dataCount { throw fault("the tensors end after \(end) of \(dataCount) bytes of data") }
  }

  private func fault(_ message: String, tensor: String? = nil) -> SafeTensorsError {
    SafeTensorsError(kind: .malformed, file: file, byte: Self.start, tensor: tensor, message: message)
  }
}
