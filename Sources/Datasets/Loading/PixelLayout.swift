import Formatting
import ImageFiles

/// The order of the values of an image in a file.
enum PixelLayout: Equatable, Sendable {
  /// [C, H, W].
  case planes
  /// [H, W, C].
  case interleaved

  /// The shape of flat images of `length` values: `preferred` if it has as many, a square in gray, or a square in RGB;
  /// nil for another length.
  static func shape(ofLength length: Int, preferred: ImageShape?) -> ImageShape? {
    if let preferred, preferred.size == length { return preferred }
    if let side = side(length) { return ImageShape(height: side, width: side) }
    if length % 3 == 0, let side = side(length / 3) {
      return ImageShape(channels: 3, height: side, width: side)
    }
    return nil
  }

  /// The side of a square of `count` pixels.
  private static func side(_ count: Int) -> Int? {
    let side = Int(clamping: Double(count).squareRoot().rounded())
    return side > 0 && side * side == count ? side : nil
  }

  /// The order in which the values of flat RGB images are: that in which rows differ less from the next ones, in the
  /// first hundred images.
  init(guessing pixels: ArraySlice<UInt8>, shape: ImageShape) {
    let (width, size) = (shape.width, shape.size)
    let sample = Array(pixels.prefix(100 * size))
    func difference(_ distance: Int) -> Int {
      var sum = 0
      for start in stride(from: 0, to: sample.count, by: size) {
        for index in start..<max(start, start + size - 3 * width) {
          sum += abs(Int(sample[index]) - Int(sample[index + distance]))
        }
      }
      return sum
    }
    self = difference(3 * width) < difference(width) ? .interleaved : .planes
  }

  /// Puts interleaved images of `shape` into planes, in place.
  static func makePlanes(_ pixels: inout [UInt8], from start: Int = 0, shape: ImageShape) {
    let (channels, plane, size) = (shape.channels, shape.height * shape.width, shape.size)
    if channels == 1 { return }
    var image = [UInt8](repeating: 0, count: size)
    pixels.withUnsafeMutableBufferPointer { pixels in
      for first in stride(from: start, to: pixels.count, by: size) {
        for pixel in 0..<plane {
          for channel in 0..<channels {
            image[channel * plane + pixel] = pixels[first + pixel * channels + channel]
          }
        }
        for index in 0..<size { pixels[first + index] = image[index] }
      }
    }
  }

  /// Exchanges rows and columns of all images of `shape`, in place.
  static func transpose(_ pixels: inout [UInt8], shape: ImageShape) {
    let (height, width, size) = (shape.height, shape.width, shape.size)
    var image = [UInt8](repeating: 0, count: size)
    pixels.withUnsafeMutableBytes { pixels in
      for start in stride(from: 0, to: pixels.count, by: size) {
        for channel in stride(from: 0, to: size, by: height * width) {
          for row in 0..<height {
            for column in 0..<width {
              image[channel + column * height + row] = pixels[start + channel + row * width + column]
            }
          }
        }
        image.withUnsafeBytes {
          UnsafeMutableRawBufferPointer(rebasing: pixels[start..<start + size]).copyMemory(from: $0)
        }
      }
    }
  }
}
