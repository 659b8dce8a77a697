import FileIO

/// The versions of CIFAR that are not read, which are named.
extension CIFARFiles {
  private static let pickles = (1...5).map { "data_batch_\($0)" } + ["test_batch", "batches.meta"]
  private static let fineFiles = ["train.bin", "test.bin"]
  /// A record of CIFAR-100 has two labels, of which the second is the class.
  private static let fineRecord = 2 + 3072

  /// The error for a folder of CIFAR-10's Python version or CIFAR-100's binary version; nil for any other.
  static func otherVersion(in folder: String) -> DataError? {
    for place in ["", "cifar-10-batches-py", "cifar-100-binary"].map({ joinPath(folder, $0) }) {
      let paths = (pickles + fineFiles).map { joinPath(place, $0) }
      if let fault = paths.lazy.compactMap(otherVersion(file:)).first { return fault }
    }
    return nil
  }

  /// The error for a file of CIFAR-10's Python version or CIFAR-100's binary version; nil for any other.
  static func otherVersion(file path: String) -> DataError? {
    let name = lastComponent(of: path)
    guard pickles.contains(name) || fineFiles.contains(name), isRegularFile(path),
      let file = try? InputFile(regularFile: path), let length = file.length
    else { return nil }
    let folder = AtomicFile.folder(of: path)
    if fineFiles.contains(name) {
      return length > 0 && length % fineRecord == 0 ? fineFault(path, in: folder) : nil
    }
    let start = try? file.read(exactly: min(length, FileSignature.length))
    return start.flatMap { FileSignature($0) } == .pickle ? pythonFault(path, in: folder) : nil
  }

  private static func pythonFault(_ path: String, in folder: String) -> DataError {
    .unsuitable(
      path: path,
      reason:
        "CIFAR-10's Python version: these are Python pickles, which can run programs; take the binary version, "
        + "cifar-10-binary.tar.gz, or convert them: python3 -c \"import pickle, numpy as n; "
        + "f = lambda b: pickle.load(open(\("\(folder)/".pythonLiteral) + b, 'rb'), encoding='latin1'); "
        + "x = lambda *b: n.concatenate([f(i)['data'] for i in b]).reshape(-1, 3, 32, 32); "
        + "y = lambda *b: n.concatenate([f(i)['labels'] for i in b]); "
        + "t = ['data_batch_' + str(i) for i in range(1, 6)]; "
        + "n.savez('cifar10.npz', x_train=x(*t), y_train=y(*t), x_test=x('test_batch'), y_test=y('test_batch'))\""
    )
  }

  private static func fineFault(_ path: String, in folder: String) -> DataError {
    .unsuitable(
      path: path,
      reason: "CIFAR-100's binary version, 3,074 bytes for each image, is not read; convert it: "
        + "python3 -c \"import numpy as n; "
        + "r = lambda f: n.fromfile(\("\(folder)/".pythonLiteral) + f, 'u1').reshape(-1, 3074); "
        + "t, e = r('train.bin'), r('test.bin'); x = lambda a: a[:, 2:].reshape(-1, 3, 32, 32); "
        + "n.savez('cifar100.npz', x_train=x(t), y_train=t[:, 1], x_test=x(e), y_test=e[:, 1])\"")
  }
}
