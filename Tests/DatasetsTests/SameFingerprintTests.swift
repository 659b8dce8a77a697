import Datasets
import ImageFiles
import Testing
import TestSupport

@Suite struct SameFingerprintTests {
  @Test(
    "The same images have one fingerprint in every format",
    arguments: [ImageShape(height: 5, width: 5), ImageShape(channels: 3, height: 6, width: 6)])
  func formats(shape: ImageShape) throws {
    let train = smooth(30, shape, seed: 1)
    let test = smooth(10, shape, seed: 2)
    try DataSource.with { source in
      try source.writeIDX(train, "idx/train")
      try source.writeIDX(test, "idx/t10k")
      var arrays: [Archives.Entry] = []
      for (part, images) in [("train", train), ("test", test)] {
        try source.write(csv(images), "csv/mnist_\(part).csv")
        for index in 0..<images.count {
          let name = "png/\(part)/\(images.labels[index])/\(index).png"
          try source.write(PNG.encode(images.images.image(at: index)), name)
        }
        let sizes = "(\(images.count), \(shape.channels), \(shape.height), \(shape.width))"
        arrays.append(.init(name: "x_\(part).npy", content: Archives.npy("|u1", sizes, images.pixels)))
        let labels = images.labels.map { UInt8($0) }
        arrays.append(
          .init(name: "y_\(part).npy", content: Archives.npy("|u1", "(\(images.count),)", labels)))
      }
      try source.write(Archives.zip(arrays), "npz/data.npz")
      let options = DatasetOptions(shape: shape, units: 10)
      let expected = try source.load("idx", options)
      for name in ["npz", "csv", "png"] {
        let set = try source.load(name, options)
        #expect(set.fingerprints() == expected.fingerprints(), "\(name)")
        #expect(set.pool == expected.pool, "\(name)")
        #expect(set.classNames == expected.classNames, "\(name)")
      }
      // One tree and one table are divided alike.
      let table = try source.load("csv/mnist_train.csv", options)
      #expect(table.test.count > 0)
      #expect(try source.load("png/train", options).fingerprints() == table.fingerprints())
    }
  }

  private func csv(_ images: LabeledImages) -> String {
    (0..<images.count).map { index in
      "\(images.labels[index])," + images[index].map { "\($0)" }.joined(separator: ",") + "\n"
    }.joined()
  }

  /// Images whose rows resemble the next ones, of different brightness in each plane.
  private func smooth(_ count: Int, _ shape: ImageShape, seed: Int) -> LabeledImages {
    let pixels = (0..<count).flatMap { image in
      (0..<shape.size).map { pixel in
        let (plane, place) = pixel.quotientAndRemainder(dividingBy: shape.height * shape.width)
        return UInt8(
          (image * 5 + seed * 3 + plane * 60 + place / shape.width * 2 + place % shape.width) % 256)
      }
    }
    return LabeledImages(
      images: Images(pixels: pixels, shape: shape), labels: (0..<count).map { UInt16($0 % 3) })
  }
}
