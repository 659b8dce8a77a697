import Formatting
import ImageFiles

/// What `cnn show DATA` says of a data set: counts, the mean and spread of its pixels, duplicates, and what looks odd.
public struct DatasetStatistics: Sendable {
  /// The images of a part by class.
  public struct Part: Equatable, Sendable {
    /// `training`, `validation` or `test`.
    public let name: String
    /// The number of images.
    public let count: Int
    /// The number of images of each class.
    public let classCounts: [Int]
  }

  /// Images that are equal to another one, pixel by pixel.
  public struct Duplicates: Equatable, Sendable {
    /// The training images that are equal to an earlier one.
    public var withinTrain = 0
    /// The test images that are equal to a training image: the test overestimates the accuracy.
    public var betweenTrainAndTest = 0
    /// The images of both counts whose label is another one.
    public var withOtherLabel = 0

    /// No image is equal to another one.
    public init() {}
  }

  /// The parts that have images.
  public let parts: [Part]
  /// The mean of each channel of the training images, scaled to 0...1; of the test images if there are no others.
  public let channelMeans: [Double]
  /// The standard deviation of each channel, scaled to 0...1.
  public let channelDeviations: [Double]
  /// The largest value of a pixel.
  public let brightest: UInt8
  /// The images that are equal to another one.
  public let duplicates: Duplicates
  /// The share of images whose ink is wider than high; nil for RGB.
  public let widerShare: Double?
  /// The share of images whose border is bright; nil for RGB.
  public let brightBorderShare: Double?

  /// Whether rows and columns may be exchanged: ink is wider than high in over 70 % (MNIST 10 %, Fashion-MNIST 35 %).
  public var looksTransposed: Bool { widerShare.map { $0 > 0.7 } ?? false }
  /// Whether the images may be dark on bright, unlike MNIST.
  public var looksInverted: Bool { brightBorderShare.map { $0 > 0.7 } ?? false }

  /// Sentences about what looks odd.
  public var hints: [String] {
    var hints: [String] = []
    if looksTransposed, let widerShare {
      hints.append(
        "the images look transposed: ink is wider than high in \((100 * widerShare).fixed(0)) % of them")
    }
    if looksInverted {
      hints.append("the images are dark on bright; a network that was trained on MNIST reads bright on black")
    }
    if brightest < 128 {
      hints.append("the images are dark: the brightest pixel is \(brightest) of 255")
    }
    if duplicates.betweenTrainAndTest > 0 {
      hints.append(
        "\(duplicates.betweenTrainAndTest.pluralized("test image")) also in the training set: the test accuracy is too high"
      )
    }
    if duplicates.withOtherLabel > 0 {
      hints.append("\(duplicates.withOtherLabel.pluralized("duplicate")) with another label")
    }
    return hints
  }

  /// Computes the statistics of `dataset`; it reads every pixel.
  public init(_ dataset: Dataset) {
    let validationIsTest = dataset.validation?.indices == dataset.test.indices
    let all = [
      ("training", dataset.train), ("validation", dataset.validation),
      ("test", validationIsTest ? nil : dataset.test),
    ]
    parts = all.compactMap { name, subset in
      guard let subset, subset.count > 0 else { return nil }
      return Part(
        name: name, count: subset.count, classCounts: subset.classCounts(dataset.classNames.count))
    }
    let sample = dataset.train.count > 0 ? dataset.train : dataset.test
    let histograms = sample.channelHistograms()
    channelMeans = histograms.map(\.mean)
    channelDeviations = histograms.map(\.deviation)
    brightest = UInt8(clamping: histograms.compactMap { $0.counts.lastIndex { $0 > 0 } }.max() ?? 0)
    duplicates = Duplicates(dataset)
    let ink = sample.shape.channels == 1 ? InkShape(sample) : nil
    (widerShare, brightBorderShare) = (ink?.widerShare, ink?.brightBorderShare)
  }
}

/// How often each value occurs in a channel.
private struct ChannelHistogram {
  var counts = [Int](repeating: 0, count: 256)

  private var total: Double { Double(max(1, counts.reduce(0, +))) }

  /// The mean, scaled to 0...1.
  var mean: Double { counts.enumerated().reduce(0) { $0 + Double($1.offset * $1.element) } / total / 255 }

  /// The standard deviation, scaled to 0...1.
  var deviation: Double {
    let mean = mean * 255
    let sum = counts.enumerated().reduce(0.0) { sum, value in
      sum + Double(value.element) * (Double(value.offset) - mean) * (Double(value.offset) - mean)
    }
    return (sum / total).squareRoot() / 255
  }
}

extension Subset {
  /// A histogram of each channel.
  fileprivate func channelHistograms() -> [ChannelHistogram] {
    var histograms = [ChannelHistogram](repeating: ChannelHistogram(), count: shape.channels)
    let plane = shape.height * shape.width
    images.pixels.withUnsafeBufferPointer { pixels in
      for channel in histograms.indices {
        var counts = histograms[channel].counts
        for index in indices {
          let start = Int(index) * shape.size + channel * plane
          for pixel in start..<start + plane { counts[Int(pixels[pixel])] += 1 }
        }
        histograms[channel].counts = counts
      }
    }
    return histograms
  }
}

extension DatasetStatistics.Duplicates {
  /// Finds the equal images of a data set.
  fileprivate init(_ dataset: Dataset) {
    let (size, labels) = (dataset.pool.shape.size, dataset.pool.labels)
    var (known, counts) = ([Int: Int32](), DatasetStatistics.Duplicates())
    dataset.pool.pixels.withUnsafeBytes { pixels in
      func image(_ index: Int32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: pixels[Int(index) * size..<(Int(index) + 1) * size])
      }
      /// An earlier training image that is equal to image `index`.
      func twin(_ index: Int32) -> (hash: Int, twin: Int32?) {
        var hasher = Hasher()
        hasher.combine(bytes: image(index))
        let hash = hasher.finalize()
        return (hash, known[hash].flatMap { image($0).elementsEqual(image(index)) ? $0 : nil })
      }
      for index in dataset.train.indices {
        let (hash, twin) = twin(index)
        guard let twin else {
          known[hash] = index
          continue
        }
        counts.withinTrain += 1
        if labels[Int(twin)] != labels[Int(index)] { counts.withOtherLabel += 1 }
      }
      for index in dataset.test.indices {
        guard let twin = twin(index).twin else { continue }
        counts.betweenTrainAndTest += 1
        if labels[Int(twin)] != labels[Int(index)] { counts.withOtherLabel += 1 }
      }
    }
    self = counts
  }
}
