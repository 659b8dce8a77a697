/// A format for writing pictures, chosen by the extension of the file.
public enum PictureFormat: String, CaseIterable, Sendable {
  case png, pgm, ppm

  /// The format of the extension of `path`; nil for any other.
  public init?(path: String) {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return nil }
    self.init(rawValue: name[name.index(after: dot)...].lowercased())
  }

  /// Whether the format supports `channels`: PGM is gray only.
  public func supports(channels: Int) -> Bool { self != .pgm || channels == 1 }

  /// The first of `images`, gray or RGB, as the bytes of a file.
  public func encode(_ images: Images) -> [UInt8] {
    let shape = images.shape
    precondition(supports(channels: shape.channels), "PGM is gray only")
    switch self {
    case .png: return PNG.encode(images)
    case .pgm: return PGM(width: shape.width, height: shape.height, pixels: Array(images[0])).encoded()
    case .ppm:
      let planes = shape.channels == 3 ? [images[0]] : Array(repeating: images[0], count: 3)
      return PPM.encode(planes: planes.joined(), width: shape.width, height: shape.height)
    }
  }
}
