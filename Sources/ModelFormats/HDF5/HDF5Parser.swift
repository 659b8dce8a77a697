import FileIO
import Formatting

/// Reads the tree of a file. What has been read is counted: a place is read once, and all of them together are no
/// longer than the file, so that neither loops nor shared parts make a small file large.
struct HDF5Parser {
  let source: HDF5Source
  private var starts: Set<Int> = []
  private var bytesRead = 0
  private var bytesOfText = 0
  private var objects = 0
  /// The objects of each heap of strings, by its address.
  var heaps: [Int: [Int: Range<Int>]] = [:]

  init(_ source: HDF5Source) { self.source = source }

  /// Marks a range as read; throws where it leaves the file, or where the same has been read before.
  mutating func claim(_ address: Int, _ count: Int, _ what: String) throws(DataError) -> Range<Int> {
    guard count >= 0, address >= 0, count <= source.bytes.count - address else {
      throw source.fault("\(what) of \(count.grouped) bytes does not fit into the file", at: address)
    }
    bytesRead += count
    guard starts.insert(address).inserted, bytesRead <= source.bytes.count else {
      throw source.fault("\(what) is part of something else: a loop, or an overlap", at: address)
    }
    return address..<address + count
  }

  /// The bytes of a range as text.
  mutating func text(_ range: Range<Int>) throws(DataError) -> String {
    bytesOfText += range.count
    guard bytesOfText <= source.bytes.count else {
      throw source.fault("the same text is used again and again", at: range.lowerBound)
    }
    return String(decoding: source.bytes[range], as: UTF8.self)
  }

  /// The object whose header is at `address`, with everything below it.
  mutating func object(at address: Int, depth: Int) throws(DataError) -> HDF5File.Object {
    objects += 1
    guard depth <= HDF5File.largestDepth else {
      throw source.fault("groups deeper than \(HDF5File.largestDepth) levels", at: address)
    }
    guard objects <= HDF5File.largestCount else {
      throw source.fault("more than \(HDF5File.largestCount.grouped) objects", at: address)
    }
    let messages = try messages(at: address)
    let attributes = try attributes(of: messages)
    if messages.contains(where: { $0.kind == .layout }) {
      return .dataset(try dataset(at: address, messages, attributes))
    }
    let kinds: Set<HDF5Message.Kind> = [.symbolTable, .linkInfo, .link]
    guard messages.contains(where: { kinds.contains($0.kind) }) else { return .type }
    var group = HDF5File.Group(address: address, attributes: attributes)
    for message in messages {
      for (name, child) in try links(of: message) {
        guard group.objects[name] == nil else {
          throw source.fault("two objects of a group are called \(name.quoted)", at: message.range.lowerBound)
        }
        group.objects[name] = try object(at: child, depth: depth + 1)
      }
    }
    return .group(group)
  }

  /// A dataset; what cannot be read of it is an error only where it is wanted.
  private mutating func dataset(
    at address: Int, _ messages: [HDF5Message], _ attributes: [String: [String]]
  ) throws(DataError) -> HDF5File.Dataset {
    func first(_ kind: HDF5Message.Kind, _ what: String) throws(DataError) -> HDF5Cursor {
      guard let message = messages.first(where: { $0.kind == kind }) else {
        throw source.fault("a dataset without \(what)", at: address)
      }
      return try message.cursor(source)
    }
    var (spaceCursor, typeCursor) = (try first(.dataspace, "a shape"), try first(.datatype, "a type"))
    let shape = try HDF5Dataspace(&spaceCursor).shape
    var type = try HDF5Datatype(&typeCursor)
    // As Keras marks it, since h5py has no name for the type.
    if attributes["dtype"] == ["bfloat16"], case .opaque(2) = type {
      type = .number(HDF5Number(kind: .bfloat16, isBigEndian: false))
    }
    var storage: HDF5Storage
    if let external = messages.first(where: { $0.kind == .externalFiles }) {
      storage = .unsupported(
        source.fault("data in other files is not supported", at: external.range.lowerBound))
    } else if case .number(let number) = type {
      var filters: [HDF5Filter] = []
      if let message = messages.first(where: { $0.kind == .filters }) {
        var cursor = try message.cursor(source)
        filters = try HDF5Filter.pipeline(&cursor)
      }
      var cursor = try first(.layout, "a layout")
      storage = try self.storage(&cursor, shape: shape, number, filters)
    } else {
      storage = .unsupported(source.fault("\(type.name) are not supported, only numbers", at: address))
    }
    return HDF5File.Dataset(address: address, shape: shape, attributes: attributes, storage: storage)
  }
}
