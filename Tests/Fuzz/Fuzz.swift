import ConfigDecoding
import Datasets
import FileIO
import Foundation
import ImageFiles
import JSONText
import ModelFormats
import Training

// Built and run by scripts/fuzz; a target is a function and a row of `targets`.

/// Passes the input of libFuzzer to the target that `CNN_FUZZ` names: it must be read, or refused with an error.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  read(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}

private let read: @Sendable ([UInt8]) -> Void = {
  let name = ProcessInfo.processInfo.environment["CNN_FUZZ"] ?? ""
  guard let target = targets[name] else {
    fatalError("CNN_FUZZ must be one of \(targets.keys.sorted().joined(separator: ", "))")
  }
  return target
}()

private let targets: [String: @Sendable ([UInt8]) -> Void] = [
  "idx": readIDX, "pnm": readPNM, "bmp": readBMP, "gif": readGIF, "png": readRepairedPNG, "jpeg": readPicture,
  "npz": readNPZ, "npy": readNPY, "mat": readMAT, "torch": readPyTorch, "onnx": readONNX, "hdf5": readHDF5,
  "keras": readKeras, "csv": readCSV, "cifar": readCIFAR, "cache": readCache, "config": readConfig,
  "history": readHistory, "checkpoint": readRepairedCheckpoint, "damage": readCheckpoint,
  "network": trainNetwork, "report": reportRun, "terminal": printToTerminal,
]

/// Whether `body` succeeds; it may only throw the errors of readers.
func succeeds(_ body: () throws -> Void) -> Bool {
  do {
    try body()
    return true
  } catch {
    precondition(
      error is DataError || error is ConfigError || error is SafeTensorsError || error is CheckpointError
        || error is NonFiniteOutputError)
    precondition(!"\(error)".isEmpty)
    return false
  }
}

/// IDX, plain or gzip: all images, a single one, labels.
private func readIDX(_ bytes: [UInt8]) {
  func source() throws -> ByteSource { try ByteSource(bytes: bytes, name: "f") }
  var count = 0
  if succeeds({ count = try IDX.images(from: source()).count }) {
    let last = succeeds { _ = try ImageReference("f@\(count - 1)").read(from: source()) }
    let none = succeeds { _ = try ImageReference("f@\(count)").read(from: source()) }
    precondition(last && !none)
  }
  _ = succeeds { _ = try IDX.labels(from: source()) }
}

/// A NumPy archive: its arrays, as weights, and as a data set.
private func readNPZ(_ bytes: [UInt8]) {
  _ = succeeds {
    let archive = try NPZ(parsing: bytes, name: "f")
    _ = succeeds { _ = try Dataset(archive) }
    let file = try SafeTensors(archive)
    for tensor in file.tensors { _ = file.floats(of: tensor) }
    _ = try WeightImport(of: small.model, in: file, path: "f")
  }
}

/// A NumPy array in a valid archive.
private func readNPY(_ bytes: [UInt8]) { readNPZ(NPZ.encode(files: [("x_train.npy", bytes)])) }

/// A MATLAB file as a data set.
private func readMAT(_ bytes: [UInt8]) { _ = succeeds { _ = try Dataset(mat: bytes, name: "f") } }

/// A PyTorch file, and a pickle in a valid archive: the state dict as weights.
private func readPyTorch(_ bytes: [UInt8]) {
  let pickle = ZipArchive.encode([
    ("a/data.pkl", bytes), ("a/data/0", [UInt8](0..<64)), ("a/data/1", [UInt8](repeating: 1, count: 2560)),
  ])
  for content in [bytes, pickle] {
    _ = succeeds {
      let file = try SafeTensors(PyTorchFile(parsing: content, name: "f"))
      for tensor in file.tensors { _ = (file.floats(of: tensor), file.integers(of: tensor)) }
      _ = try WeightImport(of: small.model, in: file, path: "f")
    }
  }
}

/// An ONNX model with a file of 64 bytes beside it: the graph, its constants, and its network.
private func readONNX(_ bytes: [UInt8]) {
  _ = succeeds {
    let graph = try ONNXGraph(parsing: bytes, name: "f") { _ in [UInt8](0..<64) }
    for tensor in graph.initializers { precondition((tensor.floats == nil) != (tensor.integers == nil)) }
    let network = try ONNXNetwork(graph, path: "f")
    let config = try ExperimentConfig(network.config)
    _ = try WeightImport(of: config.model, in: network.weights, path: "f")
  }
}

/// A config, and after each zero byte a setting; the config must survive being written and read again.
private func readConfig(_ bytes: [UInt8]) {
  let parts = bytes.split(separator: 0, maxSplits: 8, omittingEmptySubsequences: false)
  let settings = parts.dropFirst().map { String(decoding: $0, as: UTF8.self) }
  _ = succeeds {
    let json = try JSON(parsing: Array(parts[0]), origin: "f")
    let config = try ConfigSource.load(json, flags: [], settings: settings)
    let again = try ExperimentConfig(JSON(parsing: Array(config.resolved.text().utf8), origin: "f"))
    precondition(again.resolved == config.resolved)
  }
}

/// The history of a run: metrics.csv and, after a zero byte, events.jsonl.
private func readHistory(_ bytes: [UInt8]) {
  let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) }
  _ = succeeds {
    let history = try RunHistory(metrics: parts[0], events: parts.count > 1 ? parts[1] : [])
    let numbers = history.epochs.map(\.number)
    precondition(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 } && history.seconds.isFinite)
    _ = (history.bestEpoch, history.end, history.beganWithWeights)
  }
}

/// A safetensors file as weights and as a checkpoint.
private func readCheckpoint(_ bytes: [UInt8]) {
  _ = succeeds {
    let file = try SafeTensors(parsing: bytes, file: "f")
    for tensor in file.tensors { _ = file.floats(of: tensor) }
    _ = succeeds { _ = try WeightImport(of: small.model, in: file, path: "f") }
    let checkpoint = try Checkpoint(file, path: "f")
    _ = try checkpoint.parameters()
    _ = try checkpoint.encoded()
  }
}

/// A checkpoint that gets a valid checksum first, so that the input reaches the decoder.
private func readRepairedCheckpoint(_ bytes: [UInt8]) {
  var bytes = bytes
  let lead = SafeTensorsHeader.checksumLead
  let length = bytes.prefix(8).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
  if bytes.count >= 16 + lead.count, length >= lead.count + 8, length <= bytes.count - 8,
    bytes[8...].starts(with: lead)
  {
    let end = 8 + Int(length)
    let checksum = SafeTensors.checksum(
      length: Array(bytes[..<8]), header: Array(bytes[8..<end]), data: Array(bytes[end...]))
    bytes.replaceSubrange(8 + lead.count..<16 + lead.count, with: checksum.utf8)
  }
  readCheckpoint(bytes)
}

/// The network of the seed corpus.
let small: ExperimentConfig = {
  let text =
    #"{ "model": { "input": [1, 8, 8], "layers": ["flatten", { "type": "dense", "name": "fc", "units": 10 }] } }"#
  do {
    return try ExperimentConfig(JSON(parsing: Array(text.utf8), origin: "small"))
  } catch {
    fatalError("\(error)")
  }
}()
