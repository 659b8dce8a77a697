import Formatting

/// What to do with a file of images that is in a format of another program.
extension FileSignature {
  /// A clause for an error about a data set at `path`: what the file is, and the line that converts it, where there is
  /// one: `this is a tar archive; unpack it: tar xf a.tar`.
  package static func describeForeignData(_ bytes: some Collection<UInt8>, path: String) -> String {
    let found = describe(bytes)
    return FileSignature(bytes)?.conversion(of: path).map { "\(found); \($0)" } ?? found
  }

  /// The line that makes a data set of a file in this format, after a verb; nil where there is none.
  private func conversion(of path: String) -> String? {
    let file = path.oneLine.pythonLiteral
    let npz = (Self.stem(of: path.oneLine) + ".npz").pythonLiteral
    func python(_ code: String) -> String { "convert it: python3 -c \"\(code)\"" }
    return switch self {
    case .hdf5:
      python("import h5py, numpy as n; f = h5py.File(\(file)); n.savez(\(npz), **{k: f[k][()] for k in f})")
        + " and name its arrays x_train, y_train, x_test and y_test"
    case .torch:
      python(
        "import torch, numpy as n; x, y = torch.load(\(file), weights_only=False)[:2]; "
          + "n.savez(\(npz), x_train=x, y_train=y)") + " if it holds images and labels; weights go to --init"
    case .pickle:
      python(
        "import gzip, pickle, numpy as n; "
          + "t, *v, e = pickle.load(\(path.hasSuffix(".gz") ? "gzip.open(\(file))" : "open(\(file), 'rb')"), "
          + "encoding='latin1'); n.savez(\(npz), x_train=t[0], y_train=t[1], x_test=e[0], y_test=e[1])")
        + " if it holds pairs of images and labels, and only if you trust it: pickles can run programs"
    case .parquet:
      python(
        "import pandas, os; "
          + "[(os.makedirs(f'pictures/{r.label}', exist_ok=True), "
          + "open(f'pictures/{r.label}/{i}.png', 'wb').write(r.image['bytes'])) "
          + "for i, r in pandas.read_parquet(\(file)).iterrows()]")
        + " where the columns are image and label, and give the folder pictures"
    case .arrow:
      python("import pandas; pandas.read_feather(\(file)).to_csv('images.csv', index=False)")
    case .spreadsheet: "save it as CSV"
    case .numpy:
      python(
        "import numpy as n; n.savez('images.npz', x_train=n.load(\(file)), y_train=n.load('labels.npy'))")
        + " with the file of its labels"
    case .tar, .xz, .bzip2, .zstandard: "unpack it: tar xf \(file)"
    case .zip: "unpack it: unzip \(file)"
    case .sevenZip, .rar, .compress: "unpack it: bsdtar xf \(file)"
    case .gitLFS: "fetch the file: git lfs pull"
    case .html, .xml: "download the file itself, not a page about it"
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
  /// The text in single quotes, for Python within a shell's double quotes; characters that would end the quotes or the code
  /// are left out.
  package var pythonLiteral: String { "'" + filter { !"'\"\\$`!".contains($0) } + "'" }
}
