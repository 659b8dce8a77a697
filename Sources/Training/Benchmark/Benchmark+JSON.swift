import CNNEngine
import ConfigDecoding

extension Benchmark {
  /// The output of `cnn bench --json`.
  public var json: JSON {
    JSON(object: [
      ("name", JSON(name)), ("batch_size", JSON(batchSize)), ("threads", JSON(threads)),
      ("cpu", JSON(CPUFeatures.name)), ("peak_flops", JSON(peak)), ("flops_per_step", JSON(flopsPerStep)),
      ("seconds_per_step", JSON(secondsPerStep)), ("images_per_second", JSON(trainedPerSecond)),
      ("share_of_peak", JSON(shareOfPeak)), ("waiting_share", JSON(waitingShare)),
      ("evaluated_per_second", JSON(evaluatedPerSecond)), ("peak_memory", JSON(peakMemory)),
      ("layers", JSON(layers.map(json))), ("other_thread_seconds", Self.json(seconds: others)),
    ])
  }

  private func json(_ layer: Layer) -> JSON {
    let shares = ProfiledPass.allCases.compactMap { pass in
      pass == .packing ? nil : share(of: layer, pass).map { (pass.key, JSON($0)) }
    }
    return JSON(object: [
      ("name", JSON(layer.name)), ("multiply_adds", JSON(layer.multiplyAdds)),
      ("thread_seconds", Self.json(seconds: layer.seconds)), ("share_of_peak", JSON(object: shares)),
    ])
  }

  private static func json(seconds: [ProfiledPass: Double]) -> JSON {
    JSON(
      object: ProfiledPass.allCases.compactMap { pass in
        seconds[pass].flatMap { $0 > 0 ? (pass.key, JSON($0)) : nil }
      })
  }
}

extension ProfiledPass {
  /// The key of the pass in JSON.
  fileprivate var key: String {
    switch self {
    case .inputGradient: "input_gradient"
    case .weightGradient: "weight_gradient"
    default: "\(self)"
    }
  }
}
