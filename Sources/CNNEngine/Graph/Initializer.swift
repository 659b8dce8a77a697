import ConfigDecoding
import Randomness

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The initial values of a parameter.
public enum Initializer: Sendable, Equatable {
  /// All 0.
  case zeros
  /// All the same.
  case constant(Double)
  /// Normal distribution.
  case normal(mean: Double, std: Double)
  /// Normal distribution, resampled beyond two standard deviations (Keras `TruncatedNormal`).
  case truncatedNormal(mean: Double, std: Double)
  /// Uniform distribution.
  case uniform(low: Double, high: Double)
  /// Glorot and Bengio 2010: variance 2 / (fan in + fan out).
  case glorotUniform, glorotNormal
  /// He et al. 2015: variance 2 / fan in.
  case heUniform, heNormal
  /// Uniform within ±1 / sqrt(fan in), biases too (`torch.nn.Linear`, `torch.nn.Conv2d`).
  case torchDefault

  /// In a config: a name, or an object with a `type` and its options.
  package static func field(isBias: Bool) -> ConfigField<Initializer> {
    @Sendable func real(_ decoder: ConfigDecoder, _ key: String, _ value: Double, _ help: String) -> Double {
      decoder.value(key, .number(.within(-1e6...1e6)), default: JSON(value), help)
    }
    @Sendable func std(_ decoder: ConfigDecoder) -> Double {
      decoder.value("std", .number(.within(0...1e6)), default: 0.05, "Standard deviation.")
    }
    return .variant(
      [
        Variant("torch_default", "Uniform within 1 / sqrt(fan in), as PyTorch does.") { _ in .torchDefault },
        Variant("keras_default", "Glorot uniform, biases zero, as Keras does.") { _ in
          isBias ? .zeros : .glorotUniform
        },
        Variant("zeros", "All zero.") { _ in .zeros },
        Variant("constant", "All the same.") { .constant(real($0, "value", 0, "The value.")) },
        Variant("normal", "Normal distribution.") {
          .normal(mean: real($0, "mean", 0, "Mean."), std: std($0))
        },
        Variant("truncated_normal", "Normal distribution, resampled beyond two standard deviations.") {
          .truncatedNormal(mean: real($0, "mean", 0, "Mean."), std: std($0))
        },
        Variant("uniform", "Uniform distribution.") {
          .uniform(low: real($0, "low", -0.05, "Lower end."), high: real($0, "high", 0.05, "Upper end."))
        },
        Variant("glorot_uniform", "Glorot and Bengio 2010.") { _ in .glorotUniform },
        Variant("glorot_normal", "Glorot and Bengio 2010.") { _ in .glorotNormal },
        Variant("he_uniform", "He et al. 2015.") { _ in .heUniform },
        Variant("he_normal", "He et al. 2015.") { _ in .heNormal },
      ], allowsName: true)
  }

  /// Fills a parameter; each value is a function of the seed, the parameter's index and its own.
  package func fill(
    _ values: UnsafeMutableBufferPointer<Float>, spec: ParameterSpec, seed: UInt64, stream: Int
  ) {
    let random = CounterRandom(seed: seed, purpose: .initialWeights, stream: UInt64(stream))
    let (fanIn, fanOut) = (Double(spec.fanIn), Double(spec.fanOut))
    func uniform(_ low: Double, _ high: Double) {
      for index in values.indices {
        values[index] = Float(low + (high - low) * random.uniform(at: UInt64(index)))
      }
    }
    func normal(_ mean: Double, _ std: Double, within limit: Double = .infinity) {
      for index in values.indices {
        values[index] = Float(mean + std * Self.normal(random, at: UInt64(index), within: limit))
      }
    }
    switch self {
    case .zeros: values.update(repeating: 0)
    case .constant(let value): values.update(repeating: Float(value))
    case .normal(let mean, let std): normal(mean, std)
    case .truncatedNormal(let mean, let std): normal(mean, std, within: 2)
    case .uniform(let low, let high): uniform(low, high)
    case .glorotUniform:
      let limit = (6 / (fanIn + fanOut)).squareRoot()
      uniform(-limit, limit)
    case .glorotNormal:
      // Keras divides by the standard deviation of a normal distribution truncated at two, to keep the variance.
      normal(0, (2 / (fanIn + fanOut)).squareRoot() / 0.879_625_661_034_239_78, within: 2)
    case .heUniform:
      let limit = (6 / fanIn).squareRoot()
      uniform(-limit, limit)
    case .heNormal: normal(0, (2 / fanIn).squareRoot() / 0.879_625_661_034_239_78, within: 2)
    case .torchDefault:
      let limit = 1 / fanIn.squareRoot()
      uniform(-limit, limit)
    }
  }

  /// A standard normal value by the Box-Muller transform, resampled while it is beyond `limit`.
  private static func normal(_ random: CounterRandom, at index: UInt64, within limit: Double) -> Double {
    var attempt: UInt64 = 0
    while true {
      let counter = index &* 128 &+ attempt
      let radius = (-2 * log(1 - random.uniform(at: counter))).squareRoot()
      let value = radius * cos(2 * .pi * random.uniform(at: counter &+ 1))
      if abs(value) <= limit || attempt >= 126 { return value }
      attempt += 2
    }
  }
}
