import CNNEngine
import ConfigDecoding
import Foundation
import Randomness
import Testing

/// Reads a config's `data.augment`.
func readAugmentation(_ entries: [JSON]) throws -> Augmentation {
  Augmentation(try ConfigField.list(of: Augmentation.Entry.field).read(JSON(entries)).value)
}

@Suite struct AugmentationTests {
  static let everything: [JSON] = [
    ["type": "shift", "range": [1, 3]], ["type": "rotate", "degrees": 15],
    ["type": "scale", "probability": 0.7],
    "shear", "elastic", ["type": "erase", "size": [0.05, 0.2]], ["type": "noise", "probability": 0.5],
  ]

  /// Image `number` of noise after `entries`, in epoch `epoch`.
  private func draw(
    _ entries: [JSON], _ shape: Shape, _ image: [UInt8], number: Int32 = 0, epoch: UInt64 = 1
  ) throws -> [UInt8] {
    let random = CounterRandom(seed: 3, purpose: .augmentation, stream: epoch)
    return try readAugmentation(entries).augment(image[...], shape, number: number, random)
  }

  private func noise(_ shape: Shape) -> [UInt8] { FixtureValues.images(1, pixels: shape.count) }

  static let shapes = [
    Shape(channels: 1, height: 28, width: 28), Shape(channels: 3, height: 32, width: 32),
    Shape(channels: 1, height: 1, width: 1), Shape(channels: 2, height: 1, width: 9),
    Shape(channels: 1, height: 7, width: 1), Shape(channels: 3, height: 13, width: 50),
  ]

  // MARK: Known results

  @Test(arguments: shapes) func rangesOfZeroLeaveEveryByte(shape: Shape) throws {
    let entries: [JSON] = [
      ["type": "shift", "range": 0], ["type": "rotate", "degrees": 0], ["type": "scale", "range": 0],
      ["type": "shear", "degrees": 0], ["type": "elastic", "alpha": 0], ["type": "noise", "std": 0],
      ["type": "erase", "size": [0, 0], "probability": 1],
    ]
    let image = noise(shape)
    for entry in entries { #expect(try draw([entry], shape, image) == image, "\(entry)") }
    #expect(try draw(entries, shape, image) == image)
    let never = Self.everything.map { entry in
      JSON(object: [("type", entry["type"] ?? entry), ("probability", 0)])
    }
    #expect(try draw(never, shape, image) == image)
  }

  @Test(arguments: [Shape(channels: 1, height: 28, width: 28), Shape(channels: 3, height: 9, width: 9)])
  func quarterTurnsAreExact(shape: Shape) throws {
    let (image, size) = (noise(shape), shape.width)
    func turned(_ image: [UInt8]) -> [UInt8] {
      // Counterclockwise: the last column becomes the first row.
      (0..<image.count).map { place in
        let (channel, row, column) = (place / size / size, place / size % size, place % size)
        return image[(channel * size + column) * size + size - 1 - row]
      }
    }
    var expected = image
    for degrees in [90, 180] as [JSON] {
      expected = turned(expected)
      #expect(try draw([["type": "rotate", "degrees": [degrees, degrees]]], shape, image) == expected)
    }
    let back: JSON = ["type": "rotate", "degrees": [-90, -90]]
    #expect(try draw([back], shape, expected) == turned(image))
  }

  @Test func wholePixelsAreMovedAsTheyAre() throws {
    // An angle of 45 degrees moves each row by as many pixels as it is from the middle, here row 4.
    let shape = Shape(channels: 1, height: 9, width: 9)
    let image = noise(shape)
    let sheared = try draw([["type": "shear", "degrees": [45, 45]]], shape, image)
    for row in 0..<9 {
      let expected = (0..<9).map { image[row * 9 + min(max($0 + row - 4, 0), 8)] }
      #expect(Array(sheared[row * 9..<row * 9 + 9]) == expected, "row \(row)")
    }
    let halved = try draw([["type": "scale", "range": [0.5, 0.5]]], shape, image)
    for place in 0..<81 {
      func source(_ out: Int) -> Int { min(max(4 + 2 * (out - 4), 0), 8) }
      #expect(halved[place] == image[source(place / 9) * 9 + source(place % 9)])
    }
  }

  /// All that moves, against a loop in double precision that knows only what each change is.
  @Test(arguments: shapes) func movesAreThoseOfAPlainLoop(shape: Shape) throws {
    let entries: [JSON] = [
      ["type": "rotate", "degrees": 30], ["type": "shift", "range": [2, 3]], ["type": "scale", "range": 0.3],
      ["type": "shear", "degrees": 20],
    ]
    let image = noise(shape)
    for number in 0..<8 as Range<Int32> {
      let random = CounterRandom(seed: 3, purpose: .augmentation, stream: 1)
      func drawn(_ entry: UInt32, _ range: ClosedRange<Double>, at index: UInt64 = 1) -> Double {
        random.substream(UInt32(number), entry).uniform(in: range, at: index)
      }
      let angle = drawn(0, -30...30) * .pi / 180, slant = drawn(3, -20...20) * .pi / 180
      let down = drawn(1, -2...2), right = drawn(1, -3...3, at: 2), factor = drawn(2, 0.7...1.3)
      let (middleX, middleY) = (Double(shape.width - 1) / 2, Double(shape.height - 1) / 2)
      let result = try draw(entries, shape, image, number: number)
      var (sum, largest) = (0.0, 0.0)
      for place in 0..<shape.count {
        var x = Double(place % shape.width) - middleX
        var y = Double(place / shape.width % shape.height) - middleY
        // Back from the last change to the first.
        x += tan(slant) * y
        (x, y) = (x / factor - right, y / factor - down)
        (x, y) = (cos(angle) * x - sin(angle) * y, sin(angle) * x + cos(angle) * y)
        let expected = referenceSample(
          image, shape, channel: place / shape.width / shape.height, x: x + middleX, y: y + middleY)
        let error = Double(result[place]) - expected
        sum += error
        largest = max(largest, abs(error))
      }
      // Weights are rounded to 1/256, shades to the nearest byte.
      #expect(largest < 2 && abs(sum) < 4 + 0.1 * Double(shape.count), "image \(number)")
    }
  }

  // MARK: Chance

  @Test func elasticDisplacementsHaveSimardsSize() throws {
    // On a ramp of 4 shades a pixel, the shade says where a pixel was read from.
    let shape = Shape(channels: 1, height: 60, width: 60)
    let ramp = (0..<shape.count).map { UInt8(4 * ($0 % 60)) }
    for (alpha, sigma) in [(34.0, 4.0), (20, 3), (50, 6)] {
      var (sum, squares, steps, count) = (0.0, 0.0, 0.0, 0.0)
      for number in 0..<150 as Range<Int32> {
        let entry: JSON = ["type": "elastic", "alpha": JSON(alpha), "sigma": JSON(sigma)]
        let bent = try draw([entry], shape, ramp, number: number)
        for row in 0..<60 {
          for column in 15..<45 {
            let shift = Double(bent[row * 60 + column]) / 4 - Double(column)
            let next = Double(bent[row * 60 + column + 4]) / 4 - Double(column + 4)
            sum += shift
            squares += shift * shift
            steps += (next - shift) * (next - shift)
            count += 1
          }
        }
      }
      // A blur by a Gaussian leaves a variance of 1 / (12 π sigma²) of white noise from -1 to 1; places d apart are
      // then correlated by exp(-d² / 4 sigma²).
      let expected = alpha / sigma / (12 * Double.pi).squareRoot()
      let deviation = (squares / count).squareRoot()
      #expect(abs(sum / count) < 0.15 * expected)
      #expect(abs(deviation / expected - 1) < 0.08, "\(deviation), not \(expected)")
      let smoothness = expected * (2 - 2 * exp(-4 / sigma / sigma)).squareRoot()
      #expect(abs((steps / count).squareRoot() / smoothness - 1) < 0.08, "not smooth as \(smoothness)")
    }
  }

  @Test func rangesAreFilledAndKept() throws {
    // Where the middle of a soft spot goes, tells the shift; how wide it is, the scale.
    let shape = Shape(channels: 1, height: 41, width: 41)
    let spot = (0..<shape.count).map { place -> UInt8 in
      let (x, y) = (Double(place % 41 - 20), Double(place / 41 - 20))
      return UInt8(max(0, 250 - 2.5 * (x * x + y * y)))
    }
    func moments(_ image: [UInt8]) -> (x: Double, y: Double, mass: Double) {
      var (mass, x, y) = (0.0, 0.0, 0.0)
      for (place, byte) in image.enumerated() {
        mass += Double(byte)
        x += Double(byte) * Double(place % 41 - 20)
        y += Double(byte) * Double(place / 41 - 20)
      }
      return (x / mass, y / mass, mass)
    }
    let whole = moments(spot).mass
    var (xs, ys, scales): ([Double], [Double], [Double]) = ([], [], [])
    for number in 0..<300 as Range<Int32> {
      let shifted = moments(try draw([["type": "shift", "range": [2, 5]]], shape, spot, number: number))
      xs.append(shifted.x)
      ys.append(shifted.y)
      let scaled = moments(try draw([["type": "scale", "range": [0.8, 1.5]]], shape, spot, number: number))
      scales.append((scaled.mass / whole).squareRoot())
    }
    for (values, range) in [(xs, -5.0...5.0), (ys, -2.0...2.0), (scales, 0.8...1.5)] {
      let width = range.upperBound - range.lowerBound
      let (least, most) = (values.min() ?? 0, values.max() ?? 0)
      #expect(least > range.lowerBound - 0.02 && least < range.lowerBound + 0.05 * width)
      #expect(most < range.upperBound + 0.02 && most > range.upperBound - 0.05 * width)
      let mean = values.reduce(0, +) / 300
      #expect(abs(mean - (range.lowerBound + range.upperBound) / 2) < 0.06 * width)
    }
  }

  @Test func noiseHasItsDeviation() throws {
    let shape = Shape(channels: 3, height: 33, width: 33)
    let gray = [UInt8](repeating: 128, count: shape.count)
    let differences = try draw([["type": "noise", "std": 0.1]], shape, gray).map { Double($0) - 128 }
    let count = Double(shape.count)
    let mean = differences.reduce(0, +) / count
    let deviation = (differences.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
    #expect(abs(mean) < 1.5 && abs(deviation - 25.5) < 0.8)
    // Each draw serves a byte in both halves: these must not be alike.
    let half = (shape.count + 1) / 2
    let product = (0..<half - 1).reduce(0) { $0 + differences[$1] * differences[half + $1] } / Double(half)
    #expect(abs(product) < 0.06 * 25.5 * 25.5)
    #expect(Set(try draw([["type": "noise", "std": 1]], shape, gray)).isSuperset(of: [0, 255]))
  }

  /// However wide the lanes are, they draw what the plain generator draws.
  @Test(arguments: shapes) func noiseIsThatOfAPlainLoop(shape: Shape) throws {
    let image = noise(shape)
    let random = CounterRandom(seed: 3, purpose: .augmentation, stream: 1).substream(0, 0)
    let half = (shape.count + 1) / 2
    let expected = image.indices.map { place -> UInt8 in
      let bits = random.bits(at: UInt64(place % half) + 1) >> (place < half ? 0 : 32)
      let sum = (0..<4).reduce(0) { $0 + Int(bits >> (8 * $1) & 255) }
      let shade = Float(image[place]) + Float(sum - 510) * Float(0.1 * 255 / (65_535.0 / 3).squareRoot())
      return UInt8(min(max(shade, 0), 255) + 0.5)
    }
    #expect(try draw([["type": "noise", "std": 0.1]], shape, image) == expected)
  }

  @Test func erasedRectanglesAreAsLargeAsAsked() throws {
    let shape = Shape(channels: 2, height: 40, width: 30)
    let white = [UInt8](repeating: 255, count: shape.count)
    let entry: JSON = [
      "type": "erase", "size": [0.1, 0.3], "ratio": [0.5, 2], "value": 0.2, "probability": 0.25,
    ]
    var areas: [Double] = []
    for number in 0..<400 as Range<Int32> {
      let erased = try draw([entry], shape, white, number: number)
      let inside = erased.indices.filter { erased[$0] == 51 }
      guard !inside.isEmpty else {
        #expect(erased == white)
        continue
      }
      let rows = Set(inside.map { $0 / 30 % 40 }), columns = Set(inside.map { $0 % 30 })
      // A full rectangle, the same one in every channel.
      #expect(inside.count == 2 * rows.count * columns.count && inside.count == erased.count { $0 != 255 })
      #expect((0.45...2.2).contains(Double(rows.count) / Double(columns.count)))
      areas.append(Double(inside.count) / Double(shape.count))
    }
    #expect((75...125).contains(areas.count))
    #expect((areas.min() ?? 0) > 0.09 && (areas.min() ?? 1) < 0.13)
    #expect((areas.max() ?? 1) < 0.32 && (areas.max() ?? 0) > 0.27)
  }

  @Test func everyImageAndEpochDrawsItsOwn() throws {
    let shape = Shape(channels: 1, height: 28, width: 28)
    let image = noise(shape)
    var seen: Set<[UInt8]> = []
    for number in 0..<5 as Range<Int32> {
      for epoch in 1...5 as ClosedRange<UInt64> {
        let version = try draw(Self.everything, shape, image, number: number, epoch: epoch)
        #expect(try draw(Self.everything, shape, image, number: number, epoch: epoch) == version)
        seen.insert(version)
      }
    }
    #expect(seen.count == 25)
    // Entries of one kind draw apart: two halves of a shift are no whole one.
    let once: JSON = ["type": "shift", "range": 3], twice: JSON = ["type": "shift", "range": 1.5]
    #expect(try draw([once], shape, image) != draw([twice, twice], shape, image))
  }

  // MARK: In a network

  /// What a network reads are the versions `draw` makes, whatever the batch and the number of threads.
  @Test(arguments: [1, 2, 3, 4]) func networksReadTheVersionsDrawn(threads: Int) throws {
    let layers: [JSON] = ["flatten", ["type": "dense", "name": "fc", "units": 10]].map {
      $0.string.map { ["type": JSON($0)] } ?? $0
    }
    let model = try makeModel([1, 12, 12], layers)
    let augmentation = try readAugmentation(Self.everything)
    let network = try Network(
      model: model, parameters: model.initialParameters(seed: 5), batchSize: 40,
      training: true, threadPool: ThreadPool(threads: threads), augmentation: augmentation)
    let images = TestImages(noise: 60, size: 144)
    let random = CounterRandom(seed: 9, purpose: .augmentation, stream: 2)
    let indices = (0..<37).map { Int32(($0 * 23 + 11) % 60) }
    let scale = PixelNormalization(channels: 1, scale: 255, mean: [], std: [])
    network.load(
      pixels: images.pixels, labels: images.labels, indices: indices[...], normalization: scale,
      augmentation: random)
    let result = network.forward()
    let outputs = network.outputs(images: 37)

    let drawn = TestImages(
      pixels: try indices.flatMap { index in
        let image = images.pixels[Int(index) * 144..<Int(index + 1) * 144]
        return try augmentation.augment(image, model.input, number: index, random)
      }, labels: indices.map { images.labels[Int($0)] })
    drawn.load(0..<37, into: network)
    #expect(network.forward().lossSum == result.lossSum)
    #expect(network.outputs(images: 37) == outputs)

    network.load(pixels: images.pixels, labels: images.labels, indices: indices[...], normalization: scale)
    _ = network.forward()
    #expect(network.outputs(images: 37) != outputs)
  }
}

/// The shade between four pixels, the edge's beyond it.
private func referenceSample(_ image: [UInt8], _ shape: Shape, channel: Int, x: Double, y: Double) -> Double {
  func pixel(_ row: Int, _ column: Int) -> Double {
    let (row, column) = (min(max(row, 0), shape.height - 1), min(max(column, 0), shape.width - 1))
    return Double(image[(channel * shape.height + row) * shape.width + column])
  }
  let (left, top) = (x.rounded(.down), y.rounded(.down))
  let (column, row) = (Int(left), Int(top))
  let upper = pixel(row, column) * (1 - x + left) + pixel(row, column + 1) * (x - left)
  let lower = pixel(row + 1, column) * (1 - x + left) + pixel(row + 1, column + 1) * (x - left)
  return upper * (1 - y + top) + lower * (y - top)
}
