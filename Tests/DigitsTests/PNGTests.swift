import Digits
import Testing

struct PNGTests {
  @Test("A PNG file begins with its signature and says its size, depth and colour", arguments: [1, 3])
  func header(channels: Int) {
    let shape = ImageShape(channels: channels, height: 2, width: 300)
    let file = PNG.encode(Images(pixels: (0..<shape.size).map { UInt8($0 % 256) }, shape: shape))
    #expect(FileSignature(file) == .png)
    // Width, height, bits, colour type (0 gray, 2 RGB) of the IHDR chunk, PNG specification 11.2.2.
    #expect(Array(file[16..<26]) == [0, 0, 1, 44, 0, 0, 0, 2, 8, channels == 1 ? 0 : 2])
  }
}
