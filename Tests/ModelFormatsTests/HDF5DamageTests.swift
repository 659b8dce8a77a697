import FileIO
import ModelFormats
import Testing
import TestSupport

/// Files with a few bytes changed: each is refused with one line that has the byte.
@Suite struct HDF5DamageTests {
  /// A good file whose bytes are changed.
  private struct Edit {
    let file: HDF5File
    var bytes: [UInt8]

    init(_ name: String) throws {
      bytes = try KerasFixtures.bytes(name)
      file = try HDF5File(parsing: bytes, name: "f")
    }

    /// Writes a little-endian number.
    mutating func set(_ offset: Int, _ number: UInt64, _ count: Int) {
      for byte in 0..<count { bytes[offset + byte] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(byte))) }
    }

    func number(_ offset: Int, _ count: Int) -> Int {
      (0..<count).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
    }

    /// The offset of the first letters behind `start`.
    func find(_ letters: String, after start: Int = 0) throws -> Int {
      let letters = Array(letters.utf8)
      return try #require(
        (start..<bytes.count - 4).first { bytes[$0..<$0 + letters.count].elementsEqual(letters) })
    }

    /// The content of a message in the header (version 1) of a dataset, or of the group at a path.
    func message(_ kind: Int, _ path: String) throws -> Int {
      let address = try #require(file.root.dataset(path)?.address ?? file.root.group(path)?.address)
      var position = address + 16
      var steps = 0
      while number(position, 2) != kind {
        // A header may go on elsewhere.
        let isContinued = number(position, 2) == 0x10
        position = isContinued ? number(position + 8, 8) : position + 8 + number(position + 2, 2)
        steps += 1
        try #require(steps < 50)
      }
      return position + 8
    }

    /// The tree of a group, and its first node of symbols.
    func tree(_ path: String) throws -> (tree: Int, symbols: Int) {
      let tree = number(try message(0x11, path), 8)
      return (tree, number(tree + 32, 8))
    }

    /// The error of reading everything, as a Keras file too.
    var fault: String {
      TestSupport.message {
        let file = try HDF5File(parsing: bytes, name: "f")
        try HDF5DamageTests.readAll(file.root, of: file)
      }
    }
  }

  private static func readAll(_ group: HDF5File.Group, of file: HDF5File) throws {
    for (name, object) in group.objects.sorted(by: { $0.key < $1.key })
    where !name.contains("lzf") && name != "texts" {
      switch object {
      case .group(let group): try readAll(group, of: file)
      case .dataset(let dataset): _ = try file.floats(of: dataset)
      case .type: break
      }
    }
  }

  private static let vars = "layers/conv2d/vars"

  @Test("The good files are read")
  func good() throws {
    for name in ["sequential.weights.h5.gz", "arrays.h5", "latest.h5"] {
      #expect(try Edit(name).fault == "no error")
    }
    #expect(message { _ = try HDF5File(parsing: [], name: "f") } == "f: byte 0: not HDF5: the file is empty")
    let page = Array("<!DOCTYPE html><p>".utf8)
    #expect(message { _ = try HDF5File(parsing: page, name: "f") }.contains("not HDF5: this is an HTML page"))
  }

  /// A change, and the end of the error's reason.
  private struct Case: CustomTestStringConvertible {
    let testDescription: String
    let file: String
    let change: @Sendable (inout Edit) throws -> Void

    init(
      _ reason: String, _ file: String = "sequential.weights.h5.gz",
      _ change: @escaping @Sendable (inout Edit) throws -> Void
    ) {
      (testDescription, self.file, self.change) = (reason, file, change)
    }
  }

  private static let superblocks: [Case] = [
    Case("not HDF5: it begins with 88 48 44 46") { $0.bytes[0] = 0x88 },
    Case("version 9 of the superblock is not supported") { $0.bytes[8] = 9 },
    Case("addresses and lengths must have 4 or 8 bytes") { $0.bytes[13] = 3 },
    Case("the file does not begin at byte 0, which is not supported") { $0.set(24, 512, 8) },
    Case("the file is cut off: it has 36,184 of 999,999 bytes") { $0.set(40, 999_999, 8) },
    Case("address 99999 is behind the end of the file") { $0.set(64, 99_999, 8) },
    Case("no address of the root group") { $0.set(64, .max, 8) },
    Case("version 7 of an object header is not supported") { $0.bytes[$0.file.root.address] = 7 },
    Case("an object header of 4,294,967,311 bytes does not fit into the file") {
      $0.set($0.file.root.address + 8, 0xFFFF_FFFF, 4)
    },
  ]

  private static let groups: [Case] = [
    Case("a tree (TREE) does not begin here") { $0.bytes[try $0.tree(vars).tree] = 0 },
    Case("a tree of another kind") { $0.bytes[try $0.tree(vars).tree + 4] = 1 },
    Case("a tree (TREE) does not begin here") { $0.bytes[try $0.tree(vars).tree + 5] = 1 },
    Case("a node of level 1 in a tree, where another belongs") {
      let (tree, _) = try $0.tree(vars)
      $0.bytes[tree + 5] = 1
      $0.set(tree + 32, UInt64(tree), 8)
    },
    Case("a tree of 960,032 bytes does not fit into the file") {
      $0.set(try $0.tree(vars).tree + 6, 60_000, 2)
    },
    Case("a part of a group (SNOD) does not begin here") { $0.bytes[try $0.tree(vars).symbols] = 0 },
    Case("a part of a group of 2,621,408 bytes does not fit into the file") {
      $0.set(try $0.tree(vars).symbols + 6, 65_535, 2)
    },
    Case("a part of a group is part of something else: a loop, or an overlap") {
      $0.set(try $0.tree(vars).tree + 32, UInt64(try $0.tree("layers").symbols), 8)
    },
    Case("a name outside the list of names") { $0.set(try $0.tree(vars).symbols + 8, 5_000, 8) },
    Case("a list of names (HEAP) does not begin here") { $0.bytes[try $0.find("HEAP")] = 0 },
    Case("a list of names of 1,000,000 bytes does not fit into the file") {
      $0.set(try $0.find("HEAP") + 8, 1_000_000, 8)
    },
    Case("an object header is part of something else: a loop, or an overlap") {
      $0.set(try $0.tree(vars).symbols + 16, UInt64($0.file.root.address), 8)
    },
    Case("\"0\" is a soft link, which is not supported") { $0.set(try $0.tree(vars).symbols + 24, 2, 4) },
    Case("two objects of a group are called \"0\"") {
      let (_, symbols) = try $0.tree(vars)
      $0.set(symbols + 48, UInt64($0.number(symbols + 8, 8)), 8)
    },
    Case("a heap of strings (GCOL) does not begin here") { $0.bytes[try $0.find("GCOL")] = 0 },
    Case("a heap of strings of only 3 bytes") { $0.set(try $0.find("GCOL") + 8, 3, 8) },
    Case("no string of 10 bytes at place 1 of the heap") { $0.set(try $0.find("GCOL") + 16, 999, 2) },
  ]

  private static let datasets: [Case] = [
    Case("an array of 200 dimensions; the limit is 8") { $0.bytes[try $0.message(1, "\(vars)/0") + 1] = 200 },
    Case("an array of [1152921504606846976, 3, 1, 4] numbers is more than the limit of 4 GiB") {
      $0.set(try $0.message(1, "\(vars)/0") + 8, 1 << 60, 8)
    },
    Case("144 bytes of data, but the shape [5, 3, 1, 4] needs 240") {
      $0.set(try $0.message(1, "\(vars)/0") + 8, 5, 8)
    },
    Case("address 99999 is behind the end of the file") {
      $0.set(try $0.message(8, "\(vars)/0") + 2, 99_999, 8)
    },
    Case("the data of 144 bytes does not fit into the file") {
      $0.set(try $0.message(8, "\(vars)/0") + 2, 36_100, 8)
    },
    Case("the data was never written") { $0.set(try $0.message(8, "\(vars)/0") + 2, .max, 8) },
    Case("the data is part of something else: a loop, or an overlap") {
      $0.set(try $0.message(8, "\(vars)/1") + 2, UInt64($0.number(try $0.message(8, "\(vars)/0") + 2, 8)), 8)
    },
    Case("version 2 of a layout is not supported") { $0.bytes[try $0.message(8, "\(vars)/0")] = 2 },
    Case("compound values are not supported, only numbers") {
      $0.bytes[try $0.message(3, "\(vars)/0")] = 0x16
    },
    Case("floating-point numbers of 4 bytes in an unusual form are not supported, only numbers") {
      $0.bytes[try $0.message(3, "\(vars)/0") + 12] = 20
    },
    Case("a dataset without a shape") { $0.set(try $0.message(1, "\(vars)/0") - 8, 0, 2) },
  ]

  private static let chunks: [Case] = [
    Case("a chunk of 1,000,000 bytes does not fit into the file", "arrays.h5") {
      $0.set($0.number(try $0.message(8, "chunked") + 3, 8) + 24, 1_000_000, 4)
    },
    Case("a chunk at [1, 0] of [5, 7], where none belongs", "arrays.h5") {
      $0.set($0.number(try $0.message(8, "chunked") + 3, 8) + 32, 1, 8)
    },
    Case("8 chunks of [2, 3] do not fill [5, 7]: parts were never written", "arrays.h5") {
      $0.set($0.number(try $0.message(8, "chunked") + 3, 8) + 6, 8, 2)
    },
    Case("chunks of [2, 0] elements of 4 bytes", "arrays.h5") {
      $0.set(try $0.message(8, "chunked") + 15, 0, 4)
    },
    Case("a compressed chunk: zlib: incorrect header check", "arrays.h5") {
      let chunk = $0.number($0.number(try $0.message(8, "chunked") + 3, 8) + 56, 8)
      $0.bytes[chunk] = 0
    },
    Case("data written by szip, which is not supported", "arrays.h5") {
      let filters = try $0.message(0x0B, "chunked")
      $0.set(filters + 8, 4, 2)
    },
    Case("version 9 of an object header is not supported", "latest.h5") {
      $0.bytes[try $0.find("OHDR") + 4] = 9
    },
    Case("an array of chunks (FADB) does not begin here", "latest.h5") { $0.bytes[try $0.find("FADB")] = 0 },
    Case("an array of chunks (FAHD) does not begin here", "latest.h5") { $0.bytes[try $0.find("FAHD")] = 0 },
  ]

  @Test(arguments: superblocks + groups + datasets + chunks)
  private func damage(of damage: Case) throws {
    var edit = try Edit(damage.file)
    try damage.change(&edit)
    let fault = edit.fault
    #expect(fault.hasSuffix(damage.testDescription))
    #expect(fault.hasPrefix("f: byte ") && !fault.contains("\n"))
  }

  @Test("No change of a single byte is a crash, nor makes a file larger than it is")
  func everyByte() throws {
    for name in ["latest.h5", "arrays.h5"] {
      var edit = try Edit(name)
      for offset in stride(from: 0, to: edit.bytes.count, by: 37) {
        let old = edit.bytes[offset]
        edit.bytes[offset] = old ^ (offset % 2 == 0 ? 0xFF : 0x04)
        _ = edit.fault
        edit.bytes[offset] = old
      }
    }
  }
}
