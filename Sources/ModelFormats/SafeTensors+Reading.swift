import FileIO

extension SafeTensors {
  /// Reads the file at `path`; the header is validated before memory for the data is allocated.
  ///
  /// A checksum is verified if there is one; with `requiringChecksum` a file without one is an error. Throws
  /// `unreadable`, or `malformed` with the byte and the tensor.
  public init(
    contentsOf path: String, limits: Limits = Limits(), requiringChecksum: Bool = false
  ) throws(SafeTensorsError) {
    try self.init(contentsOf: FileLocation(path), limits: limits, requiringChecksum: requiringChecksum)
  }

  /// Reads a file as above.
  public init(
    contentsOf location: FileLocation, limits: Limits = Limits(), requiringChecksum: Bool = false
  ) throws(SafeTensorsError) {
    let file = try Self.open(location)
    try self.init(
      file: location.path, limits: limits, requiringChecksum: requiringChecksum, fileCount: file.length ?? 0
    ) { (count) throws(SafeTensorsError) in
      do throws(DataError) {
        return try file.read(exactly: count)
      } catch {
        throw SafeTensorsError(error, file: location.path)
      }
    }
  }

  private static func open(_ location: FileLocation) throws(SafeTensorsError) -> InputFile {
    do throws(DataError) {
      return try InputFile(regularFile: location)
    } catch {
      throw SafeTensorsError(error, file: location.path)
    }
  }

  /// Reads the bytes of a file as above; `file` is the name in errors.
  public init(
    parsing bytes: [UInt8], file: String, limits: Limits = Limits(), requiringChecksum: Bool = false
  ) throws(SafeTensorsError) {
    var rest = bytes[...]
    try self.init(
      file: file, limits: limits, requiringChecksum: requiringChecksum, fileCount: bytes.count
    ) { count in
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
  }

  /// Reads a file of `fileCount` bytes; `next` returns the next ones.
  private init(
    file: String, limits: Limits, requiringChecksum: Bool, fileCount: Int,
    next: (Int) throws(SafeTensorsError) -> [UInt8]
  ) throws(SafeTensorsError) {
    func fault(_ message: String, at byte: Int) -> SafeTensorsError {
      SafeTensorsError(kind: .malformed, file: file, byte: byte, message: message)
    }
    let start = SafeTensorsHeader.start
    guard fileCount >= start else { throw fault("not safetensors: only \(fileCount) bytes", at: 0) }
    guard fileCount <= limits.fileBytes else {
      throw fault("\(fileCount) bytes; the limit is \(limits.fileBytes)", at: 0)
    }
    let length = try next(start)
    let headerCount = length.littleEndian(at: 0, 8)
    guard headerCount <= limits.headerBytes else {
      throw fault(
        "not safetensors: a header of \(headerCount) bytes; the limit is \(limits.headerBytes)", at: 0)
    }
    guard headerCount <= fileCount - start else {
      throw fault("a header of \(headerCount) bytes, but \(fileCount - start) are left", at: 0)
    }
    let text = try next(Int(headerCount))
    let dataCount = fileCount - start - text.count
    let header = try SafeTensorsHeader(parsing: text, dataCount: dataCount, file: file, limits: limits)
    data = try next(dataCount)
    tensors = header.tensors
    for (index, tensor) in tensors.enumerated() { places[tensor.name] = index }
    metadata = header.metadata
    isChecksummed = header.checksum != nil
    guard let checksum = header.checksum else {
      if requiringChecksum { throw fault("the metadata has no checksum", at: start) }
      return
    }
    let lead = SafeTensorsHeader.checksumLead
    guard text.starts(with: lead), checksum.utf8.count == 8 else {
      throw fault("the checksum is not the first entry of the header", at: start)
    }
    if checksum != Self.checksum(length: length, header: text, data: data) {
      throw fault("the checksum is wrong; the file is damaged", at: start + lead.count)
    }
  }

  /// The CRC-32C of a whole file in 8 hexadecimal digits, computed with the digits of the checksum itself as "0".
  package static func checksum(length: [UInt8], header: [UInt8], data: [UInt8]) -> String {
    let lead = SafeTensorsHeader.checksumLead.count
    var blanked = header
    blanked.replaceSubrange(lead..<lead + 8, with: "00000000".utf8)
    var crc = CRC32C(of: length.span)
    crc.update(blanked.span)
    crc.update(data.span)
    let digits = String(crc.value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
