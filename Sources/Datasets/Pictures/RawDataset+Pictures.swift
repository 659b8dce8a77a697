import FileIO
import Formatting
import ImageFiles

extension RawDataset {
  /// Reads the pictures of `tree`, scaled to the shape of the options, or to their own if they all have one.
  ///
  /// Throws `unsuitable` with the first files and their number if some cannot be read, unless they are to be skipped, and
  /// if there are no pictures.
  init(_ tree: PictureTree, in folder: String, _ options: DatasetOptions) throws(DataError) {
    let sampled = options.shape == nil ? SampledShape(tree.files) : nil
    let unreachable = tree.unreadable.map { "\($0.path.shown(from: folder).oneLine): \($0.reason)" }
    guard let shape = options.shape ?? sampled?.shape else {
      let reasons = unreachable.isEmpty ? "" : ": " + Self.list(unreachable, of: unreachable.count)
      throw .unsuitable(path: folder, reason: "no pictures can be read in this folder\(reasons)")
    }
    guard shape.channels == 1 || shape.channels == 3 else {
      throw .unsatisfiable(reason: "pictures have 1 or 3 channels, not the \(shape.channels) of \(shape)")
    }
    let (size, overflow) = shape.size.multipliedReportingOverflow(by: tree.files.count)
    guard !overflow, size <= ByteSource.byteLimit else {
      throw .unsatisfiable(
        reason: "\(tree.files.count.pluralized("picture")) of \(shape) take more than the limit of 4 GiB; "
          + "scale them to less")
    }
    let preparation = options.pictures ?? .scale
    let reading = PictureReading(tree.files.map(\.path), shape: shape, preparation, options.progress)
    let failed = reading.results.indices.filter { reading.results[$0] == .failed }
    var notices: [String] = []
    if !failed.isEmpty || !unreachable.isEmpty {
      let count = failed.count + unreachable.count
      let reasons =
        unreachable + reading.reasons(of: failed.prefix(3).map { tree.files[$0].path }, in: folder)
      let list =
        "\(count.pluralized(unreachable.isEmpty ? "picture" : "file")) cannot be read: "
        + Self.list(reasons, of: count)
      guard options.skipsUnreadable else {
        throw .unsuitable(
          path: folder, reason: list + "; leave out what cannot be read with --set data.skip_unreadable=true")
      }
      notices.append("skipped: " + list)
    }
    let other = reading.results.indices.filter { reading.results[$0] == .noPicture }
    if !other.isEmpty {
      notices.append(
        "\(other.count.pluralized("file")) that \(other.count == 1 ? "is no picture is" : "are no pictures are") "
          + "left out: "
          + ClassAssignment.list(other.prefix(12).map { lastComponent(of: tree.files[$0].path) }))
    }
    if let sampled, !sampled.isUniform {
      notices.append("the pictures are of several sizes; all are scaled to \(shape)")
    }
    let kept = reading.results.indices.filter { reading.results[$0] == .read }
    guard !kept.isEmpty else { throw .unsuitable(path: folder, reason: "no pictures in this folder") }
    self.init(
      pixels: reading.pixels(at: kept), shape: shape,
      parts: Self.parts(tree.parts, keeping: kept),
      labels: .names(kept.map { UInt16(tree.files[$0].classIndex) }, names: tree.classes),
      pictures: options.pictures, pictureSizes: PictureSizes(reading.sizes), notices: notices)
  }

  /// The first reasons, and how many more there are.
  private static func list(_ reasons: [String], of count: Int) -> String {
    reasons.prefix(3).joined(separator: "; ") + (count > 3 ? "; and \((count - 3).grouped) more" : "")
  }

  /// The parts with the number of files of each among `kept`.
  private static func parts(_ parts: [Part], keeping kept: [Int]) -> [Part] {
    var (start, next) = (0, 0)
    return parts.compactMap { part in
      start += part.count
      let first = next
      while next < kept.count, kept[next] < start { next += 1 }
      guard next > first else { return nil }
      var part = part
      part.count = next - first
      return part
    }
  }
}

/// The shape of pictures when no network asks for one: their own if a sample of them has one, else 64x64.
private struct SampledShape {
  let shape: ImageShape
  let isUniform: Bool

  /// Pictures of different sizes are scaled to a square of this side.
  private static let side = 64
  private static let sampleCount = 16

  /// Decodes some of `files`; nil if none can be read.
  init?(_ files: [PictureTree.File]) {
    var shapes: Set<ImageShape> = []
    let step = max(1, files.count / Self.sampleCount)
    for index in stride(from: 0, to: files.count, by: step) {
      if case .picture(let picture) = PictureReading.decode(files[index].path) {
        shapes.insert(picture.shape)
      }
    }
    guard let first = shapes.first else { return nil }
    let channels = shapes.contains { $0.channels == 3 } ? 3 : 1
    isUniform = shapes.allSatisfy { ($0.width, $0.height) == (first.width, first.height) }
    shape =
      isUniform
      ? ImageShape(channels: channels, height: first.height, width: first.width)
      : ImageShape(channels: channels, height: Self.side, width: Self.side)
  }
}
