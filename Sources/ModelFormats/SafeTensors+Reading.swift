#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension SafeTensors {
  /// Reads the file at `path`; nothing is allocated for the data before the header has been checked.
  ///
  /// A checksum is verified where there is one; with `requiringChecksum` a file without one is refused. Throws
  /// with the file, the byte and the tensor.
  public init(
    contentsOf path: String, limits: Limits = Limits(), requiringChecksum: Bool = false
  ) throws(SafeTensorsError) {
    let file = try FileReader(path: path)
    try self.init(
      file: path, limits: limits, requiringChecksum: requiringChecksum, fileCount: file.count,
      next: file.next)
  }

  /// Reads a file's bytes as above; `file` names them in errors.
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

  /// Reads a file of `fileCount` bytes, of which `next` gives the following ones.
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
    let headerCount = length.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
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
    metadata = header.metadata
    isChecksummed = header.checksum != nil
    guard let checksum = header.checksum else {
      if requiringChecksum { throw fault("the metadata has no checksum", at: start) }
      return
    }
    let lead = SafeTensorsHeader.checksumLead
    guard text.starts(with: lead), checksum.utf8.count == 8 else {
      throw fault("the checksum is not where it belongs", at: start)
    }
    if checksum != Self.checksum(length: length, header: text, data: data) {
      throw fault("the checksum is wrong; the file is damaged", at: start + lead.count)
    }
  }

  /// The CRC-32C of a whole file in 8 hexadecimal digits, where the header's own 8 digits count as "0".
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

/// A regular file that is read from start to end.
private final class FileReader {
  let count: Int
  private let path: String
  private let descriptor: Int32

  init(path: String) throws(SafeTensorsError) {
    self.path = path
    // Without waiting, should it be a pipe that nobody writes to.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      count = 0
      throw unreadable(String(cString: strerror(errno)))
    }
    var status = stat()
    let isKnown = fstat(descriptor, &status) == 0
    count = Int(status.st_size)
    if !isKnown || status.st_mode & S_IFMT != S_IFREG { throw unreadable("not a regular file") }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// The next `wanted` bytes, which the file's size has promised.
  func next(_ wanted: Int) throws(SafeTensorsError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
      while filled < wanted {
        let step = read(descriptor, buffer.baseAddress.map { $0 + filled }, wanted - filled)
        if step > 0 {
          filled += step
        } else if step == 0 || errno != EINTR {
          failure = step == 0 ? -1 : errno
          return
        }
      }
    }
    if failure == -1 { throw unreadable("the file became shorter while it was read") }
    if failure != 0 { throw unreadable(String(cString: strerror(failure))) }
    return bytes
  }

  private func unreadable(_ message: String) -> SafeTensorsError {
    SafeTensorsError(kind: .unreadable, file: path, message: message)
  }
}
