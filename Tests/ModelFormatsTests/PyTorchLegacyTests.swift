import FileIO
import ModelFormats
import Testing
import TestSupport

@Suite struct PyTorchLegacyTests {
  private typealias Build = PickleBuilder

  private static let good = Build.dictionary([("w", Build.tensor())])

  @Test("Views of a storage, as versions before 0.4 wrote them")
  func views() throws {
    func file(_ first: Int, _ count: Int) -> [UInt8] {
      let view = Build.tuple([Build.text("1"), Build.integer(first), Build.integer(count)])
      let storage = Build.tuple([
        Build.text("storage"), Build.global("torch", "FloatStorage"), Build.text("0"), Build.text("cpu"),
        Build.integer(4), view,
      ])
      return Build.legacy(Build.dictionary([("w", Build.tensor([2], strides: [1], of: storage + [0x51]))]))
    }
    let weights = try SafeTensors(PyTorchFile(parsing: file(2, 2), name: "f"))
    #expect(weights.floats(of: weights.tensors[0]) == [3, 4])
    #expect(
      message { _ = try PyTorchFile(parsing: file(3, 2), name: "f") }
        == "f: byte 181: pickle: a view that is not within its storage of 4 elements")
  }

  @Test(
    arguments: [
      (Build.legacy(good, version: 7), "byte 15: a version of PyTorch's format that is not 1001"),
      (Build.legacy(good, keys: Build.integer(1)), "byte 215: the keys of the storages are no list"),
      (Build.legacy(good, keys: Build.list([Build.text("1")])), "byte 226: a storage that no tensor uses"),
      (Build.legacy(good, keys: Build.list([]), storages: []), "byte 212: w: its storage is not in the file"),
      (Build.legacy(good, storages: []), "byte 226: the storages end here, too early"),
      (
        Build.legacy(good, storages: [(.max, [1])]),
        "byte 226: a storage of 9223372036854775807 elements is cut off"
      ),
      (
        Build.legacy(good, storages: [(3, [1, 2, 3])]),
        "byte 212: w: its storage has 12 bytes, but 4 elements were announced"
      ),
      (Build.legacy(good) + [0], "byte 250: 1 byte after the last storage"),
      (
        Build.legacy(
          good, keys: Build.list([Build.text("0"), Build.text("0")]), storages: [(1, [1]), (1, [1])]),
        "byte 244: two storages have one key"
      ),
    ] as [([UInt8], String)])
  func refuses(bytes: [UInt8], expected: String) {
    #expect(message { _ = try PyTorchFile(parsing: bytes, name: "f") } == "f: " + expected)
  }

  @Test("Dictionaries of pairs and text of Python 2; a later value replaces an earlier one")
  func oldPickles() throws {
    let pair = Build.list([Array("U\u{1}v".utf8), Build.tensor([1], strides: [1])])
    let ordered = Build.call(Build.global("collections", "OrderedDict"), [Build.list([pair])])
    let items = Build.text("w") + Build.tensor([2], strides: [1], offset: 2)
    let file = try PyTorchFile(
      parsing: Build.archive(ordered + [0x28] + items + Array("S'v'\n".utf8) + Build.tensor() + [0x75]),
      name: "f")
    #expect(file.tensors.map(\.name) == ["v", "w"])
    #expect(file.tensors.map(\.shape) == [[2, 2], [2]])
  }

  @Test("Big-endian files are read as the same numbers")
  func bigEndian() throws {
    let little = try PyTorchFile(parsing: Build.archive(Self.good), name: "f")
    let big = try PyTorchFile(
      parsing: Build.archive(Self.good) {
        $0[1].content = Array("big".utf8)
        $0[2].content = [1, 2, 3, 4].flatMap { Build.littleEndian($0).reversed() }
      }, name: "f")
    #expect(big.tensors.map(big.bytes(of:)) == little.tensors.map(little.bytes(of:)))
  }

  @Test("Steps along a single element or none are never taken, whatever they are")
  func emptySteps() throws {
    let tensors = Build.dictionary([
      ("a", Build.tensor([1, 2], strides: [.max, 1])),
      ("b", Build.tensor([0, 5, 2], strides: [.max, .max, .max], offset: 4)),
    ])
    let file = try PyTorchFile(parsing: Build.archive(tensors), name: "f")
    #expect(file.tensors.map { file.bytes(of: $0).count } == [8, 0])
  }

  @Test(
    "Every truncation is refused, and no changed byte is a crash",
    arguments: ["checkpoint.pt", "checkpoint-legacy.pt"])
  func damage(name: String) throws {
    let whole = try WeightFixtures.contents(name)
    for length in stride(from: 0, to: whole.count, by: 13) {
      #expect(throws: DataError.self) { try PyTorchFile(parsing: Array(whole[..<length]), name: "f") }
    }
    for index in stride(from: 0, to: whole.count, by: 3) {
      var damaged = whole
      damaged[index] ^= 1 << UInt8(index % 8)
      if let file = try? PyTorchFile(parsing: damaged, name: "f") { _ = try? SafeTensors(file) }
    }
  }

  @Test("More objects than any checkpoint has are refused")
  func manyObjects() {
    let bytes = Build.legacy([UInt8](repeating: UInt8(ascii: "}"), count: 1 << 22) + [0x29])
    #expect(
      message { _ = try PyTorchFile(parsing: bytes, name: "f") }.hasSuffix(
        "pickle: more than 4,194,304 objects"))
  }
}
