import Datasets
import FileIO
import Foundation
import ImageFiles
import Testing
import TestSupport

@Suite struct DatasetSourceTests {
  @Test(
    "NumPy's and MATLAB's files hold the same set as the IDX files, bit for bit",
    arguments: ["mnist.npz", "stored.npz", "mnist-original.mat", "plain.mat"])
  func sameAsIDX(name: String) throws {
    let idx = try Dataset.load(from: Archives.folder)
    let other = try Dataset.load(from: "\(Archives.folder)/\(name)")
    #expect(other.pool == idx.pool)
    #expect((other.train.count, other.test.count) == (30, 10))
    #expect(other.fingerprints() == idx.fingerprints())
  }

  @Test func aFolderMayHoldAnArchive() throws {
    try DataSource.with { source in
      #expect(!DatasetSource.isPresent(at: source.folder))
      try source.write(Archives.fixture("mnist-original.mat"), "mnist-original.mat")
      #expect(DatasetSource.isPresent(at: source.folder))
      #expect(try DatasetSource(at: source.folder).format == "a MATLAB file")
      try source.write(Archives.fixture("mnist.npz"), "mnist.npz")
      #expect(try DatasetSource(at: source.folder).format == "npz")
      for name in try listing(Archives.folder) where name.hasSuffix("ubyte") {
        try source.write(Archives.fixture(name), name)
      }
      #expect(try DatasetSource(at: source.folder).format == "IDX files")
    }
  }

  @Test func theSourceIsKnownByItsAbsolutePath() throws {
    #expect(try Dataset.load(from: Archives.folder).sourcePath == Archives.folder)
    #expect(absolutePath("a/b") == FileManager.default.currentDirectoryPath + "/a/b")
    #expect(absolutePath("./a") == FileManager.default.currentDirectoryPath + "/a")
  }

  @Test func otherFilesAreNamed() throws {
    #expect(
      message { _ = try DatasetSource(at: "\(Archives.folder)/t10k-labels-idx1-ubyte") }
        .hasSuffix("ubyte: byte 0: this is one IDX file; give the folder of images and labels"))
    #expect(
      message { _ = try DatasetSource(at: #filePath) }
        .hasSuffix(".swift: byte 0: no data set: it begins with 69 6D 70 6F"))
    #expect(message { _ = try DatasetSource(at: "/nowhere") } == "/nowhere: no such file or folder")
  }

  @Test(
    arguments: [
      ([0x89, 0x48, 0x44, 0x46], "this is an HDF5 file; convert it: python3 -c \"import h5py"),
      (Array("PAR1".utf8), "this is a Parquet table; convert it: python3 -c \"import pandas, os"),
      ([0x80, 4, 0x95, 0], "this is a Python pickle; convert it: python3 -c \"import gzip, pickle"),
      (Array("<html>".utf8), "this is an HTML page (\"<html\"); download the file itself"),
      ([0x37, 0x7A, 0xBC, 0xAF], "this is a 7-Zip archive; unpack it: bsdtar xf"),
      (Array("{\"a\": 1}".utf8), "this is a JSON document"),
      (Array("SQLite format 3".utf8), "this is an SQLite database"),
      ([0x93] + Array("NUMPY".utf8), "this is a NumPy array; convert it: python3 -c"),
      ([UInt8](repeating: 0, count: 257) + Array("ustar".utf8), "this is a tar archive; unpack it: tar xf"),
      (
        Archives.zip([.init(name: "net/data.pkl", content: [0x80, 2])]),
        "this is a PyTorch file; convert it: python3 -c \"import torch"
      ),
      (
        Archives.zip([.init(name: "metadata.json", content: [])]),
        "this is a Keras model; it holds weights, which go to --init"
      ),
    ] as [([UInt8], String)])
  func foreignFilesAreNamedWithWhatConvertsThem(bytes: [UInt8], expected: String) throws {
    try DataSource.with { source in
      try source.write(bytes, "data.bin")
      let alone = message { _ = try source.load("data.bin") }
      #expect(alone.contains("data.bin: byte 0: no data set: " + expected), "\(alone)")
      #expect(!alone.contains("\n"))
      if !bytes.starts(with: Array("{".utf8)) {
        let inFolder = message { _ = try source.load() }
        #expect(inFolder.contains("data.bin: no data set: " + expected), "\(inFolder)")
      }
    }
  }

  @Test func aPictureAloneIsNoDataSet() throws {
    try DataSource.with { source in
      try source.write(TestPNG.file(1, 1, rows: [[5]]), "a.png")
      #expect(
        message { _ = try source.load("a.png") }.hasSuffix(
          "this is one picture; give a folder with a folder of pictures for each class"))
      #expect(
        message { _ = try source.load() }.hasSuffix(
          "pictures without classes; put those of each class into a folder of its name"))
    }
  }
}
