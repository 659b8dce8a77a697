import ImageFiles
import Testing

@Suite struct PPMTests {
  @Test func interleavesThePlanes() {
    let file = PPM.encode(planes: [1, 2, 3, 4, 5, 6], width: 2, height: 1)
    #expect(file == Array("P6\n2 1\n255\n".utf8) + [1, 3, 5, 2, 4, 6])
  }
}
