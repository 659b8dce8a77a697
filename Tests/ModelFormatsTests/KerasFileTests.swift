import FileIO
import ModelFormats
import Testing
import TestSupport

@Suite struct KerasFileTests {
  private static func file(_ name: String) throws -> KerasFile {
    try KerasFile(parsing: KerasFixtures.bytes(name), name: "f")
  }

  private static func values(_ layers: [KerasFile.Layer]) -> [[[Float]]] {
    layers.filter { !$0.weights.isEmpty }.map { $0.weights.map(\.values) }
  }

  @Test("The three files of a model have the same weights", arguments: ["sequential", "functional"])
  func kinds(name: String) throws {
    let archive = try Self.file("\(name).keras")
    let legacy = try Self.file("\(name).h5.gz")
    let alone = try Self.file("\(name).weights.h5.gz")
    #expect(alone.config == nil && !alone.isInOrder && archive.isInOrder && legacy.isInOrder)
    #expect(archive.layers.map(\.name) == legacy.layers.map(\.name))
    #expect(archive.layers.map(\.className) == legacy.layers.map(\.className))
    let values = Self.values(archive.layers)
    #expect(values == Self.values(legacy.layers))
    #expect(Set(values) == Set(Self.values(alone.layers)))
  }

  @Test("Keras' groups are in the order of the alphabet, layers in that of the network")
  func order() throws {
    let values = Self.values(try Self.file("sequential.keras").layers)
    let alone = try Self.file("sequential.weights.h5.gz")
    #expect(alone.layers.first?.name == "batch_normalization")
    let classes = ["conv2d", "batch_normalization", "depthwise_conv2d", "dense", "dense"]
    #expect(try Self.values(alone.layers(inOrder: classes)) == values)
    #expect(
      message { _ = try alone.layers(inOrder: classes + ["dense"]) }
        == "f: too few layers of class dense; the file has 1 batch_normalization, 1 conv2d, 2 dense, 1 depthwise_conv2d"
    )
    #expect(
      message { _ = try alone.layers(inOrder: classes.dropLast()) }
        == "f: it has 2 layers of class dense, the network fewer")
  }

  @Test("Keras 2: the whole file and weights alone, with the names of the layers")
  func keras2() throws {
    let whole = try Self.file("keras2-sequential.h5.gz")
    let alone = try Self.file("keras2-sequential-weights.h5.gz")
    #expect(alone.config == nil && alone.isInOrder)
    #expect(Self.values(whole.layers) == Self.values(alone.layers))
    #expect(
      alone.layers.filter { !$0.weights.isEmpty }.map(\.name)
        == ["conv2d", "batch_normalization", "depthwise_conv2d", "dense", "dense_1"])
    #expect(alone.layers[0].weights.map(\.name) == ["conv2d/kernel:0", "conv2d/bias:0"])
    #expect(alone.layers[0].weights.map(\.shape) == [[3, 3, 1, 4], [4]])
  }

  @Test(
    "Of twelve layers of a class the tenth comes after the second, whatever the groups are called",
    arguments: ["twelve.keras", "twelve-dependencies.keras", "twelve-windows.keras"])
  func twelve(name: String) throws {
    let file = try Self.file(name)
    let layers = file.layers.filter { !$0.weights.isEmpty }
    #expect(layers.map(\.name) == (0..<12).map { $0 == 0 ? "conv2d" : "conv2d_\($0)" })
    #expect(Self.values(layers) == Self.values(try Self.file("twelve.keras").layers))
    #expect(Set(Self.values(layers)).count == 12)
  }

  @Test(
    "The edges of a graph in the configs of both versions",
    arguments: ["functional.keras", "keras2-functional.h5.gz"])
  func graph(name: String) throws {
    let config = try #require(try Self.file(name).config)
    let inputs = Dictionary(uniqueKeysWithValues: config.layers.map { ($0.name, $0.inputs) })
    #expect(inputs["image"] == [])
    #expect(inputs["add"] == ["activation", "separable_conv2d"])
    #expect(inputs["concatenate"] == ["add", "average_pooling2d"])
    #expect(config.outputs == ["softmax", "parity"])
  }
}

/// Bad files of Keras: each is refused with one line.
@Suite struct KerasDamageTests {
  /// The parts of an archive, to be changed.
  private struct Parts {
    var config: String
    var weights: [UInt8]
    var entries: [Archives.Entry] {
      [
        .init(name: "config.json", content: Array(config.utf8)),
        .init(name: "model.weights.h5", content: weights),
      ]
    }

    init(_ name: String) throws {
      let archive = try ZipArchive(parsing: KerasFixtures.bytes(name), name: "f")
      func content(_ name: String) throws -> [UInt8] {
        let entry = try #require(archive.entries.first { $0.name == name })
        var source = try archive.source(of: entry)
        return try source.readAll()
      }
      config = String(decoding: try content("config.json"), as: UTF8.self)
      weights = try content("model.weights.h5")
    }
  }

  private struct Case: CustomTestStringConvertible {
    let testDescription: String
    let bytes: @Sendable () throws -> [UInt8]

    /// An archive of changed parts.
    init(
      _ fault: String, _ name: String = "functional.keras",
      _ change: @escaping @Sendable (inout Parts) -> Void
    ) {
      testDescription = fault
      bytes = {
        var parts = try Parts(name)
        change(&parts)
        return Archives.zip(parts.entries)
      }
    }

    /// Changed bytes of a file.
    init(_ fault: String, of name: String, _ change: @escaping @Sendable (inout [UInt8]) -> Void) {
      testDescription = fault
      bytes = {
        var bytes = try KerasFixtures.bytes(name)
        change(&bytes)
        return bytes
      }
    }
  }

  private static func replace(_ old: String, _ new: String, in bytes: inout [UInt8]) {
    for place in bytes.indices.filter({ bytes[$0...].starts(with: old.utf8) }) {
      bytes.replaceSubrange(place..<place + old.utf8.count, with: new.utf8)
    }
  }

  private static let archives: [Case] = [
    Case("byte 0: not HDF5: the file is empty", of: "sequential.weights.h5.gz") { $0 = [] },
    Case("byte 0: not HDF5: it begins with 93 4E 55 4D", of: "sequential.weights.h5.gz") {
      $0[0..<4] = [0x93, 0x4E, 0x55, 0x4D]
    },
    Case("the end of the archive is missing; the file is cut off", of: "sequential.keras") {
      $0.removeLast(5)
    },
    Case(
      "not a Keras archive: it has no config.json, but config_json, model.weights.h5", of: "functional.keras"
    ) {
      $0 = Archives.zip([.init(name: "config_json"), .init(name: "model.weights.h5")])
    },
    Case(
      "not a Keras archive: it has no model.weights.h5, but metadata.json, config.json, model-weights.h5",
      of: "sequential.keras"
    ) {
      replace("model.weights.h5", "model-weights.h5", in: &$0)
    },
    Case("the checksum (CRC-32) of config.json is wrong; the file is damaged", of: "sequential.keras") {
      replace("Sequential", "Sequentiar", in: &$0)
    },
    Case("f[model.weights.h5]: byte 0: not HDF5: it begins with 00 48 44 46") { $0.weights[0] = 0 },
    Case("the file is cut off: it has 100 of") { $0.weights = Array($0.weights[..<100]) },
    Case("an HDF5 file without weights of Keras: it has neither layer_names nor layers", of: "latest.h5") {
      _ in
    },
  ]

  private static let configs: [Case] = [
    Case("f[config.json]: byte 0: config:1:1: expected a value, not the end of the text") { $0.config = "" },
    Case("f[config.json]: byte 0: config:1:1:") { $0.config = "Functional" },
    Case(": expected , or }, not the end of the text") { $0.config.removeLast() },
    Case("duplicate key; first given at config") { $0.config = #"{"a":1,"a":2}"# },
    Case("nested deeper than 64 levels") { $0.config = String(repeating: "[", count: 90) },
    Case("a model of class \"MyModel\"; only Sequential and Functional are read, not subclasses") {
      $0.config.replace("\"class_name\": \"Functional\"", with: "\"class_name\": \"MyModel\"")
    },
    Case("a model of class \"nothing\"") { $0.config = "[]" },
    Case("Keras config: no layers") { $0.config = #"{"class_name":"Functional","config":{}}"# },
    Case("Keras config: 0 layers; 1 to 1,024 are read") {
      $0.config = #"{"class_name":"Sequential","config":[]}"#
    },
    Case("Keras config: layer 0 has no class and no name") {
      $0.config = #"{"class_name":"Sequential","config":[{"class_name":"Dense","config":{}}]}"#
    },
    Case("\"m\" is a model within the model, which is not read; save it flat") {
      $0.config =
        #"{"class_name":"Sequential","config":[{"class_name":"Functional","config":{"name":"m","layers":[]}}]}"#
    },
    Case("two layers are called \"d\"") {
      let layer = #"{"class_name":"Dense","config":{"name":"d"}}"#
      $0.config = #"{"class_name":"Sequential","config":[\#(layer),\#(layer)]}"#
    },
    Case("\"softmax\" reads \"dig\\u0007it\", which does not come before it") {
      $0.config.replace(#"["digit", 0, 0]"#, with: #"["dig\u0007it", 0, 0]"#)
    },
    Case("\"softmax\" reads \"softmax\", which does not come before it") {
      $0.config.replace(#"["digit", 0, 0]"#, with: #"["softmax", 0, 0]"#)
    },
    Case("\"parity\" does not say what it reads") {
      $0.config.replace(#""keras_history": ["global_average_pooling2d", 0, 0]"#, with: "\"history\": 0")
    },
    Case("2 inputs; a network here has one") {
      $0.config.replace(
        #""input_layers": ["image", 0, 0]"#, with: #""input_layers": [["image",0,0],["add",0,0]]"#)
    },
    Case("the output \"gone\" is no layer") {
      $0.config.replace(#"["parity", 0, 0]]"#, with: #"["gone", 0, 0]]"#)
    },
    Case("Keras config: no outputs") { $0.config.replace("\"output_layers\":", with: "\"outputs\":") },
  ]

  private static let weights: [Case] = [
    Case("no array \"1\" in this group", of: "sequential.weights.h5.gz") {
      // Names are padded to eight bytes.
      let padding = String(repeating: "\0", count: 7)
      replace("0\(padding)1\(padding)", "0\(padding)7\(padding)", in: &$0)
    },
    Case("has no group with weight_names", of: "keras2-sequential-weights.h5.gz") {
      replace("weight_names", "weight-names", in: &$0)
    },
    Case("no array \"conv2d/kernel:7\" in this group", of: "keras2-sequential-weights.h5.gz") {
      replace("conv2d/kernel:0", "conv2d/kernel:7", in: &$0)
    },
    Case("it has weights of 12 layers of class conv2d, its config 11", "twelve-dependencies.keras") {
      $0.config.replace("\"Conv2D\"", with: "\"Conv3D\"", maxReplacements: 1)
    },
  ]

  @Test(arguments: archives + configs + weights)
  private func refused(_ damage: Case) throws {
    let bytes = try damage.bytes()
    let fault = message { _ = try KerasFile(parsing: bytes, name: "f") }
    #expect(fault.contains(damage.testDescription))
    #expect(fault.hasPrefix("f") && !fault.contains("\n"))
  }
}
