/// The format of a file by its first bytes (its magic number), so that an error can name the format that was found.
public enum FileSignature: Sendable, CaseIterable {
  case gzip, idx, pbm, pgm, ppm, png, jpeg, avif, heif, video, webp, gif, bmp, tiff, zip, xz, bzip2, zstandard
  case html, xml, numpy, hdf5, matlab, gitLFS
  // Found in zip archives: they are before `zip` in the order of the search.
  case torch, keras, spreadsheet
  case emptyZip, pickle, tar, json, parquet, arrow, safetensors, sqlite, pdf, sevenZip, rar, compress
  case savedModel, onnx, tflite, gguf, elf, utf16

  /// The number of bytes that decide the format: a tar archive is known at byte 257.
  package static let length = 512

  /// The formats in the order in which they are tried: the particular before the general.
  private static let order =
    [.torch, .keras, .spreadsheet, .safetensors, .savedModel]
    + allCases.filter { ![.json, .onnx].contains($0) } + [.json, .onnx]

  /// The format that begins with these bytes, nil for an unknown one.
  public init?(_ bytes: some Collection<UInt8>) {
    let start = Array(bytes.prefix(Self.length))
    guard let match = Self.order.first(where: { $0.matches(start) }) else { return nil }
    self = match
  }

  private func matches(_ start: [UInt8]) -> Bool {
    func begins(_ magic: UInt8...) -> Bool { start.starts(with: magic) }
    /// Whether it is text that begins with `word`, in upper or lower case, after spaces and a byte order mark.
    func text(_ word: String) -> Bool {
      let text = start.drop { $0 <= 0x20 || $0 >= 0x80 }.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
      return text.starts(with: word.utf8)
    }
    /// Whether it is `P` and one of two digits, and no word that begins so.
    func netpbm(_ digits: Unicode.Scalar...) -> Bool {
      start.count >= 3 && start[0] == 0x50 && digits.contains { UInt8(ascii: $0) == start[1] }
        && (0x09...0x0D ~= start[2] || start[2] == 0x20 || start[2] == 0x23)
    }
    /// Whether it is an ISO media file with one of these brands: the main one or, after a version, a compatible one.
    func brand(_ names: String...) -> Bool {
      guard start.dropFirst(4).starts(with: "ftyp".utf8) else { return false }
      let end = min(start.count, Int(start[2]) << 8 | Int(start[3]))
      return ([8] + stride(from: 16, to: end, by: 4)).contains { offset in
        names.contains { start.dropFirst(offset).starts(with: $0.utf8) }
      }
    }
    return switch self {
    case .gzip: begins(0x1F, 0x8B)
    case .idx: start.count >= 4 && begins(0, 0) && 0x08...0x0E ~= start[2] && 1...4 ~= start[3]
    case .pbm: netpbm("1", "4")
    case .pgm: netpbm("2", "5")
    case .ppm: netpbm("3", "6")
    case .png: begins(0x89, 0x50, 0x4E, 0x47)
    case .jpeg: begins(0xFF, 0xD8, 0xFF)
    case .avif: brand("avif", "avis")
    case .heif: brand("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1")
    case .video: start.dropFirst(4).starts(with: Array("ftyp".utf8))
    case .webp: begins(0x52, 0x49, 0x46, 0x46) && start.dropFirst(8).starts(with: Array("WEBP".utf8))
    case .gif: begins(0x47, 0x49, 0x46, 0x38)
    case .bmp: begins(0x42, 0x4D)
    case .tiff:
      begins(0x49, 0x49, 0x2A, 0) || begins(0x4D, 0x4D, 0, 0x2A) || begins(0x49, 0x49, 0x2B, 0)
        || begins(0x4D, 0x4D, 0, 0x2B)
    case .zip: Self.isZip(start)
    case .emptyZip: begins(0x50, 0x4B, 0x05, 0x06)
    case .xz: begins(0xFD, 0x37, 0x7A, 0x58)
    case .bzip2: begins(0x42, 0x5A, 0x68)
    case .zstandard: begins(0x28, 0xB5, 0x2F, 0xFD)
    case .html: text("<!doctype html") || text("<html")
    case .xml: text("<?xml")
    case .numpy: begins(0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59)
    case .hdf5: begins(0x89, 0x48, 0x44, 0x46)
    case .matlab: text("matlab ")
    case .gitLFS:
      text("version ") && String(decoding: start.prefix(64), as: UTF8.self).contains("git-lfs")
    case .torch: Self.firstEntry(of: start).hasSuffix("/data.pkl")
    case .keras: ["metadata.json", "config.json", "model.weights.h5"].contains(Self.firstEntry(of: start))
    case .spreadsheet: Self.firstEntry(of: start) == "[Content_Types].xml" || begins(0xD0, 0xCF, 0x11, 0xE0)
    case .pickle:
      begins(0x80) && start.count >= 3 && 2...5 ~= start[1] && start[2] >= 0x28 || Self.isTextPickle(start)
    case .tar: start.dropFirst(257).starts(with: "ustar".utf8)
    case .json: text("{\"") || text("{ ") || text("{\n") || text("{\r") || text("[{") || text("[[")
    case .parquet: start.starts(with: "PAR1".utf8)
    case .arrow: start.starts(with: "ARROW1".utf8) || begins(0x46, 0x45, 0x41, 0x31)
    case .safetensors:
      start.count > 10 && start[6] == 0 && start[7] == 0 && start[8] == 0x7B && start[9] == 0x22
    case .sqlite: start.starts(with: "SQLite format 3".utf8)
    case .pdf: start.starts(with: "%PDF".utf8)
    case .sevenZip: begins(0x37, 0x7A, 0xBC, 0xAF)
    case .rar: start.starts(with: "Rar!".utf8)
    case .compress: begins(0x1F, 0x9D)
    // ir_version, then producer_name.
    case .onnx: start.count > 4 && start[0] == 8 && start[1] < 32 && start[2] == 0x12 && start[3] < 64
    // The version of its schema, which is 1, then the graphs.
    case .savedModel: begins(8, 1, 0x12)
    case .tflite: start.dropFirst(4).starts(with: "TFL3".utf8)
    case .gguf: start.starts(with: "GGUF".utf8)
    case .elf: begins(0x7F, 0x45, 0x4C, 0x46)
    case .utf16: begins(0xFF, 0xFE) || begins(0xFE, 0xFF) || Self.isUTF16(start)
    }
  }

  /// Whether it is a pickle of protocol 0 or 1: a container with its number in the memo, or a global of a usual module.
  private static func isTextPickle(_ start: [UInt8]) -> Bool {
    let line = start.prefix { $0 != 0x0A }
    if line.count == start.count { return false }
    if ["(dp", "(lp"].contains(where: { line.starts(with: $0.utf8) }) {
      return line.dropFirst(3).allSatisfy { 0x30...0x39 ~= $0 }
    }
    return ["numpy", "torch", "collections", "copy_reg", "__builtin__"].contains { module in
      line.starts(with: ("c" + module).utf8) && line.allSatisfy { $0 > 0x20 && $0 != 0x2C }
    }
  }

  /// Whether it is text in ASCII with a zero before or behind each character.
  private static func isUTF16(_ start: [UInt8]) -> Bool {
    guard start.count >= 8 else { return false }
    return [0, 1].contains { first in
      stride(from: 0, to: 8, by: 2).allSatisfy { index in
        let character = start[index + first]
        return start[index + 1 - first] == 0 && (0x20..<0x7F ~= character || 0x09...0x0D ~= character)
      }
    }
  }

  /// Whether these bytes begin a zip archive, whatever it holds.
  public static func isZip(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: [0x50, 0x4B, 0x03, 0x04])
  }

  /// The name of the first entry of a zip archive; empty for other files.
  private static func firstEntry(of start: [UInt8]) -> String {
    guard start.count > 30, isZip(start) else { return "" }
    let length = Int(start.littleEndian(at: 26, 2))
    guard length <= start.count - 30 else { return "" }
    return String(decoding: start[30..<30 + length], as: UTF8.self)
  }

  private var name: String {
    switch self {
    case .gzip: "a gzip file"
    case .idx: "a plain IDX file"
    case .pbm: "a PBM picture"
    case .pgm: "a PGM picture"
    case .ppm: "a PPM picture"
    case .png: "a PNG picture"
    case .jpeg: "a JPEG picture"
    case .avif: "an AVIF picture"
    case .heif: "a HEIC picture"
    case .video: "a video"
    case .webp: "a WebP picture"
    case .gif: "a GIF picture"
    case .bmp: "a BMP picture"
    case .tiff: "a TIFF picture"
    case .zip: "a zip archive"
    case .emptyZip: "an empty zip archive"
    case .xz: "an xz file"
    case .bzip2: "a bzip2 file"
    case .zstandard: "a Zstandard file"
    case .html: "an HTML page"
    case .xml: "an XML document"
    case .numpy: "a NumPy array"
    case .hdf5: "an HDF5 file"
    case .matlab: "a MATLAB file"
    case .gitLFS: "a Git LFS pointer, not the file itself"
    case .torch: "a PyTorch file"
    case .keras: "a Keras model"
    case .spreadsheet: "a spreadsheet or office document"
    case .pickle: "a Python pickle"
    case .tar: "a tar archive"
    case .json: "a JSON document"
    case .parquet: "a Parquet table"
    case .arrow: "an Arrow or Feather table"
    case .safetensors: "a safetensors file"
    case .sqlite: "an SQLite database"
    case .pdf: "a PDF document"
    case .sevenZip: "a 7-Zip archive"
    case .rar: "a RAR archive"
    case .compress: "a file compressed by compress"
    case .onnx: "an ONNX model"
    case .savedModel: "a TensorFlow SavedModel"
    case .tflite: "a TensorFlow Lite model"
    case .gguf: "a GGUF model"
    case .elf: "a program (ELF)"
    case .utf16: "text in UTF-16"
    }
  }

  /// A clause for an error message: `this is an HTML page ("<!DOCTYPE html")`, `it begins with DE AD BE EF`.
  package static func describe(_ bytes: some Collection<UInt8>) -> String {
    if bytes.isEmpty { return "the file is empty" }
    guard let signature = FileSignature(bytes) else {
      return "it begins with " + bytes.prefix(4).map(\.hexadecimal).joined(separator: " ")
    }
    guard signature == .html else { return "this is \(signature.name)" }
    let quote = bytes.drop { $0 <= 0x20 || $0 >= 0x80 }.prefix { 0x20..<0x7F ~= $0 && $0 != 0x3E }.prefix(14)
    return "this is \(signature.name) (\"\(String(decoding: quote, as: UTF8.self))\")"
  }
}
