import Datasets
import Testing

@Suite struct SyntheticDigitsTests {
  private let gray = SyntheticDigits(seed: 7)

  @Test func aDigitDependsOnSeedAndIndexAlone() {
    let (all, labels) = gray.images(0..<300)
    #expect(gray.images(0..<300).pixels == all)
    let (part, partLabels) = SyntheticDigits(seed: 7).images(130..<201)
    #expect(part == Array(all[(130 * 784)..<(201 * 784)]))
    #expect(partLabels == Array(labels[130..<201]))
    var one = [UInt8](repeating: 99, count: 784)
    one.withUnsafeMutableBufferPointer { gray.render(299, into: $0) }
    #expect(one == Array(all[(299 * 784)...]))
    #expect(labels[299] == gray.label(at: 299))
  }

  @Test func otherSeedsAndIndicesGiveOtherDigits() {
    let (pixels, labels) = gray.images(0..<200)
    let (others, otherLabels) = SyntheticDigits(seed: 8).images(0..<200)
    let (far, farLabels) = gray.images((1 << 32)..<(1 << 32) + 200)
    #expect(labels != otherLabels && labels != farLabels)
    let pictures = [pixels, others, far].flatMap { set in
      (0..<200).map { Array(set[($0 * 784)..<(($0 + 1) * 784)]) }
    }
    #expect(Set(pictures).count == 600)
  }

  @Test func labelsAreBalancedAndInRandomOrder() {
    let labels = (0..<5000).map { gray.label(at: $0) }
    for start in stride(from: 0, to: 5000, by: 10) {
      #expect(labels[start..<(start + 10)].sorted() == Array(0...9))
    }
    for position in 0..<10 {
      let zeros = stride(from: position, to: 5000, by: 10).count { labels[$0] == 0 }
      #expect((20...85).contains(zeros), "expected about 50 zeros at position \(position)")
    }
  }

  @Test func grayDigitsAreWhiteOnBlackAndCentred() {
    let (pixels, _) = gray.images(0..<1000)
    var middle = SIMD2<Double>()
    for n in 0..<1000 {
      let picture = pixels[(n * 784)..<((n + 1) * 784)].map { Double($0) / 255 }
      let mass = picture.reduce(0, +)
      #expect((14...330).contains(mass), "digit \(n) has the ink of \(mass) white pixels")
      let x = picture.indices.reduce(0) { $0 + picture[$1] * Double($1 % 28) } / mass
      let y = picture.indices.reduce(0) { $0 + picture[$1] * Double($1 / 28) } / mass
      #expect(abs(x - 14) < 2.5 && abs(y - 14) < 2.5, "digit \(n) is centred on \(x), \(y)")
      middle += SIMD2(x - 14, y - 14) / 1000
    }
    #expect(abs(middle.x) < 0.1 && abs(middle.y) < 0.1, "the pixel 14, 14 is the middle, not \(middle)")
    let edges = pixels.count { (1...254).contains($0) }
    #expect(edges * 20 > pixels.count, "edges are gray")
    #expect(pixels.max() == 255)
  }

  @Test func colourDigitsHaveThreeDifferentPlanes() {
    let digits = SyntheticDigits(seed: 7, channels: 3, size: 32)
    let (pixels, labels) = digits.images(0..<100)
    #expect(digits.byteCount == 3072 && pixels.count == 307_200 && labels.count == 100)
    #expect(labels == gray.images(0..<100).labels)
    let corners = (0..<100).map { n in (0..<3).map { pixels[n * 3072 + $0 * 1024] } }
    #expect(Set(corners).count > 95, "each image has its own background")
    #expect(corners.contains { $0[0] != $0[1] && $0[1] != $0[2] })
  }

  @Test(arguments: [8, 17, 64]) func otherSizesKeepTheirProportions(size: Int) {
    let pixels = SyntheticDigits(seed: 7, size: size).images(0..<50).pixels
    #expect(pixels.count == 50 * size * size)
    let share = pixels.reduce(0.0) { $0 + Double($1) / 255 } / Double(pixels.count)
    #expect((0.09...0.2).contains(share), "\(share) of the picture is ink")
  }

  @Test func anEmptyRangeIsEmpty() {
    let (pixels, labels) = gray.images(5..<5)
    #expect(pixels.isEmpty && labels.isEmpty)
  }

  @Test func digitsResembleTheMeanOfTheirClass() {
    let (pixels, labels) = gray.images(0..<3000)
    func picture(_ n: Int) -> [Float] { pixels[(n * 784)..<((n + 1) * 784)].map(Float.init) }
    var means = [[Float]](repeating: [Float](repeating: 0, count: 784), count: 10)
    for n in 0..<2500 {
      for (i, value) in picture(n).enumerated() { means[Int(labels[n])][i] += value / 250 }
    }
    let correct = (2500..<3000).count { n in
      let digit = picture(n)
      let distances = means.map { mean in zip(mean, digit).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
      return distances.firstIndex(of: distances.min() ?? 0) == Int(labels[n])
    }
    #expect((325...485).contains(correct), "the nearest class mean is correct for \(correct) of 500")
  }
}
