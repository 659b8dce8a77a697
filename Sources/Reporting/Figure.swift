import SVGCharts

/// An image of a report, which is also written to files of its own.
public struct Figure: Sendable {
  /// The name of its files without extension.
  public let name: String
  /// The image.
  public let drawing: Drawing
}
