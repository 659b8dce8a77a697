/// Writes RGB pictures in the binary PPM format (`P6`); PNM reads them.
public enum PPM {
  /// A PPM file of an RGB image in planes, [3, H, W].
  public static func encode(planes: some Collection<UInt8>, width: Int, height: Int) -> [UInt8] {
    let planes = Array(planes)
    let count = width * height
    precondition(planes.count == 3 * count, "three planes of \(width)x\(height)")
    let pixels = (0..<count).flatMap { [planes[$0], planes[count + $0], planes[2 * count + $0]] }
    return Array("P6\n\(width) \(height)\n255\n".utf8) + pixels
  }
}
