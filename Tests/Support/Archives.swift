import Foundation

/// Archives written by NumPy and SciPy (scripts/make-interop-fixtures), and archives built byte by byte.
package enum Archives {
  package static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/archives").path

  /// A file of the folder.
  package static func fixture(_ name: String) throws -> [UInt8] { try contents("\(folder)/\(name)") }

  /// An entry of an archive, whose fields can be invalid.
  package struct Entry {
    package var name: String
    package var content: [UInt8]
    package var method: Int
    package var flags: Int
    package var crc: UInt32?
    package var size: UInt32?
    package var compressedSize: UInt32?
    package var offset: UInt32?
    package var localMethod: Int?
    package var localSignature: [UInt8]

    /// An entry that is valid by default.
    package init(
      name: String = "x.npy", content: [UInt8] = [], method: Int = 0, flags: Int = 0, crc: UInt32? = nil,
      size: UInt32? = nil, compressedSize: UInt32? = nil, offset: UInt32? = nil, localMethod: Int? = nil,
      localSignature: [UInt8] = [0x50, 0x4B, 3, 4]
    ) {
      (self.name, self.content, self.method, self.flags, self.crc) = (name, content, method, flags, crc)
      (self.size, self.compressedSize, self.offset) = (size, compressedSize, offset)
      (self.localMethod, self.localSignature) = (localMethod, localSignature)
    }
  }

  /// A zip archive of `entries`; `end` changes the end-of-central-directory record.
  package static func zip(_ entries: [Entry], end change: (inout [UInt8]) -> Void = { _ in }) -> [UInt8] {
    var (archive, directory): ([UInt8], [UInt8]) = ([], [])
    func word(_ number: Int) -> [UInt8] { TestBytes.littleEndian(UInt32(number), 2) }
    func long(_ number: UInt32) -> [UInt8] { TestBytes.littleEndian(number, 4) }
    for entry in entries {
      let sizes =
        long(entry.crc ?? TestBytes.crc32(entry.content))
        + long(entry.compressedSize ?? UInt32(entry.content.count))
        + long(entry.size ?? UInt32(entry.content.count))
      let name = word(entry.name.utf8.count) + word(0)
      directory +=
        [0x50, 0x4B, 1, 2] + word(20) + word(20) + word(entry.flags) + word(entry.method) + long(0)
      directory += sizes + name + [UInt8](repeating: 0, count: 10)
      directory += long(entry.offset ?? UInt32(archive.count)) + entry.name.utf8
      archive += entry.localSignature + word(20) + word(entry.flags) + word(entry.localMethod ?? entry.method)
      archive += long(0) + sizes + name + entry.name.utf8 + entry.content
    }
    var end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + word(entries.count) + word(entries.count)
    end += long(UInt32(directory.count)) + long(UInt32(archive.count)) + word(0)
    change(&end)
    return archive + directory + end
  }

  /// A NumPy array with this dictionary.
  package static func npy(_ dictionary: String, _ data: [UInt8] = [], version: [UInt8] = [1, 0]) -> [UInt8] {
    let length = TestBytes.littleEndian(UInt32(dictionary.utf8.count), version[0] == 1 ? 2 : 4)
    return [0x93] + Array("NUMPY".utf8) + version + length + dictionary.utf8 + data
  }

  /// A NumPy array of a type and shape.
  package static func npy(_ type: String, _ shape: String, _ data: [UInt8]) -> [UInt8] {
    npy("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }", data)
  }

  /// The header of a MAT-file.
  package static func matHeader(
    _ text: String = "MATLAB 5.0 MAT-file", version: [UInt8] = [0, 1], endian: String = "IM"
  )
    -> [UInt8]
  {
    let padding = [UInt8](repeating: 0x20, count: 124 - text.utf8.count)
    return Array(text.utf8) + padding + version + endian.utf8
  }

  /// An element of a MAT-file: tag, content, padding.
  package static func element(_ type: UInt32, _ content: [UInt8], size: UInt32? = nil) -> [UInt8] {
    TestBytes.littleEndian(type, 4) + TestBytes.littleEndian(size ?? UInt32(content.count), 4) + content
      + [UInt8](repeating: 0, count: -content.count & 7)
  }

  /// An array of a MAT-file, valid by default.
  package static func matrix(
    _ name: String, _ sizes: [UInt32], numberType: UInt32 = 2, _ numbers: [UInt8], flags: [UInt8] = [9, 0]
  ) -> [UInt8] {
    let sizeBytes = sizes.flatMap { TestBytes.littleEndian($0, 4) }
    let parts = [
      element(6, flags + [UInt8](repeating: 0, count: 6)), element(5, sizeBytes),
      element(1, Array(name.utf8)),
      element(numberType, numbers),
    ]
    return element(14, parts.flatMap { $0 })
  }
}
