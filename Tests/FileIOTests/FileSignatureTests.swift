import FileIO
import Testing

@Suite struct FileSignatureTests {
  @Test(
    arguments: [
      ([0x1F, 0x8B, 8], .gzip), ([0, 0, 8, 3], .idx), ([0, 0, 8], nil), (Array("P5\n".utf8), .pgm),
      (Array("P2 ".utf8), .pgm), ([0x89, 0x50, 0x4E, 0x47], .png), ([0xFF, 0xD8, 0xFF, 0xE0], .jpeg),
      ([0xFD, 0x37, 0x7A, 0x58], .xz), (Array("BZh9".utf8), .bzip2), ([0x28, 0xB5, 0x2F, 0xFD], .zstandard),
      (Array("<?xml version".utf8), .xml), ([0xEF, 0xBB, 0xBF] + Array("<HTML>".utf8), .html), ([], nil),
      (Array("hello".utf8), nil), ([0, 0, 0, 24] + Array("ftypheic".utf8), .heif),
      (Array("RIFF".utf8) + [9, 0, 0, 0] + Array("WEBPVP8 ".utf8), .webp), (Array("GIF89a".utf8), .gif),
      (Array("P1 ".utf8), .pbm), (Array("P4\n".utf8), .pbm), (Array("P3#".utf8), .ppm),
      (Array("P6 ".utf8), .ppm),
      (Array("P1,P2".utf8), nil), (Array("P5".utf8), nil), ([0, 0, 0, 24] + Array("ftypavif".utf8), .avif),
      ([0, 0, 0, 28] + Array("ftypmif1".utf8) + [0, 0, 0, 0] + Array("mif1avif".utf8), .avif),
      ([0, 0, 0, 24] + Array("ftypMiHE".utf8) + [0, 0, 0, 0] + Array("mif1heic".utf8), .heif),
      ([0, 0, 0, 20] + Array("ftypqt  ".utf8) + [0, 0, 0, 0] + Array("qt  ".utf8), .video),
      (Array("BM".utf8), .bmp), ([0x49, 0x49, 0x2A, 0], .tiff), ([0x4D, 0x4D, 0, 0x2A], .tiff),
    ] as [([UInt8], FileSignature?)])
  func recognizes(bytes: [UInt8], expected: FileSignature?) {
    #expect(FileSignature(bytes) == expected)
  }
  /// A zip archive whose first entry has this name.
  private static func zip(_ name: String) -> [UInt8] {
    [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [UInt8(name.utf8.count), 0, 0, 0] + name.utf8
  }

  @Test(
    "Files of other programs",
    arguments: [
      (zip("net/data.pkl"), .torch), (zip("metadata.json"), .keras),
      (zip("[Content_Types].xml"), .spreadsheet),
      (zip("x_train.npy"), .zip), ([0x50, 0x4B, 3, 4], .zip), (zip("net/data.pkl").dropLast(3), .zip),
      ([0x80, 2, 0x8A], .pickle), ([0x80, 4, 0x95], .pickle), ([0x80, 9, 0x95], nil), ([0x80], nil),
      ([UInt8](repeating: 0x61, count: 257) + Array("ustar".utf8), .tar), (Array("{\"a\": 1}".utf8), .json),
      (Array("[[1, 2]]".utf8), .json), (Array("PAR1".utf8), .parquet), (Array("ARROW1".utf8), .arrow),
      ([60, 0, 0, 0, 0, 0, 0, 0] + Array("{\"x\":{}}".utf8), .safetensors),
      (Array("SQLite format 3".utf8), .sqlite), (Array("%PDF-1.7".utf8), .pdf),
      ([0x37, 0x7A, 0xBC, 0xAF], .sevenZip), (Array("Rar!".utf8), .rar),
      ([0x1F, 0x9D, 0x90], .compress), ([8, 7, 0x12, 7, 0x70], .onnx), ([8, 7], nil),
      ([8, 1, 0x12, 5, 0x0A], .savedModel), ([8, 1, 0x12, 0x9B, 0x55], .savedModel),
      ([0x1C, 0, 0, 0] + Array("TFL3".utf8), .tflite), (Array("GGUF".utf8), .gguf),
      ([0x7F, 0x45, 0x4C, 0x46, 2], .elf), ([0x50, 0x4B, 5, 6], .emptyZip),
      (Array("(dp0\nS'a'\n".utf8), .pickle), (Array("(lp1\n".utf8), .pickle), (Array("(dpx\n".utf8), nil),
      (Array("cnumpy.core.multiarray\n_reconstruct\n".utf8), .pickle), (Array("(dp0".utf8), nil),
      (Array("collections,1\n".utf8), nil), ([0xFF, 0xFE, 0x31, 0], .utf16), ([0xFE, 0xFF, 0, 0x31], .utf16),
      ([0x31, 0, 0x2C, 0, 0x30, 0, 0x0A, 0], .utf16), ([0, 0x31, 0, 0x2C, 0, 0x30, 0, 0x0A], .utf16),
    ] as [([UInt8], FileSignature?)])
  func recognizesForeignFiles(bytes: [UInt8], expected: FileSignature?) {
    #expect(FileSignature(bytes) == expected)
  }

  @Test("The line that converts a file stays one line and one argument, whatever the file is called")
  func conversionsAreQuoted() {
    let weights = Self.zip("net/data.pkl")
    let name = "a/it's \"x\" $(id) `b`\n!\\.h5"
    for bytes in [[0x89, 0x48, 0x44, 0x46], Array("PAR1".utf8), [0x80, 2, 0x8A], weights] as [[UInt8]] {
      let text = FileSignature.describeForeignData(bytes, path: name)
      #expect(text.contains("python3 -c \""))
      #expect(!text.contains("$") && !text.contains("`") && !text.contains("\n"))
      #expect(text.count { $0 == "\"" } == 2)
      #expect(text.contains(#"'a/it\x27s \x22x\x22 \x24(id) \x60b\x60\x0a\x21\x5c.h5'"#))
    }
    let gzip = FileSignature.describeForeignData([0x80, 2, 0x8A], path: "mnist.pkl.gz")
    #expect(gzip.contains("gzip.open('mnist.pkl.gz')") && gzip.contains("'mnist.npz'"))
    #expect(FileSignature.describeForeignData([1, 2], path: "f") == "it begins with 01 02")
    #expect(
      FileSignature.describeForeignData([0xFD, 0x37, 0x7A, 0x58], path: "it's.xz").hasSuffix(
        #"tar xf 'it'\''s.xz'"#))
  }

  @Test("Weights that are not read have the line that converts them")
  func weightConversions() {
    for (bytes, line) in [
      ([0x80, 4, 0x95], "n.savez('w.npz', **pickle.load(open('it\\x27s/w.x', 'rb')"),
      (Array("MATLAB 5.0".utf8), "scipy.io.loadmat('it\\x27s/w.x')"),
      ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "**n.load('it\\x27s/w.x', allow_pickle=True)"),
      ([0x89, 0x48, 0x44, 0x46], "h5py.File('it\\x27s/w.x')"),
      ([8, 1, 0x12], "tf2onnx.convert --saved-model"),
    ] as [([UInt8], String)] {
      let text = FileSignature.describeForeignWeights(bytes, path: "it's/w.x")
      #expect(text.contains("; convert i") && text.contains(line), "\(text)")
    }
    #expect(FileSignature.describeForeignWeights(Array("GGUF".utf8), path: "f") == "this is a GGUF model")
  }
}
