import ConfigDecoding
import ImageFiles
import JSONText

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The body of `POST /predict`: `{"width": 280, "height": 280, "pixels": "<base64>"}`, a byte per pixel.
package struct PredictRequest {
  /// The drawing, white on black.
  package let drawing: PGM

  /// The allowed widths and heights.
  private static let sizes = Bounds<Int>.within(1...512)

  /// Parses the JSON body.
  ///
  /// - Throws: `ConfigError` with all its faults.
  package init(parsing bytes: [UInt8]) throws(ConfigError) {
    // The server has limited the size; few values also limit the time.
    let limits = JSON.Limits(bytes: bytes.count, depth: 4, values: 64)
    let json = try JSON(parsing: bytes, origin: "request", limits: limits)
    let field = ConfigField<(width: Int, height: Int, pixels: [UInt8])>.object { decoder in
      let width = decoder.value("width", .integer(Self.sizes), "Width in pixels.")
      let height = decoder.value("height", .integer(Self.sizes), "Height in pixels.")
      let pixels = decoder.value(
        "pixels", .base64, "A byte per pixel in row-major order, 0 background and 255 ink.")
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
  /// Bytes in base64 (RFC 4648), without line breaks.
  fileprivate static var base64: ConfigField {
    ConfigField("bytes in base64", schema: ["type": "string", "contentEncoding": "base64"], placeholder: []) {
      $0.string.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }
    }
  }
}
