import FileIO
import Formatting
import ImageFiles
import Randomness

extension Dataset {
  /// The data set of what a reader found: its classes are decided, its images divided and put into the pool's order.
  init(_ raw: RawDataset, _ options: DatasetOptions, path: String) throws(DataError) {
    var raw = raw
    if raw.labels.count == 0 { throw .unsuitable(path: path, reason: "no images") }
    let known = raw.known ?? raw.recognized(path: path)
    if raw.labelNames.isEmpty, let known { raw.labelNames = known.labelNames }
    let classes = try ClassAssignment(raw, options)
    let division = PoolDivision(raw.parts, labels: classes.labels, classes: classes.names.count, options)
    let (shape, pictures, sizes, notices) = (raw.shape, raw.pictures, raw.pictureSizes, raw.notices)
    var pixels: [UInt8] = []
    swap(&pixels, &raw.pixels)
    division.arrange(&pixels, size: shape.size)
    let pool = LabeledImages(
      images: Images(pixels: pixels, shape: shape), labels: division.order.map { classes.labels[Int($0)] })
    let fileName = isFile(path) ? lastComponent(of: path).split(separator: ".").first.map(String.init) : nil
    var dataset = Dataset(
      name: known?.rawValue ?? options.name ?? fileName ?? lastComponent(of: path), pool: pool,
      counts: division.counts,
      classNames: classes.names, notices: notices + classes.notices + division.notices,
      pictures: options.pictures ?? pictures, sourcePath: absolutePath(path), pictureSizes: sizes)
    dataset.addNotices(dataset.oddities)
    self = dataset
  }

  /// What is odd about the classes.
  private var oddities: [String] {
    var notices: [String] = []
    let parts = [("training", train), ("test", test), ("validation", validation)]
    let counts = parts.map { ($0.0, $0.1?.count ?? 0, $0.1?.classCounts(classNames.count) ?? []) }
    let used = classNames.indices.filter { index in counts.contains { $0.1 > 0 && $0.2[index] > 0 } }
    if used.count == 1, let only = used.first {
      notices.append("all images are of one class, \(ClassAssignment.list([classNames[only]]))")
    }
    for (name, count, classCounts) in counts where count > 0 {
      let missing = used.filter { classCounts[$0] == 0 }.map { classNames[$0] }
      if !missing.isEmpty {
        notices.append("no \(name) images of \(ClassAssignment.list(missing))")
      }
    }
    return notices
  }
}

extension RawDataset {
  /// The known set that this is by its labels, or else by the names in its path.
  fileprivate func recognized(path: String) -> KnownDataset? {
    guard let values = labels.asNumbers else { return nil }
    var start = 0
    for part in parts {
      if let known = KnownDataset(labels: values[start..<start + part.count]) { return known }
      start += part.count
    }
    return KnownDataset(path: path, shape: shape, highest: Int(values.max() ?? 0))
  }
}

extension RawDataset.Labels {
  /// The labels as numbers; nil if one is another name.
  fileprivate var asNumbers: [UInt16]? {
    switch self {
    case .numbers(let values): return values
    case .names(let indices, let names):
      let values = names.compactMap(ClassAssignment.wholeNumber)
      return values.count == names.count ? indices.map { UInt16(values[Int($0)]) } : nil
    }
  }
}

extension Subset {
  /// The number of images of each of `classes` classes.
  package func classCounts(_ classes: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: classes)
    for index in indices { counts[Int(images.labels[Int(index)])] += 1 }
    return counts
  }
}

/// Which images are the training, the test and the validation set.
struct PoolDivision {
  /// The images in the order of the pool, by their index in the source.
  let order: [Int32]
  /// The numbers of training, test and validation images.
  let counts: (train: Int, test: Int, validation: Int)
  private(set) var notices: [String] = []

  /// Divides the images of `parts`, whose classes are `labels`.
  init(_ parts: [RawDataset.Part], labels: [UInt16], classes: Int, _ options: DatasetOptions) {
    var images: [RawDataset.Role: [Int32]] = [:]
    var start: Int32 = 0
    for part in parts {
      images[part.role, default: []] += start..<start + Int32(part.count)
      start += Int32(part.count)
    }
    func has(_ role: RawDataset.Role) -> Bool { images[role] != nil }
    let isDivided = has(.test) || has(.validation)
    // A training set without another one is divided like images that no one divided.
    if !has(.undivided), !isDivided { images[.undivided] = images.removeValue(forKey: .train) }
    if let undivided = images.removeValue(forKey: .undivided) {
      switch options.undivided {
      case _ where isDivided, .training: images[.train, default: []] += undivided
      case .test: images[.test] = undivided
      case .fifthIsTest:
        let isTest = Self.fifth(of: undivided, labels, classes)
        images[.train, default: []] += zip(undivided, isTest).filter { !$1 }.map(\.0)
        images[.test] = zip(undivided, isTest).filter { $1 }.map(\.0)
        let count = images[.test]?.count ?? 0
        notices.append(
          count == 0
            ? "the source has no test set, and too few images for a fifth of each class"
            : "the source has no test set: a fifth of each class, \(count.pluralized("image")), is the test set"
        )
      }
    }
    if has(.validation), !has(.test) {
      notices.append("the source has no test set: its validation set is also the test set")
    }
    counts = (images[.train]?.count ?? 0, images[.test]?.count ?? 0, images[.validation]?.count ?? 0)
    order = (images[.train] ?? []) + (images[.test] ?? []) + (images[.validation] ?? [])
  }

  /// Whether each of `images` is among the random fifth, rounded, of its class; always the same.
  private static func fifth(of images: [Int32], _ labels: [UInt16], _ classes: Int) -> [Bool] {
    var positions = [[Int]](repeating: [], count: classes)
    for (position, image) in images.enumerated() { positions[Int(labels[Int(image)])].append(position) }
    var isTest = [Bool](repeating: false, count: images.count)
    for (label, positions) in positions.enumerated() {
      let random = CounterRandom(seed: 0, purpose: .resplit, stream: UInt64(label))
      let count = (2 * positions.count + 5) / 10
      for chosen in random.permutation(positions.count)[..<count] { isTest[positions[Int(chosen)]] = true }
    }
    return isTest
  }

  /// Puts the images of `pixels`, of `size` bytes each, into this order, in place.
  func arrange(_ pixels: inout [UInt8], size: Int) {
    if order.indices.allSatisfy({ order[$0] == $0 }) { return }
    var isPlaced = [Bool](repeating: false, count: order.count)
    var first = [UInt8](repeating: 0, count: size)
    pixels.withUnsafeMutableBytes { pixels in
      func image(_ index: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: pixels[index * size..<(index + 1) * size])
      }
      for start in order.indices where !isPlaced[start] {
        first.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(image(start))) }
        var place = start
        while true {
          isPlaced[place] = true
          let source = Int(order[place])
          if source == start { break }
          image(place).copyMemory(from: UnsafeRawBufferPointer(image(source)))
          place = source
        }
        first.withUnsafeBytes { image(place).copyMemory(from: $0) }
      }
    }
  }
}
