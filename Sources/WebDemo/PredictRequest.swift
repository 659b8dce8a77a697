import ConfigDecoding
import ImageFiles
import JSONText

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A drawing as the page sends it: `{"width": 280, "height": 280, "pixels": "<base64>"}`, a byte per pixel.
package struct PredictRequest {
  /// White ink on black.
  package let drawing: PGM

  /// The widest and highest drawing.
  private static let sizes = Bounds<Int>.within(1...512)

  /// Reads the message; throws with every fault in it.
  package init(parsing bytes: [UInt8]) throws(ConfigError) {
    let json = try JSON(parsing: bytes, origin: "request", limits: JSON.Limits(depth: 4))
    let field = ConfigField<(width: Int, height: Int, pixels: [UInt8])>.object { decoder in
      let width = decoder.value("width", .integer(Self.sizes), "Columns.")
      let height = decoder.value("height", .integer(Self.sizes), "Rows.")
      let pixels = decoder.value("pixels", .base64, "A byte per pixel, row by row, 0 paper and 255 ink.")
      return (width, height, pixels)
    }
    let (width, height, pixels) = try field.read(json).value
    guard pixels.count == width * height else {
      let location = json["pixels"]?.location ?? json.location
      let message = "\(pixels.count) bytes for \(width)x\(height) pixels"
      throw ConfigError([ConfigIssue(location: location, path: "pixels", message: message)])
    }
    drawing = PGM(width: width, height: height, pixels: pixels)
  }
}

extension ConfigField where Value == [UInt8] {
  /// Bytes as base64 (RFC 4648), nothing else in between.
  fileprivate static var base64: ConfigField {
    ConfigField("bytes in base64", schema: ["type": "string", "contentEncoding": "base64"], placeholder: []) {
      $0.string.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }
    }
  }
}
