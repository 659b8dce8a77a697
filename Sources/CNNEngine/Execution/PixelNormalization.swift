/// How bytes become the network's input: one number for each channel and byte.
///
/// A table keeps each framework's own rounding: (byte / 255 - mean) / std is computed once for 256 values.
public struct PixelNormalization: Sendable {
  /// `[channel][256]`
  let table: [Float]
  let channels: Int

  /// (byte / `scale` - mean) / std for each channel; lists of one number serve all channels.
  public init(channels: Int, scale: Double, mean: [Double], std: [Double]) {
    self.channels = channels
    table = (0..<channels).flatMap { channel in
      let (mean, std) = (
        Float(mean.isEmpty ? 0 : mean[min(channel, mean.count - 1)]),
        Float(std.isEmpty ? 1 : std[min(channel, std.count - 1)])
      )
      return (0..<256).map { byte in (Float(byte) / Float(scale) - mean) / std }
    }
  }

  /// The input one image of bytes becomes, [C, H, W].
  package func values(of image: [UInt8]) -> [Float] {
    let plane = image.count / channels
    return image.enumerated().map { table[$0.offset / plane * 256 + Int($0.element)] }
  }
}
