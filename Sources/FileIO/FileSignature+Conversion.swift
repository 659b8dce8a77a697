/// What to do with a file of images that is in a format of another program.
extension FileSignature {
  /// A clause for an error about a data set at `path`: what the file is, and the line that converts it, where there is
  /// one: `this is a tar archive; unpack it: tar xf a.tar`.
  package static func describeForeignData(_ bytes: some Collection<UInt8>, path: String) -> String {
    describe(bytes) { $0.conversion(of: path) }
  }

  /// A clause for an error about weights at `path`: what the file is, and the line that converts it, where there is one.
  package static func describeForeignWeights(_ bytes: some Collection<UInt8>, path: String) -> String {
    describe(bytes) { $0.weightConversion(of: path) }
  }

  private static func describe(
    _ bytes: some Collection<UInt8>, _ conversion: (FileSignature) -> String?
  ) -> String {
    let found = describe(bytes)
    return FileSignature(bytes).flatMap(conversion).map { "\(found); \($0)" } ?? found
  }

  /// Python's line that converts the file at `path`, whose names are `file` and, as an archive of arrays, `npz`.
  private static func python(_ path: String, _ code: (_ file: String, _ npz: String) -> String) -> String {
    "convert it: python3 -c \"\(code(path.pythonLiteral, (stem(of: path) + ".npz").pythonLiteral))\""
  }

  /// The line that makes an archive of weights of a file in this format, after a verb; nil where there is none.
  package func weightConversion(of path: String) -> String? {
    let names = " where its names are those of cnn summary"
    return switch self {
    case .hdf5:
      Self.python(path) { file, npz in
        "import h5py, numpy as n; a = {}; "
          + "h5py.File(\(file)).visititems(lambda k, v: a.update({k.replace('/', '.'): v[()]}) "
          + "if hasattr(v, 'shape') else None); n.savez(\(npz), **a)"
      } + names
    case .pickle:
      Self.python(path) { file, npz in
        "import pickle, numpy as n; "
          + "n.savez(\(npz), **pickle.load(open(\(file), 'rb'), encoding='latin1'))"
      } + " if it holds a dict of arrays, and only if you trust it: pickles can run programs"
    case .matlab:
      Self.python(path) { file, npz in
        "import scipy.io, numpy as n; "
          + "n.savez(\(npz), **{k: v for k, v in scipy.io.loadmat(\(file)).items() if k[0] != '_'})"
      } + names
    case .numpy:
      Self.python(path) { file, npz in
        "import numpy as n; n.savez(\(npz), **n.load(\(file), allow_pickle=True).item())"
      } + " if it holds a dict of arrays; of one array, write n.savez(file, name=array)"
    case .savedModel:
      "convert its folder: python3 -m tf2onnx.convert --saved-model FOLDER --output model.onnx"
    case .tflite:
      "convert it: python3 -m tf2onnx.convert --tflite \(path.shellLiteral) --output model.onnx"
    case .tar, .xz, .bzip2, .zstandard, .sevenZip, .rar, .compress, .gitLFS, .html, .xml: conversion(of: path)
    default: nil
    }
  }

  /// The line that makes a data set of a file in this format, after a verb; nil where there is none.
  private func conversion(of path: String) -> String? {
    let file = path.shellLiteral
    return switch self {
    case .hdf5:
      Self.python(path) { file, npz in
        "import h5py, numpy as n; f = h5py.File(\(file)); n.savez(\(npz), **{k: f[k][()] for k in f})"
      } + " and name its arrays x_train, y_train, x_test and y_test"
    case .torch:
      Self.python(path) { file, npz in
        "import torch, numpy as n; x, y = torch.load(\(file), weights_only=False)[:2]; "
          + "n.savez(\(npz), x_train=x, y_train=y)"
      } + " if it holds images and labels; weights go to --init"
    case .pickle:
      Self.python(path) { file, npz in
        "import gzip, pickle, numpy as n; "
          + "t, *v, e = pickle.load(\(path.hasSuffix(".gz") ? "gzip.open(\(file))" : "open(\(file), 'rb')"), "
          + "encoding='latin1'); n.savez(\(npz), x_train=t[0], y_train=t[1], x_test=e[0], y_test=e[1])"
      } + " if it holds pairs of images and labels, and only if you trust it: pickles can run programs"
    case .parquet:
      Self.python(path) { file, _ in
        "import pandas, os; "
          + "[(os.makedirs(f'pictures/{r.label}', exist_ok=True), "
          + "open(f'pictures/{r.label}/{i}.png', 'wb').write(r.image['bytes'])) "
          + "for i, r in pandas.read_parquet(\(file)).iterrows()]"
      } + " where the columns are image and label, and give the folder pictures"
    case .arrow:
      Self.python(path) { file, _ in
        "import pandas; pandas.read_feather(\(file)).to_csv('images.csv', index=False)"
      }
    case .spreadsheet: "save it as CSV"
    case .numpy:
      Self.python(path) { file, _ in
        "import numpy as n; n.savez('images.npz', x_train=n.load(\(file)), y_train=n.load('labels.npy'))"
      } + " with the file of its labels"
    case .tar, .xz, .bzip2, .zstandard: "unpack it: tar xf \(file)"
    case .zip: "unpack it: unzip \(file)"
    case .sevenZip, .rar, .compress: "unpack it: bsdtar xf \(file)"
    case .gitLFS: "fetch the file: git lfs pull"
    case .html, .xml: "download the file itself, not a page about it"
    case .utf16: "convert it: iconv -f UTF-16 -t UTF-8 \(file) > utf8.csv"
    case .keras, .onnx, .safetensors: "it holds weights, which go to --init"
    default: nil
    }
  }

  /// The path without its folder and its last extension.
  private static func stem(of path: String) -> String {
    var name = lastComponent(of: path)
    if name.hasSuffix(".gz") { name.removeLast(3) }
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }
}

extension String {
  /// The text in single quotes, for Python within a shell's double quotes: what means something to either is escaped.
  package var pythonLiteral: String {
    "'"
      + unicodeScalars.map { scalar in
        let hexadecimal = String(scalar.value, radix: 16)
        return switch scalar {
        case "'", "\"", "\\", "$", "`", "!", "\0"..<" ", "\u{7F}"..."\u{9F}":
          "\\x" + (hexadecimal.count == 1 ? "0" : "") + hexadecimal
        case "\u{2028}", "\u{2029}": "\\u" + hexadecimal
        // As Python itself escapes a byte that is not UTF-8 (PEP 383).
        case _ where scalar.undecodedByte != nil: "\\udc" + hexadecimal.suffix(2)
        default: String(scalar)
        }
      }.joined() + "'"
  }

  /// The text as one word of a shell's command line.
  package var shellLiteral: String {
    "'" + oneLine.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
