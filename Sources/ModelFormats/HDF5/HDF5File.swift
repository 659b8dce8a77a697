import FileIO
import Formatting

/// A file of HDF5: a tree of groups with datasets of numbers, as far as Keras and h5py write it.
///
/// Superblocks 0 to 3, object headers of both versions, groups as symbol tables or link messages; compact, contiguous
/// and chunked data, with deflate and shuffle; anything else is named in an error. The tree is read at once: every
/// address is checked, nothing is read twice, and no more is kept than the file is large. Checksums of metadata are not
/// verified.
package struct HDF5File: Sendable {
  /// The object of a name in a group.
  package enum Object: Sendable {
    case group(Group)
    case dataset(Dataset)
    /// A stored type, which has no values.
    case type
  }

  /// A group: named objects, and texts about it.
  package struct Group: Sendable {
    /// The offset of its header in the file.
    package let address: Int
    /// Its objects.
    package internal(set) var objects: [String: Object] = [:]
    /// Its attributes of strings, and those without elements; others are left out.
    package let attributes: [String: [String]]

    /// The group at `path` (names and `/`) below this one; nil if there is none.
    package func group(_ path: String) -> Group? {
      if case .group(let group) = object(path) { group } else { nil }
    }

    /// The dataset at `path` below this group; nil if there is none.
    package func dataset(_ path: String) -> Dataset? {
      if case .dataset(let dataset) = object(path) { dataset } else { nil }
    }

    private func object(_ path: String) -> Object? {
      var object = Object.group(self)
      for name in path.split(separator: "/") {
        guard case .group(let group) = object, let next = group.objects[String(name)] else { return nil }
        object = next
      }
      return object
    }
  }

  /// An array of numbers; `HDF5File.floats(of:)` reads them.
  package struct Dataset: Sendable {
    /// The offset of its header in the file.
    package let address: Int
    /// The shape; empty for a scalar.
    package let shape: [Int]
    /// Its attributes of strings.
    package let attributes: [String: [String]]
    let storage: HDF5Storage
  }

  /// The name in error messages: the path.
  package var name: String { source.name }
  /// The group that all others are in.
  package let root: Group
  let source: HDF5Source

  /// The most levels of groups, objects, and dimensions of an array.
  static let (largestDepth, largestCount, largestRank) = (32, 1 << 16, 8)

  /// Reads the tree of the file at `path`; throws `unreadable`, or `malformed` with the byte.
  package init(contentsOf path: String) throws(DataError) {
    var source = try ByteSource(path: path)
    try self.init(parsing: source.readAll(), name: path)
  }

  /// Reads the tree of a file in memory, called `name` in errors; throws `malformed`.
  package init(parsing bytes: [UInt8], name: String) throws(DataError) {
    var source = HDF5Source(bytes: bytes, name: name)
    let rootAddress = try Self.superblock(of: &source)
    var parser = HDF5Parser(source)
    guard case .group(let root) = try parser.object(at: rootAddress, depth: 0) else {
      throw source.fault("the root is no group", at: rootAddress)
    }
    (self.source, self.root) = (source, root)
  }

  private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  /// The address of the root group's header, after the sizes of addresses and lengths.
  private static func superblock(of source: inout HDF5Source) throws(DataError) -> Int {
    guard source.bytes.starts(with: signature) else {
      throw .malformed(
        path: source.name, byte: 0, reason: "not HDF5: \(FileSignature.describe(source.bytes))")
    }
    var cursor = try source.cursor(at: 0, "the superblock")
    try cursor.skip(signature.count)
    let version = try cursor.version(of: "the superblock", 0...3)
    if version < 2 { try cursor.skip(4) }
    let sizes = cursor.position
    (source.addressSize, source.lengthSize) = (try cursor.byte(), try cursor.byte())
    guard [source.addressSize, source.lengthSize].allSatisfy({ [4, 8].contains($0) }) else {
      throw source.fault("addresses and lengths must have 4 or 8 bytes", at: sizes)
    }
    // Sizes of tree nodes, which say themselves how much they hold, and flags.
    try cursor.skip(version < 2 ? 1 + 2 + 2 + 4 + (version == 1 ? 4 : 0) : 1)
    cursor = HDF5Cursor(source, cursor.position..<source.bytes.count)
    guard try cursor.address() == 0 else {
      throw source.fault("the file does not begin at byte 0, which is not supported", at: cursor.position)
    }
    // Free space, or an extension.
    try cursor.skip(source.addressSize)
    let endPosition = cursor.position
    let end = try cursor.number(source.addressSize)
    guard end <= source.bytes.count else {
      throw source.fault(
        "the file is cut off: it has \(source.bytes.count.grouped) of \(end.grouped) bytes", at: endPosition)
    }
    // The driver's block, and the name of the root.
    if version < 2 { try cursor.skip(2 * source.addressSize) }
    return try cursor.address(of: "the root group")
  }
}
