import SVGCharts
import Testing

struct MarkerTests {
  @Test("Styles of the same colour have different markers")
  func styles() {
    let looks = (0..<26).map { style in
      "\(style % Theme.seriesCount) \(Marker(style: style).element(at: (0, 0)).attributes.dropFirst())"
    }
    #expect(Set(looks).count == 26)
  }
}
