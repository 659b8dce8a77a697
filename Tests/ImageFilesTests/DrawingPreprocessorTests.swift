import ImageFiles
import Testing
import TestSupport

/// Drawings: white ink on black.
struct DrawingPreprocessorTests {
  private func prepare(_ drawing: Images, height: Int = 28, width: Int = 28, channels: Int = 1) throws
    -> [UInt8]
  {
    let shape = ImageShape(channels: channels, height: height, width: width)
    return try DigitPreprocessor(for: shape, source: .drawing).prepare(drawing, name: "f").pixels
  }

  /// A black picture with white rectangles [left, top, width, height].
  private func drawing(_ width: Int, _ height: Int, _ rectangles: [[Int]], ink: UInt8 = 255) -> Images {
    var pixels = [UInt8](repeating: 0, count: width * height)
    for rectangle in rectangles {
      for row in rectangle[1]..<rectangle[1] + rectangle[3] {
        for column in rectangle[0]..<rectangle[0] + rectangle[2] { pixels[row * width + column] = ink }
      }
    }
    return Images(pixels: pixels, shape: ImageShape(height: height, width: width))
  }

  @Test(arguments: [(200, 100), (20, 10), (7, 3), (280, 140)])
  func theLongerSideBecomesTwentyPixels(height: Int, width: Int) throws {
    let digit = try prepare(drawing(300, 290, [[3, 5, width, height]]))
    let inked = digit.indices.filter { digit[$0] > 0 }
    let rows = Set(inked.map { $0 / 28 }), columns = Set(inked.map { $0 % 28 })
    #expect(rows == Set(4...23))
    #expect(abs(columns.count - 20 * width / height) <= 1)
  }

  @Test func theCentreOfMassIsInTheMiddle() throws {
    // A heavy foot on the right: the box moves left and up until the centre of mass is at pixel 14, to half a pixel.
    let digit = try prepare(drawing(100, 100, [[0, 0, 10, 100], [40, 70, 60, 30]]))
    let mass = digit.reduce(0) { $0 + Double($1) }
    let row = digit.enumerated().reduce(0) { $0 + Double($1.offset / 28) * Double($1.element) } / mass
    let column = digit.enumerated().reduce(0) { $0 + Double($1.offset % 28) * Double($1.element) } / mass
    #expect(abs(row - 14) <= 0.5 && abs(column - 14) <= 0.5)
  }

  @Test func thePositionDoesNotMatter() throws {
    #expect(
      try prepare(drawing(280, 280, [[0, 0, 30, 90], [30, 60, 40, 30]]))
        == prepare(drawing(280, 280, [[210, 190, 30, 90], [240, 250, 40, 30]])))
  }

  @Test func aCentredDigitIsUnchanged() throws {
    let square = drawing(28, 28, [[4, 4, 20, 20]])
    #expect(try prepare(square) == square.pixels)
  }

  @Test(arguments: [(0, 0), (31, 200)] as [(UInt8, Int)])
  func withoutInkThereIsNoDigit(ink: UInt8, size: Int) {
    let blank = drawing(280, 280, [[10, 10, size, size]], ink: ink)
    #expect(message { _ = try prepare(blank) } == "f: nothing is drawn")
  }

  @Test(arguments: [(1, 1), (2, 3), (5, 28), (32, 32), (56, 40)])
  func otherSizesAreInProportion(height: Int, width: Int) throws {
    let digit = try prepare(drawing(90, 50, [[10, 5, 33, 40]]), height: height, width: width)
    #expect(digit.count == height * width)
    #expect(digit.contains(255))
  }

  @Test func colourNetworksReadEqualChannels() throws {
    let square = drawing(28, 28, [[4, 4, 20, 20]])
    #expect(try prepare(square, channels: 3) == square.pixels + square.pixels + square.pixels)
  }

  @Test(arguments: [[0, 0, 1, 1], [5, 0, 1, 50], [0, 7, 50, 1], [0, 0, 50, 50], [49, 49, 1, 1]])
  func everyShapeFits(rectangle: [Int]) throws {
    #expect(try prepare(drawing(50, 50, [rectangle])).contains(255))
  }
}
