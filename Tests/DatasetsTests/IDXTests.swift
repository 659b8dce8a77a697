import Datasets
import FileIO
import Foundation
import ImageFiles
import Testing
import TestSupport

@Suite struct IDXTests {
  private let pixels: [UInt8] = Array(1...12)

  private func images(_ bytes: [UInt8]) throws -> Images {
    try IDX.images(from: ByteSource(bytes: bytes, name: "f"))
  }

  private func labels(_ bytes: [UInt8]) throws -> [UInt16] {
    try IDX.labels(from: ByteSource(bytes: bytes, name: "f"))
  }

  @Test func readsGrayImages() throws {
    let images = try images(TestBytes.idx([2, 2, 3], pixels))
    #expect(images.shape == ImageShape(channels: 1, height: 2, width: 3))
    #expect(images.count == 2)
    #expect(images[1] == [7, 8, 9, 10, 11, 12])
  }

  @Test func readsColourImages() throws {
    let images = try images(TestBytes.gzip(TestBytes.idx([2, 3, 1, 2], pixels)))
    #expect(images.shape == ImageShape(channels: 3, height: 1, width: 2))
    #expect(images.pixels == pixels)
  }

  @Test func readsLabels() throws {
    #expect(try labels(TestBytes.idx([3], [9, 0, 4])) == [9, 0, 4])
    #expect(try labels(TestBytes.idx(type: 0x0C, [2], [0, 0, 0, 9, 0, 0, 1, 2])) == [9, 258])
  }

  @Test("QMNIST: eight columns of int32, the first is the class")
  func readsQMNIST() throws {
    let rows: [UInt8] = [7, 2].flatMap { label in
      [label, 4, 99, 1, 2, 3, 0, 0].flatMap { [0, 0, 0, $0] }
    }
    #expect(try labels(TestBytes.idx(type: 0x0C, [2, 8], rows)) == [7, 2])
  }

  @Test func readsWhatItWrites() throws {
    for channels in [1, 3] {
      let shape = ImageShape(channels: channels, height: 2, width: 2)
      let original = Images(pixels: pixels, shape: shape)
      #expect(try images(IDX.encode(original)) == original)
    }
    #expect(IDX.encode(labels: [7, 1]) == [0, 0, 8, 1, 0, 0, 0, 2, 7, 1])
    #expect(try labels(IDX.encode(labels: [7, 300])) == [7, 300])
    #expect(
      IDX.encode(Images(pixels: [5], shape: ImageShape(height: 1, width: 1)))[..<8] == [
        0, 0, 8, 3, 0, 0, 0, 1,
      ])
  }

  @Test(
    arguments: [
      ([], "byte 0: not IDX: the file is empty"),
      ([0, 0, 8], "byte 0: not IDX: it begins with 00 00 08"),
      ([0xDE, 0xAD, 0xBE, 0xEF, 1, 2], "byte 0: not IDX: it begins with DE AD BE EF"),
      ([3, 8, 0, 0], "byte 0: not IDX: it begins with 03 08 00 00"),
      (Array("<html lang=en>".utf8), "byte 0: not IDX: this is an HTML page (\"<html lang=en\")"),
      ([0x89, 0x50, 0x4E, 0x47, 13], "byte 0: not IDX: this is a PNG picture"),
      ([0x93] + Array("NUMPY".utf8), "byte 0: not IDX: this is a NumPy array"),
      (Array("MATLAB 5.0 MAT-file".utf8), "byte 0: not IDX: this is a MATLAB file"),
      (
        Array("version https://git-lfs.example/spec".utf8),
        "byte 0: not IDX: this is a Git LFS pointer, not the file itself"
      ),
      (TestBytes.idx(type: 0x0D, [1, 1, 1]), "byte 2: type 0x0D (float32); only 0x08 (uint8) is supported"),
      (
        TestBytes.idx(type: 0x42, [1, 1, 1]),
        "byte 2: type 0x42, which IDX does not define; only 0x08 (uint8) is supported"
      ),
      (TestBytes.idx([1], [1]), "byte 3: 1 dimensions, but images have 3 or 4"),
      (TestBytes.idx([1, 1], [1]), "byte 3: 2 dimensions, but images have 3 or 4"),
      (TestBytes.idx([1, 1, 1, 1, 1], [1]), "byte 3: 5 dimensions, but images have 3 or 4"),
      ([0, 0, 8, 3, 0, 0], "byte 6: the data ends here, 10 bytes too early"),
      (TestBytes.idx([0, 28, 28]), "byte 4: no images"),
      (TestBytes.idx([1, 0, 28]), "byte 8: size 2 of 3 is 0"),
      (TestBytes.idx([1, 3, 28, 0]), "byte 16: size 4 of 4 is 0"),
      (
        TestBytes.idx([.max, .max, .max, .max]),
        "byte 4: 4294967295x4294967295x4294967295x4294967295: more than 2,147,483,647 images"
      ),
      (
        TestBytes.idx([1, .max, .max, .max]),
        "byte 4: 1x4294967295x4294967295x4294967295 bytes are more than the limit of 4 GiB"
      ),
      (TestBytes.idx([1, 65536, 65537]), "byte 4: 1x65536x65537 bytes are more than the limit of 4 GiB"),
      (
        TestBytes.idx([2, 2, 3], Array(0..<11)),
        "byte 27: the file ends here, 1 byte too early for 2x2x3 images"
      ),
      (
        TestBytes.idx([60000, 28, 28], [1, 2]),
        "byte 18: the file ends here, 47,039,998 bytes too early for 60000x28x28 images"
      ),
      (TestBytes.idx([1, 1, 1], [1, 2, 3]), "byte 17: 2 bytes after the end of 1x1x1 images"),
      (TestBytes.gzip([]), "byte 0 (decompressed): not IDX: the file is empty"),
      (TestBytes.gzip(TestBytes.gzip([1])), "byte 0 (decompressed): not IDX: this is a gzip file"),
      (
        TestBytes.gzip(TestBytes.idx([1, 2, 2], [1, 2, 3])),
        "byte 19 (decompressed): the data ends here, 1 byte too early"
      ),
      (
        TestBytes.gzip(TestBytes.idx([1, 65536, 65536], [1, 2, 3])),
        "byte 19 (decompressed): the data ends here, 4,294,967,293 bytes too early"
      ),
      (
        TestBytes.gzip(TestBytes.idx([1, 1, 1], [1, 2])),
        "byte 17 (decompressed): more bytes after the end of 1 image"
      ),
    ] as [([UInt8], String)])
  func refusesImages(bytes: [UInt8], expected: String) {
    #expect(message { _ = try images(bytes) } == "f: " + expected)
  }

  @Test(
    arguments: [
      (TestBytes.idx([1, 1, 1], [1]), "byte 3: 3 dimensions, but labels have 1 or 2"),
      (TestBytes.idx([0]), "byte 4: no labels"),
      (TestBytes.idx([4], [1, 2]), "byte 10: the file ends here, 2 bytes too early for 4 labels"),
      (TestBytes.idx([1], [1, 2]), "byte 9: 1 byte after the end of 1 labels"),
      (
        TestBytes.idx(type: 0x0D, [1], [0, 0, 0, 1]),
        "byte 2: type 0x0D (float32); only 0x08 (uint8) and 0x0C (int32) are supported"
      ),
      (
        TestBytes.idx(type: 0x0C, [2], [0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF]),
        "byte 12: label -1 of image 1 is not one of 0 to 65,535"
      ),
      (
        TestBytes.idx([2, 3], [0, 1, 0, 1, 0, 0]),
        "byte 8: 3 columns of labels; labels have one, or 8 of int32 as in QMNIST"
      ),
      (
        TestBytes.idx(type: 0x0C, [1], [0, 0, 0]),
        "byte 11: the file ends here, 1 byte too early for 1 labels"
      ),
      (
        TestBytes.idx(type: 0x0C, [1 << 31 - 1, 8], []),
        "byte 4: 2147483647x8 numbers of 4 bytes are more than the limit of 4 GiB"
      ),
    ] as [([UInt8], String)])
  func refusesLabels(bytes: [UInt8], expected: String) {
    #expect(message { _ = try labels(bytes) } == "f: " + expected)
  }

  /// A pipe has no length to check the header against beforehand.
  @Test func readsFromAnOpenPipe() throws {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: TestBytes.idx([2, 2, 3], pixels))
    try pipe.fileHandleForWriting.close()
    #expect(try IDX.images(path: "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)").pixels == pixels)
  }

  /// The bomb has no trailer: inflated to its end, it would be called cut off instead.
  @Test func aBombIsNotInflated() {
    let bomb = TestBytes.gzipBomb(prefix: TestBytes.idx([1, 1, 1]), runs: 400_000)
    #expect(
      message { _ = try images(bomb) } == "f: byte 17 (decompressed): more bytes after the end of 1 image")
  }

  @Test func refusesEveryTruncation() {
    let whole = TestBytes.idx([2, 2, 3], pixels)
    for length in 0..<whole.count {
      #expect(throws: DataError.self) { try images(Array(whole[..<length])) }
      #expect(throws: DataError.self) { try images(TestBytes.gzip(Array(whole[..<length]))) }
    }
  }
}
