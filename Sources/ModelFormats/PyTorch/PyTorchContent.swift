import FileIO
import Formatting

/// What a file of `torch.save` holds: the objects of its pickle, and where the bytes of each storage are.
struct PyTorchContent {
  let machine: PickleMachine
  let root: PickleValue
  let name: String
  let isBigEndian: Bool
  let fileCount: Int
  /// The entries of an archive by their names behind `<name>/`; nil for the format before PyTorch 1.6.
  private let archive: (ZipArchive, entries: [String: ZipArchive.Entry])?
  /// The places of the storages of the format before PyTorch 1.6.
  private let legacyRanges: [String: Range<Int>]

  /// The number at the start of a file before PyTorch 1.6, behind its operation and length.
  static let legacyMagic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
  private static let (largestEntries, largestPickle) = (1 << 17, 1 << 28)

  /// Reads the zip archive of `<name>/data.pkl`, `<name>/data/<key>` and `<name>/byteorder`.
  init(archive bytes: [UInt8], name: String) throws(DataError) {
    let archive = try ZipArchive(parsing: bytes, name: name, largestCount: Self.largestEntries)
    let suffix = "/data.pkl"
    let pickles = archive.entries.filter { $0.name.hasSuffix(suffix) && $0.name.count { $0 == "/" } == 1 }
    guard pickles.count == 1, let pickle = pickles.first else {
      let found = archive.entries.prefix(4).map(\.name).joined(separator: ", ")
      throw .unsuitable(
        path: name,
        reason: "a zip archive without PyTorch's data.pkl; it has \(found.isEmpty ? "nothing" : found)")
    }
    let prefix = String(pickle.name.dropLast(suffix.count - 1))
    var entries: [String: ZipArchive.Entry] = [:]
    for entry in archive.entries where entry.name.hasPrefix(prefix) {
      entries[String(entry.name.dropFirst(prefix.count))] = entry
    }
    if entries["constants.pkl"] != nil || entries.keys.contains(where: { $0.hasPrefix("code/") }) {
      throw .unsuitable(
        path: name,
        reason: "a TorchScript program, not a state dict; save its weights with "
          + Self.advice("torch.jit.load(\(Self.fileName(name)))"))
    }
    isBigEndian = try Self.isBigEndian(entries["byteorder"], archive, bytes)
    let range = try archive.storedRange(of: pickle)
    var machine = PickleMachine(bytes, range)
    (root, _) = try Self.run(&machine, name, limit: range.count)
    (self.machine, self.name, fileCount) = (machine, name, bytes.count)
    self.archive = (archive, entries)
    legacyRanges = [:]
  }

  private static func isBigEndian(
    _ entry: ZipArchive.Entry?, _ archive: ZipArchive, _ bytes: [UInt8]
  ) throws(DataError) -> Bool {
    guard let entry else { return false }
    let range = try archive.storedRange(of: entry)
    let order = String(decoding: bytes[range].prefix(16), as: UTF8.self)
    guard order == "little" || order == "big" else {
      throw .malformed(
        path: archive.name, byte: range.lowerBound,
        reason: "the byte order must be little or big, not \(order.quoted)")
    }
    return order == "big"
  }

  /// Reads pickles one after another: a number, the version, the machine, the objects, the keys of the storages; and
  /// the storages, each behind its number of elements.
  init(legacy bytes: [UInt8], name: String) throws(DataError) {
    func fault(_ reason: String, at byte: Int) -> DataError {
      .malformed(path: name, byte: byte, reason: reason)
    }
    guard PyTorchFile.isLegacy(bytes) else {
      let isPickle = bytes.first == 0x80
      throw fault(
        isPickle
          ? "a pickle that torch.save did not write; save weights with torch.save(model.state_dict(), \"weights.pt\")"
          : "not a file of torch.save: \(FileSignature.describe(bytes))", at: 0)
    }
    var position = 0
    func next() throws(DataError) -> (machine: PickleMachine, root: PickleValue) {
      var machine = PickleMachine(bytes, position..<bytes.count)
      let root: PickleValue
      (root, position) = try Self.run(&machine, name, limit: Self.largestPickle)
      return (machine, root)
    }
    _ = try next()
    let version = position
    guard try next().root == .integer(1001) else {
      throw fault("a version of PyTorch's format that is not 1001", at: version)
    }
    let system = try next()
    isBigEndian = system.machine.member("little_endian", of: system.root) == .bool(false)
    (machine, root) = try next()
    let keyStart = position
    let keys = try next()
    guard let names = keys.machine.list(keys.root)?.map(keys.machine.text), names.count <= Self.largestEntries
    else {
      throw fault("the keys of the storages are no list", at: keyStart)
    }
    legacyRanges = try Self.ranges(of: names, machine.storages, bytes, from: position, isBigEndian, name)
    (self.name, fileCount, archive) = (name, bytes.count, nil)
  }

  /// Where the storages called `names` lie, one behind another from `start` to the end of the file.
  private static func ranges(
    of names: [String?], _ storages: [PyTorchStorage], _ bytes: [UInt8], from start: Int, _ isBigEndian: Bool,
    _ name: String
  ) throws(DataError) -> [String: Range<Int>] {
    func fault(_ reason: String, at byte: Int) -> DataError {
      .malformed(path: name, byte: byte, reason: reason)
    }
    let sizes = Dictionary(storages.map { ($0.key, $0.type.size) }, uniquingKeysWith: { first, _ in first })
    var (ranges, position): ([String: Range<Int>], Int) = ([:], start)
    for key in names {
      guard let key, let size = sizes[key] else { throw fault("a storage that no tensor uses", at: position) }
      guard bytes.count - position >= 8 else { throw fault("the storages end here, too early", at: position) }
      let word = bytes.littleEndian(at: position, 8)
      let count = isBigEndian ? word.byteSwapped : word
      let (byteCount, overflow) = count.multipliedReportingOverflow(by: UInt64(size))
      guard !overflow, byteCount <= UInt64(bytes.count - position - 8) else {
        throw fault("a storage of \(count) elements is cut off", at: position)
      }
      let range = position + 8..<position + 8 + Int(byteCount)
      guard ranges.updateValue(range, forKey: key) == nil else {
        throw fault("two storages have one key", at: position)
      }
      position = range.upperBound
    }
    guard position == bytes.count else {
      throw fault("\((bytes.count - position).pluralized("byte")) after the last storage", at: position)
    }
    return ranges
  }

  /// Runs a pickle of at most `limit` bytes; returns its value and the position behind it.
  private static func run(
    _ machine: inout PickleMachine, _ name: String, limit: Int
  ) throws(DataError) -> (PickleValue, end: Int) {
    do throws(PickleFault) {
      if limit > largestPickle {
        throw PickleFault(
          "\(limit.grouped) bytes; the limit is \(largestPickle.grouped)", at: machine.scanner.position)
      }
      let root = try machine.run()
      return (root, machine.scanner.position)
    } catch {
      throw .malformed(path: name, byte: error.byte, reason: "pickle: \(error.message)")
    }
  }

  /// The line of Python that saves the state dict of `expression`.
  static func advice(_ expression: String) -> String {
    "torch.save(\(expression).state_dict(), \"weights.pt\")"
  }

  /// The last part of a path as a literal of Python.
  static func fileName(_ path: String) -> String {
    lastComponent(of: path).quoted
  }

  // MARK: Tensors

  /// The tensors of a state dict, with their places in the file.
  func tensors(_ entries: [StateDict.Entry]) throws(DataError) -> [PyTorchFile.Tensor] {
    // A few tensors share their memory, or repeat values; many that do are an attack.
    let limit = min(ByteSource.byteLimit, fileCount.multipliedReportingOverflow(by: 16).partialValue)
    var (tensors, ranges, total): ([PyTorchFile.Tensor], [String: Range<Int>], Int) = ([], [:], 0)
    for entry in entries {
      let view = machine.tensors[entry.tensor]
      let storage = machine.storages[view.storage]
      func fault(_ reason: String) -> DataError {
        .malformed(path: name, byte: view.byte, reason: "\(entry.name): \(reason)")
      }
      guard let type = view.type.elementType else {
        throw fault("elements of type \(view.type.name) are not supported for weights")
      }
      guard let count = view.shape.byteCount(elementSize: type.size, limit: limit), count <= limit - total
      else {
        throw fault("the tensors have more bytes than 16 times the file, or than 4 GiB")
      }
      total += count
      let range: Range<Int>
      if let known = ranges[storage.key] {
        range = known
      } else {
        range = try self.range(of: storage, fault)
        ranges[storage.key] = range
      }
      // Checked against the announced size before; here the announced size against the real one.
      let (end, overflow) = (storage.first + storage.count).multipliedReportingOverflow(by: storage.type.size)
      guard !overflow, end <= range.count else {
        throw fault(
          "its storage has \(range.count.pluralized("byte")), but \(storage.count.pluralized("element")) were announced"
        )
      }
      tensors.append(
        PyTorchFile.Tensor(
          name: entry.name, shape: view.shape, elementType: type,
          // The step along a single element is never taken, and may be any number.
          strides: zip(view.shape, view.strides).map { $0 > 1 ? $1 : 0 },
          start: range.lowerBound + storage.first * storage.type.size + view.offset * type.size))
    }
    return tensors
  }

  private func range(of storage: PyTorchStorage, _ fault: (String) -> DataError) throws(DataError) -> Range<
    Int
  > {
    if let archive {
      guard let entry = archive.entries["data/\(storage.key)"] else {
        throw fault("the archive has no data/\(storage.key.oneLine)")
      }
      return try archive.0.storedRange(of: entry)
    }
    guard let range = legacyRanges[storage.key] else { throw fault("its storage is not in the file") }
    return range
  }
}
