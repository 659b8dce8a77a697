import FileIO
import Formatting

extension HDF5Parser {
  /// The names of a group in one message of its header, with the addresses of their objects.
  mutating func links(of message: HDF5Message) throws(DataError) -> [(name: String, address: Int)] {
    switch message.kind {
    case .link:
      var cursor = try message.cursor(source)
      return [try link(&cursor)]
    case .linkInfo:
      var cursor = try message.cursor(source)
      _ = try cursor.version(of: "a group's links", 0...0)
      if try cursor.byte() & 1 != 0 { try cursor.skip(8) }
      if try cursor.address() != nil {
        throw source.fault(
          "a group in the dense form, which is not supported; write the file with h5py's default libver",
          at: message.range.lowerBound)
      }
      return []
    case .symbolTable:
      var cursor = try message.cursor(source)
      let tree = try cursor.address(of: "the tree of a group")
      let names = try localHeap(at: cursor.address(of: "the names of a group"))
      var links: [(name: String, address: Int)] = []
      try appendLinks(at: tree, level: nil, names: names, to: &links)
      return links
    default: return []
    }
  }

  /// A link message, of a hard link.
  private mutating func link(_ cursor: inout HDF5Cursor) throws(DataError) -> (name: String, address: Int) {
    _ = try cursor.version(of: "a link", 1...1)
    let flags = try cursor.byte()
    let kind = flags & 8 != 0 ? try cursor.byte() : 0
    // The order of creation, and the encoding of the name.
    try cursor.skip((flags & 4 != 0 ? 8 : 0) + (flags & 16 != 0 ? 1 : 0))
    let length = try cursor.number(1 << (flags & 3))
    let name = try text(cursor.range(length))
    guard kind == 0 else {
      throw cursor.fault("\(name.quoted) is a soft or external link, which is not supported")
    }
    return (name, try cursor.address(of: name.quoted))
  }

  /// The bytes of the names of a group.
  private mutating func localHeap(at address: Int) throws(DataError) -> Range<Int> {
    var cursor = try source.cursor(at: address, "the names of a group")
    try cursor.signature("HEAP", "a list of names")
    _ = try cursor.version(of: "a list of names", 0...0)
    try cursor.skip(3)
    let size = try cursor.length()
    _ = try cursor.length()
    let start = try cursor.address(of: "names")
    _ = try claim(address, cursor.position - address, "a list of names")
    return try claim(start, size, "a list of names")
  }

  /// Appends the links of a tree's node, whose level is one less than that of the node above it.
  private mutating func appendLinks(
    at address: Int, level: Int?, names: Range<Int>, to links: inout [(name: String, address: Int)]
  ) throws(DataError) {
    var cursor = try source.cursor(at: address, "a tree of names")
    if level == -1 { return try appendSymbols(&cursor, names: names, to: &links) }
    let node = try treeNode(&cursor, kind: 0, level: level)
    for _ in 0..<node.count {
      _ = try cursor.length()
      let child = try cursor.address(of: "a part of a group")
      try appendLinks(at: child, level: node.level - 1, names: names, to: &links)
    }
  }

  /// Reads the head of a node of a tree (version 1); its keys and children follow, one key more than children.
  mutating func treeNode(
    _ cursor: inout HDF5Cursor, kind: Int, level expected: Int?, keySize: Int? = nil
  ) throws(DataError) -> (level: Int, count: Int) {
    let start = cursor.position
    try cursor.signature("TREE", "a tree")
    guard try cursor.byte() == kind else { throw source.fault("a tree of another kind", at: start + 4) }
    let level = try cursor.byte()
    guard level == expected ?? level, level < HDF5File.largestDepth else {
      throw source.fault("a node of level \(level) in a tree, where another belongs", at: start + 5)
    }
    let count = try cursor.number(2)
    try cursor.skip(2 * source.addressSize)
    let key = keySize ?? source.lengthSize
    _ = try claim(start, cursor.position - start + count * (key + source.addressSize) + key, "a tree")
    return (level, count)
  }

  /// Appends the links of a node of symbols.
  private mutating func appendSymbols(
    _ cursor: inout HDF5Cursor, names: Range<Int>, to links: inout [(name: String, address: Int)]
  ) throws(DataError) {
    let start = cursor.position
    try cursor.signature("SNOD", "a part of a group")
    _ = try cursor.version(of: "a part of a group", 1...1)
    try cursor.skip(1)
    let count = try cursor.number(2)
    _ = try claim(start, 8 + count * (2 * source.addressSize + 24), "a part of a group")
    for _ in 0..<count {
      let entry = cursor.position
      let offset = try cursor.number(source.addressSize)
      let address = try cursor.address()
      let cache = try cursor.number(4)
      try cursor.skip(4 + 16)
      guard offset < names.count else { throw source.fault("a name outside the list of names", at: entry) }
      let bytes = source.bytes[names.lowerBound + offset..<names.upperBound]
      guard let end = bytes.firstIndex(of: 0) else {
        throw source.fault("a name without an end", at: bytes.startIndex)
      }
      let name = try text(bytes.startIndex..<end)
      guard cache != 2, let address else {
        throw source.fault("\(name.quoted) is a soft link, which is not supported", at: entry)
      }
      links.append((name, address))
    }
  }
}
