import ConfigDecoding

/// No loss: the gradient of the outputs is given.
struct NoLoss: Loss {
  static let absorbsSoftmax = false

  init() {}
  init(decoding decoder: ConfigDecoder) {}

  func evaluate(_ block: inout LossBlock) {}
}
