import TestSupport

/// Pickles byte by byte, and archives as `torch.save` writes them around them.
enum PickleBuilder {
  static func text(_ text: String) -> [UInt8] {
    [UInt8(ascii: "X")] + TestBytes.littleEndian(UInt32(text.utf8.count), 4) + text.utf8
  }

  static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }

  /// An integer of up to 8 bytes.
  static func integer(_ value: Int) -> [UInt8] {
    [0x8A, 8] + (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  static func tuple(_ items: [[UInt8]]) -> [UInt8] {
    [UInt8(ascii: "(")] + items.joined() + [UInt8(ascii: "t")]
  }

  static func list(_ items: [[UInt8]]) -> [UInt8] {
    [UInt8(ascii: "(")] + items.joined() + [UInt8(ascii: "l")]
  }

  static func dictionary(_ items: [(String, [UInt8])]) -> [UInt8] {
    [UInt8(ascii: "(")] + items.flatMap { text($0.0) + $0.1 } + [UInt8(ascii: "d")]
  }

  static func call(_ function: [UInt8], _ arguments: [[UInt8]]) -> [UInt8] {
    function + tuple(arguments) + [UInt8(ascii: "R")]
  }

  static func storage(_ type: String = "FloatStorage", key: String = "0", count: Int = 4) -> [UInt8] {
    tuple([text("storage"), global("torch", type), text(key), text("cpu"), integer(count)]) + [
      UInt8(ascii: "Q")
    ]
  }

  static func tensor(
    _ shape: [Int] = [2, 2], strides: [Int] = [2, 1], offset: Int = 0, of memory: [UInt8] = storage()
  ) -> [UInt8] {
    call(
      global("torch._utils", "_rebuild_tensor_v2"),
      [memory, integer(offset), tuple(shape.map(integer)), tuple(strides.map(integer)), [0x89], tuple([])])
  }

  static func pickle(_ body: [UInt8]) -> [UInt8] { [0x80, 2] + body + [UInt8(ascii: ".")] }

  /// An archive of a pickle with this body and a storage of four floats; `change` alters its entries.
  static func archive(_ body: [UInt8], _ change: (inout [Archives.Entry]) -> Void = { _ in }) -> [UInt8] {
    var entries = [
      Archives.Entry(name: "a/data.pkl", content: pickle(body)),
      Archives.Entry(name: "a/byteorder", content: Array("little".utf8)),
      Archives.Entry(name: "a/data/0", content: [1, 2, 3, 4].flatMap { littleEndian(Float($0)) }),
    ]
    change(&entries)
    return Archives.zip(entries)
  }

  static func littleEndian(_ value: Float) -> [UInt8] { TestBytes.littleEndian(value.bitPattern, 4) }

  /// The format before 1.6 of a state dict with this body, and these storages of floats.
  static func legacy(
    _ body: [UInt8], version: Int = 1001, keys: [UInt8] = list([text("0")]),
    storages: [(count: Int, [Float])] = [(4, [1, 2, 3, 4])]
  ) -> [UInt8] {
    let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    let system = dictionary([("little_endian", [0x88])])
    let pickles = [magic, integer(version), system, body, keys].flatMap(pickle)
    return pickles + storages.flatMap { integer($0.count).dropFirst(2) + $0.1.flatMap(littleEndian) }
  }
}
