import ConfigDecoding

/// The section `engine` of a config: how the network is computed.
struct EngineConfig: Sendable {
  /// Whether 3x3 convolutions may use Winograd's algorithm.
  let usesWinograd: Bool

  init(_ decoder: ConfigDecoder) {
    usesWinograd = decoder.value(
      "winograd", .boolean, default: JSON(true),
      "Use Winograd's algorithm for 3x3 convolutions where it is faster.")
  }
}
