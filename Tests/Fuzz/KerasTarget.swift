import ModelFormats
import Training

/// An HDF5 file: every array has as many values as its shape needs.
func readHDF5(_ bytes: [UInt8]) {
  _ = succeeds {
    let file = try HDF5File(parsing: bytes, name: "f")
    readAll(file.root, of: file)
  }
}

private func readAll(_ group: HDF5File.Group, of file: HDF5File) {
  for object in group.objects.values {
    switch object {
    case .group(let group): readAll(group, of: file)
    case .dataset(let dataset):
      _ = succeeds {
        let values = try file.floats(of: dataset)
        precondition(values.count == dataset.shape.reduce(1, *))
      }
    case .type: break
    }
  }
}

/// A file of Keras as a network: HDF5, or a config with weights behind a zero byte, which become an archive.
func readKeras(_ bytes: [UInt8]) {
  var bytes = bytes
  if bytes.first != 0x89 {
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) }
    bytes = NPZ.encode(files: [
      ("config.json", parts[0]), ("model.weights.h5", parts.count > 1 ? parts[1] : []),
    ])
  }
  _ = succeeds {
    let file = try KerasFile(parsing: bytes, name: "f")
    _ = succeeds { _ = try file.layers(inOrder: ["conv2d", "dense"]) }
    let network = try KerasNetwork(file)
    for tensor in network.weights.tensors {
      precondition(network.weights.floats(of: tensor)?.count == tensor.shape.reduce(1, *))
    }
  }
}
