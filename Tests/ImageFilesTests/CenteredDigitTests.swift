import CNNEngine
import ImageFiles
import Testing

struct CenteredDigitTests {
  /// A black picture with white rectangles [left, top, width, height].
  private func picture(_ width: Int, _ height: Int, _ rectangles: [[Int]], ink: UInt8 = 255) -> PGM {
    var pixels = [UInt8](repeating: 0, count: width * height)
    for rectangle in rectangles {
      for row in rectangle[1]..<rectangle[1] + rectangle[3] {
        for column in rectangle[0]..<rectangle[0] + rectangle[2] { pixels[row * width + column] = ink }
      }
    }
    return PGM(width: width, height: height, pixels: pixels)
  }

  /// The ink of a 28x28 digit, and where its first and last rows and columns lie.
  private func extent(_ digit: CenteredDigit) -> (rows: ClosedRange<Int>, columns: ClosedRange<Int>) {
    let inked = digit.pixels.indices.filter { digit.pixels[$0] > 0 }
    let (rows, columns) = (inked.map { $0 / 28 }, inked.map { $0 % 28 })
    return ((rows.min() ?? 0)...(rows.max() ?? 0), (columns.min() ?? 0)...(columns.max() ?? 0))
  }

  @Test(arguments: [(200, 100), (20, 10), (7, 3), (280, 140)])
  func theLongerSideBecomesTwentyPixels(height: Int, width: Int) throws {
    let digit = try #require(CenteredDigit(picture(300, 290, [[3, 5, width, height]])))
    let extent = extent(digit)
    #expect(extent.rows == 4...23)
    #expect(abs(extent.columns.count - 20 * width / height) <= 1)
  }

  @Test func anInkedPixelIsTheAverageOfTheAreaUnderIt() throws {
    // 40 pixels become 20: each is the mean of 2x2, two of which are white in every other column.
    let stripes = (0..<20).map { [2 * $0, 0, 1, 40] }
    let digit = try #require(CenteredDigit(picture(40, 40, stripes + [[39, 0, 1, 1]])))
    #expect(digit.pixels[14 * 28 + 10] == 128)
  }

  @Test func itsMassLiesInTheMiddle() throws {
    // A heavy foot on the right: the box moves left and up until the mass lies on pixel 14, to half a pixel.
    let digit = try #require(CenteredDigit(picture(100, 100, [[0, 0, 10, 100], [40, 70, 60, 30]])))
    let mass = digit.pixels.reduce(0) { $0 + Double($1) }
    let row = digit.pixels.enumerated().reduce(0) { $0 + Double($1.offset / 28) * Double($1.element) } / mass
    let column =
      digit.pixels.enumerated().reduce(0) { $0 + Double($1.offset % 28) * Double($1.element) } / mass
    #expect(abs(row - 14) <= 0.5 && abs(column - 14) <= 0.5)
  }

  @Test func whereItLiesInThePictureIsNoMatter() {
    let corner = CenteredDigit(picture(280, 280, [[0, 0, 30, 90], [30, 60, 40, 30]]))
    #expect(corner != nil)
    #expect(corner == CenteredDigit(picture(280, 280, [[210, 190, 30, 90], [240, 250, 40, 30]])))
  }

  @Test func aDigitThatIsThereAlreadyStaysAsItIs() throws {
    let square = picture(28, 28, [[4, 4, 20, 20]])
    #expect(CenteredDigit(square)?.pixels == square.pixels)
  }

  @Test(arguments: [(0, 0), (31, 200)] as [(UInt8, Int)])
  func withoutInkThereIsNoDigit(ink: UInt8, size: Int) {
    #expect(CenteredDigit(picture(280, 280, [[10, 10, size, size]], ink: ink)) == nil)
  }

  @Test(arguments: [(1, 1), (2, 3), (5, 28), (32, 32), (56, 40)])
  func otherSizesKeepTheProportions(height: Int, width: Int) throws {
    let digit = try #require(CenteredDigit(picture(90, 50, [[10, 5, 33, 40]]), height: height, width: width))
    #expect(digit.pixels.count == height * width)
    #expect(digit.pixels.contains { $0 > 0 })
  }

  @Test(arguments: [[0, 0, 1, 1], [5, 0, 1, 50], [0, 7, 50, 1], [0, 0, 50, 50], [49, 49, 1, 1]])
  func everyShapeFits(rectangle: [Int]) throws {
    let digit = try #require(CenteredDigit(picture(50, 50, [rectangle])))
    #expect(digit.pixels.contains(255))
  }
}
