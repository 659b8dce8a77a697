import Testing

/// Bad data ends with one line that names the file and the byte.
struct DataFaultTests {
  /// A gzip member whose stored block is cut off after four bytes.
  private static let cutGzip: [UInt8] =
    [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 0xFF, 0xFF, 0, 0] + [0, 0, 8, 3]

  @Test func faultsAreAsRecorded() throws {
    let sandbox = try Sandbox()
    let labels = (0..<40).map { $0 % 10 }
    let images = Samples.images(labels)
    let cases: [(String, [String: [UInt8]?])] = [
      ("good", [:]),
      ("missing", ["t10k-labels-idx1-ubyte": nil]),
      ("page", gzip(Array("<!DOCTYPE html>\n<html>404</html>\n".utf8))),
      ("cut", gzip(Self.cutGzip)),
      ("empty", gzip([])),
      ("short", ["train-images-idx3-ubyte": Array(images.dropLast())]),
      ("long", ["train-images-idx3-ubyte": images + [0]]),
      ("magic", ["train-images-idx3-ubyte": Array("PK\u{3}\u{4}".utf8) + images]),
      ("floats", ["train-images-idx3-ubyte": Samples.idx(type: 0x0D, [40, 28, 28], [])]),
      ("rank", ["train-images-idx3-ubyte": Samples.labels(labels)]),
      ("labels", ["train-labels-idx1-ubyte": Samples.labels(labels + [0])]),
      ("ten", ["train-labels-idx1-ubyte": Samples.labels(Array(labels.dropLast()) + [10])]),
      ("sizes", ["t10k-images-idx3-ubyte": Samples.images((0..<20).map { $0 % 10 }, height: 27)]),
      (
        "tall",
        [
          "train-images-idx3-ubyte": Samples.images(labels, height: 29),
          "t10k-images-idx3-ubyte": Samples.images((0..<20).map { $0 % 10 }, height: 29),
        ]
      ),
    ]
    var snapshot = Snapshot(sandbox)
    for (folder, changes) in cases {
      try sandbox.writeDataset(to: folder, changes)
      try snapshot.run("train --config keras-lenet --dry-run --threads 2 --data \(folder)")
    }
    try sandbox.write("", to: "void/README")
    try snapshot.run("train --data void")
    try snapshot.run("train --data nosuch")
    try snapshot.run("train", environment: ["CNN_DATA_DIR": "nosuch"])
    try snapshot.run(
      "train --config lenet --data good --set data.validation.count=30 --set data.validation.from=train --batch-size 20 --set train.drop_last=true"
    )
    try snapshot.run("show --config keras-lenet --data good --first 60000")
    try snapshot.run("train --data good --set data.resplit.train=50 --set data.resplit.test=20")
    try snapshot.expect("data-faults")
  }

  /// The training images replaced by a gzip file of these bytes.
  private func gzip(_ bytes: [UInt8]) -> [String: [UInt8]?] {
    ["train-images-idx3-ubyte": nil, "train-images-idx3-ubyte.gz": bytes]
  }

  @Test func dataIsFoundByEveryRoute() throws {
    let sandbox = try Sandbox()
    try sandbox.writeDataset(to: "good")
    try sandbox.writeDataset(to: "data/mnist")
    func origin(_ options: String, _ environment: [String: String] = [:]) throws -> String {
      try sandbox.run("train --config keras-lenet --dry-run \(options)", environment: environment).lines.first
        ?? ""
    }
    let good = ["CNN_DATA_DIR": "\(sandbox.folder)/good"]
    #expect(try origin("--data good").hasPrefix("good (good): 40 training images"))
    #expect(try origin("", good).hasPrefix("mnist (\(sandbox.folder)/good): 40 training images"))
    #expect(
      try origin("--set data.dir=good", good).hasPrefix("good (\(sandbox.folder)/good): 40 training images"))
    #expect(try origin("").hasPrefix("mnist (\(sandbox.folder)/data/mnist): 40 training images"))
    #expect(
      try origin("--data builtin", good).hasPrefix("builtin (synthetic digits): 20,000 training images"))
  }
}
