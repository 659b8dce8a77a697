import ConfigDecoding

/// How the network is computed.
struct EngineConfig: Sendable {
  /// Whether 3x3 convolutions may be computed by Winograd's algorithm.
  let usesWinograd: Bool

  init(_ decoder: ConfigDecoder) {
    usesWinograd = decoder.value(
      "winograd", .boolean, default: JSON(true),
      "Compute 3x3 convolutions with fewer multiplications where that is faster.")
  }
}
