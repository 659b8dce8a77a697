/// A format pictures are written in, told by the end of a file's name.
public enum PictureFormat: String, CaseIterable, Sendable {
  case png, pgm, ppm

  /// The format `path` asks for; nil if its name ends otherwise.
  public init?(path: String) {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return nil }
    self.init(rawValue: name[name.index(after: dot)...].lowercased())
  }

  /// Whether it can hold pictures of `channels`: PGM knows no colours.
  public func holds(channels: Int) -> Bool { self != .pgm || channels == 1 }

  /// The first of `images`, gray or RGB, as a file.
  public func encode(_ images: Images) -> [UInt8] {
    let shape = images.shape
    precondition(holds(channels: shape.channels), "no colours in PGM")
    switch self {
    case .png: return PNG.encode(images)
    case .pgm: return PGM(width: shape.width, height: shape.height, pixels: Array(images[0])).encoded()
    case .ppm:
      let planes = shape.channels == 3 ? [images[0]] : Array(repeating: images[0], count: 3)
      return PPM.encode(planes: planes.joined(), width: shape.width, height: shape.height)
    }
  }
}
