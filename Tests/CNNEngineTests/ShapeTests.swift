import CNNEngine
import Testing

@Suite struct ShapeTests {
  @Test func mapsAndFeatures() {
    let map = Shape(channels: 6, height: 24, width: 20)
    #expect(map == Shape([6, 24, 20]))
    #expect((map.channels, map.height, map.width, map.count) == (6, 24, 20, 2880))
    #expect(!map.isFlat)
    #expect("\(map)" == "6x24x20")
    let flat = Shape([256])
    #expect((flat.channels, flat.height, flat.width, flat.count) == (256, 1, 1, 256))
    #expect(flat.isFlat)
    #expect("\(flat)" == "256")
    let two = Shape([6, 4])
    #expect((two.channels, two.height, two.width, two.count) == (6, 1, 4, 24))
    #expect(!two.isFlat)
  }
}
