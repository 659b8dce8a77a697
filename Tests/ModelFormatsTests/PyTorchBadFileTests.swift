import FileIO
import ModelFormats
import Testing
import TestSupport

@Suite struct PyTorchBadFileTests {
  private typealias Build = PickleBuilder

  private static let good = Build.dictionary([("w", Build.tensor())])
  private static let huge = 1 << 62

  /// An archive with these operations.
  private static func raw(_ text: String) -> [UInt8] { Build.archive(Array(text.utf8)) }

  /// An archive with one tensor.
  private static func one(_ tensor: [UInt8]) -> [UInt8] { Build.archive(Build.dictionary([("w", tensor)])) }

  private static func call(_ module: String, _ name: String, _ arguments: [UInt8]...) -> [UInt8] {
    Build.call(Build.global(module, name), arguments)
  }

  private func expect(_ bytes: [UInt8], _ expected: String) {
    #expect(message { _ = try PyTorchFile(parsing: bytes, name: "f") } == "f: " + expected)
  }

  @Test("What is no file of torch.save is named, with the line that saves a state dict")
  func others() throws {
    expect([], "byte 0: not a file of torch.save: the file is empty")
    expect(Array("<html>".utf8), "byte 0: not a file of torch.save: this is an HTML page (\"<html\")")
    expect(
      Build.pickle(Build.dictionary([])),
      "byte 0: a pickle that torch.save did not write; "
        + "save weights with torch.save(model.state_dict(), \"weights.pt\")")
    for (file, expected) in [
      (
        "module.pt",
        "a whole module (__main__.Network), whose code would have to run; save its weights with "
          + #"torch.save(torch.load("f", weights_only=False).state_dict(), "weights.pt")"#
      ),
      (
        "module-checkpoint.pt",
        "a whole module (__main__.Network), whose code would have to run; save its weights with "
          + #"torch.save(torch.load("f", weights_only=False)["model"].state_dict(), "weights.pt")"#
      ),
      (
        "script.pt",
        "a TorchScript program, not a state dict; save its weights with "
          + #"torch.save(torch.jit.load("f").state_dict(), "weights.pt")"#
      ),
    ] { expect(try WeightFixtures.contents(file), expected) }
  }

  @Test(
    arguments: [
      (
        Build.archive(good) { $0.removeFirst() },
        "a zip archive without PyTorch's data.pkl; it has a/byteorder, a/data/0"
      ),
      (
        Build.archive(good) { $0[0].name = "a/b/data.pkl" },
        "a zip archive without PyTorch's data.pkl; it has a/b/data.pkl, a/byteorder, a/data/0"
      ),
      (
        Build.archive(good) { ($0[0].method, $0[0].size) = (8, 9) },
        "byte 40: zip: a/data.pkl: it is compressed; only stored entries are supported here"
      ),
      (
        Build.archive(good) { $0[0].crc = 1 },
        "byte 40: zip: a/data.pkl: the checksum (CRC-32) is wrong; the file is damaged"
      ),
      (
        Build.archive(good) { $0[2].crc = 1 },
        "byte 288: zip: a/data/0: the checksum (CRC-32) is wrong; the file is damaged"
      ),
      (
        Build.archive(good) { $0[1].content = Array("mid\n".utf8) },
        "byte 244: the byte order must be little or big, not \"mid\\n\""
      ),
      (Build.archive(good) { $0.removeLast() }, "byte 200: w: the archive has no data/0"),
      (one(Build.tensor(of: Build.storage(key: "../\n1"))), "byte 204: w: the archive has no data/../\\n1"),
      (
        Build.archive(good) { $0[2].content.removeLast() },
        "byte 200: w: its storage has 15 bytes, but 4 elements were announced"
      ),
    ] as [([UInt8], String)])
  func archives(bytes: [UInt8], expected: String) { expect(bytes, expected) }

  @Test(
    arguments: [
      (
        Build.archive(good) { $0[0].content.removeLast() }, "202",
        "the pickle ends here, where 1 more byte is needed"
      ),
      (raw("}\u{1}"), "43", "an operation 01 that pickles do not have"),
      (raw("0"), "42", "nothing is on the stack here"), (raw(""), "42", "nothing is on the stack here"),
      (raw("N(a"), "44", "nothing is on the stack here"),
      (raw("N(s"), "44", "too little is on the stack here"),
      (raw("t"), "42", "no mark is on the stack here"),
      (Build.archive([0x80, 9]), "42", "protocol 9 of pickle; 0 to 5 are supported"),
      (raw("h\u{7}"), "42", "object 7 is referred to, but was not remembered"),
      (raw("gx\n"), "42", "a number of the memo that cannot be read"),
      (raw(String(repeating: "(", count: 1001)), "1042", "nested more than 1,000 deep"),
      (raw("cos\nsystem\n}R"), "54", "the arguments of a call are no tuple"),
      (raw("(Nd"), "44", "a key without a value"),
      (raw("NNa"), "44", "values are appended to what is no list"),
      (raw("]NNs"), "45", "values are appended to what is no dictionary"),
      (raw("NNb"), "44", "a number gets a state"), (raw("(o"), "43", "an object without a class"),
      (Build.archive([0x4E, 0x29, 0x81]), "44", "an object whose class is no class"),
      (Build.archive([0x4E, 0x4E, 0x93]), "44", "a module and a name that are no text"),
      (Build.archive([0x82, 1]), "42", "an extension code, which only the program that wrote it knows"),
      (Build.archive([0x97]), "42", "a buffer outside of the file"),
      (
        Build.archive([0x8D] + [UInt8](repeating: 255, count: 8)), "51",
        "the pickle ends here, where 18446744073709551615 more bytes are needed"
      ),
      (raw("cos\nsystem"), "46", "the pickle ends here, where 1 more byte is needed"),
      (raw("Ix\n"), "42", "an integer that cannot be read"),
      (
        Build.archive(call("collections", "OrderedDict", Build.list([Build.list([])]))), "73",
        "an OrderedDict of what are no pairs"
      ),
      (
        Build.archive(call("collections", "OrderedDict", Build.integer(1))), "79",
        "an OrderedDict of what is no list"
      ),
    ] as [([UInt8], String, String)])
  func pickles(bytes: [UInt8], byte: String, expected: String) {
    expect(bytes, "byte \(byte): pickle: " + expected)
  }

  @Test(
    arguments: [
      (
        one(Build.tensor(of: Build.storage(count: -1))),
        "byte 141: pickle: a storage without a class, a key and a number of elements"
      ),
      (
        one(Build.tuple([Build.text("storage")]) + [0x51]),
        "byte 63: pickle: a storage without a class, a key and a number of elements"
      ),
      (
        one(Build.tensor(of: Build.storage(count: .max))),
        "byte 200: w: its storage has 16 bytes, but 9,223,372,036,854,775,807 elements were announced"
      ),
      (
        one(Build.tensor(offset: 1)),
        "byte 200: pickle: a tensor [2, 2] with strides [2, 1] at 1 is not within its storage of 4 elements"
      ),
      (
        one(Build.tensor(offset: -1)),
        "byte 200: pickle: a tensor whose offset, shape and strides are not non-negative integers"
      ),
      (
        one(Build.tensor(strides: [-2, 1])),
        "byte 200: pickle: a tensor whose offset, shape and strides are not non-negative integers"
      ),
      (
        one(Build.tensor([2], strides: [1, 1])),
        "byte 190: pickle: a tensor whose offset, shape and strides are not non-negative integers"
      ),
      (
        one(Build.tensor(strides: [3, 1])),
        "byte 200: pickle: a tensor [2, 2] with strides [3, 1] at 0 is not within its storage of 4 elements"
      ),
      (
        one(Build.tensor([huge, huge], strides: [huge, huge])),
        "byte 200: pickle: a tensor [\(huge), \(huge)] with strides [\(huge), \(huge)] at 0 "
          + "is not within its storage of 4 elements"
      ),
      (
        one(Build.tensor([2], strides: [1], offset: .max)),
        "byte 180: pickle: a tensor [2] with strides [1] at \(Int.max) is not within its storage of 4 elements"
      ),
      // Values that are repeated need no memory in the file.
      (
        one(Build.tensor([1 << 40], strides: [0])),
        "byte 180: w: the tensors have more bytes than 16 times the file, or than 4 GiB"
      ),
      (
        one(call("torch._utils", "_rebuild_tensor_v2", Build.storage())),
        "byte 143: pickle: a tensor with too few arguments"
      ),
      (
        one(Build.tensor([2], strides: [1], of: Build.storage("ComplexFloatStorage", count: 2))),
        "byte 187: w: elements of type complex64 are not supported for weights"
      ),
      (
        one(
          call(
            "torch._utils", "_rebuild_tensor_v3", Build.storage(), Build.integer(0), Build.tuple([]),
            Build.tuple([]),
            [0x4E], [0x4E], Build.global("torch", "odd\u{1}"))),
        "byte 171: pickle: a tensor of the unknown or unfitting type torch.odd\\u0001"
      ),
      (
        Build.archive(
          Build.dictionary([("v", Build.tensor()), ("w", call("torch._utils", "_rebuild_qtensor"))])),
        "w is made by torch._utils._rebuild_qtensor, which is not supported"
      ),
    ] as [([UInt8], String)])
  func tensors(bytes: [UInt8], expected: String) { expect(bytes, expected) }

  @Test("A file without a state dict is refused with what it has; circles end")
  func dictionaries() {
    let remedy = "; save one with torch.save(model.state_dict(), \"weights.pt\")"
    expect(Self.raw("K\u{1}"), "no dictionary of tensors" + remedy)
    expect(Build.archive(Build.list([Build.tensor()])), "no dictionary of tensors" + remedy)
    expect(Self.raw("}"), "no state dict: an empty dictionary" + remedy)
    expect(Self.raw("carray\narray\n)\u{52}"), "an object of array.array, no state dict" + remedy)
    let cycle = Array("}q\0".utf8) + Build.text("model") + Array("h\0s".utf8)
    expect(Build.archive(cycle), "no state dict: a dictionary of \"model\"" + remedy)
    let best = Self.call("numpy.core.multiarray", "scalar")
    expect(
      Build.archive(Build.dictionary([("a\n", [0x4E]), ("best", best)])),
      "no state dict: a dictionary of \"a\\n\", \"best\", and objects that are not read (numpy.core.multiarray.scalar)"
        + remedy)
    expect(
      Build.archive(Build.dictionary([("net", Self.good), ("best", best)])),
      "no state dict, but tensors under \"net\"; "
        + #"save them with torch.save(torch.load("f", weights_only=False)["net"], "weights.pt")"#)
  }
}
