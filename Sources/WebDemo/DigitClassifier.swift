import CNNEngine
import ConfigDecoding
import FileIO
import Formatting
import ImageFiles
import Synchronization
import Training

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Classifies drawings, and shows the network's input and first feature maps beside the prediction.
final class DigitClassifier: Sendable {
  private let models: [LoadedModel]
  /// The first network, whose input, classes and feature maps are shown.
  private var source: LoadedModel { models[0] }
  /// The networks, which compute one prediction at a time.
  private let networks: Mutex<(ensemble: Ensemble, firstLayer: FirstLayer)>
  /// The name and output shape of the first layer.
  private let mapSizes: [(String, JSON)]

  /// A classifier by the vote of `models`.
  ///
  /// - Parameter views: the views of a drawing that vote.
  /// - Throws: as `Ensemble`; `InsufficientMemory` or `MemoryError`.
  init(_ models: [LoadedModel], views: [PixelShift], threadPool: ThreadPool) throws {
    self.models = models
    let source = models[0]
    let parameters = try source.requireParameters()
    let ensemble = try Ensemble(models, views: views, threadPool: threadPool)
    try ensemble.prepare(for: 1)
    let firstLayer = try FirstLayer(source.config, parameters: parameters)
    mapSizes = [
      ("layer", JSON(firstLayer.name)), ("channels", JSON(firstLayer.shape[0])),
      ("height", JSON(firstLayer.shape[1])), ("width", JSON(firstLayer.shape[2])),
    ]
    networks = Mutex((ensemble, firstLayer))
  }

  /// The response to `GET /model`: name, parameters, shapes and classes; of several outputs also their names and
  /// classes, the main one first.
  var model: JSON {
    let model = source.config.model
    let outputs = zip(model.separateOutputs, source.outputClassNames).map { output, names in
      JSON(object: [("name", JSON(output.name)), ("classes", classes(names, output.classes))])
    }
    return JSON(
      object: [
        ("name", JSON(Ensemble.name(of: models.count, single: source.config.name))),
        ("parameters", JSON(models.reduce(0) { $0 + $1.config.model.parameterCount })),
        ("input", JSON(model.input.dimensions.map { JSON($0) })),
        ("classes", classes(source.outputClassNames[0], model.outputs[0].classes)),
      ] + (outputs.isEmpty ? [] : [("outputs", JSON(outputs))]) + [("maps", JSON(object: mapSizes))])
  }

  private func classes(_ names: [String], _ count: Int) -> JSON {
    JSON((0..<count).map { JSON(names.name(of: $0)) })
  }

  /// The response to `POST /predict`: prediction, preprocessed input and feature maps; nil for an empty drawing.
  ///
  /// - Throws: `NonFiniteOutputError` or `MemoryError`.
  func predict(_ drawing: PGM) throws -> JSON? {
    let input = source.config.model.input
    let shape = ImageShape(channels: input.channels, height: input.height, width: input.width)
    let picture = Images(
      pixels: drawing.pixels, shape: ImageShape(height: drawing.height, width: drawing.width))
    guard let digit = try? prepare(picture, for: shape) else { return nil }
    let (prediction, maps) = try networks.withLock { networks in
      (
        try networks.ensemble.predictions(digit, names: ["the drawing"])[0],
        networks.firstLayer.maps(of: digit.pixels)
      )
    }
    // The channels of a drawing are equal.
    let gray = Array(digit.pixels.prefix(input.height * input.width))
    return JSON(
      object: prediction.members(classNames: source.outputClassNames) + [
        ("input", ["height": JSON(input.height), "width": JSON(input.width), "pixels": base64(gray)]),
        ("maps", quantized(maps)),
      ])
  }

  /// The input for a drawing, made as that for pictures.
  private func prepare(_ drawing: Images, for shape: ImageShape) throws(DataError) -> Images {
    if source.config.data.pictures == .scale {
      return try PicturePreparation.scale.prepare(drawing, for: shape, name: "drawing")
    }
    return try DigitPreprocessor(for: shape, source: .drawing).prepare(drawing, name: "drawing")
  }

  /// The feature maps of the first layer, quantized to bytes: 0 is `low`, 255 is `high`, of the finite values.
  private func quantized(_ values: [Float]) -> JSON {
    let values = values.map(Double.init)
    let finite = values.lazy.filter(\.isFinite)
    let low = finite.reduce(0, min), high = finite.reduce(0, max)
    let scale = high > low ? 255 / (high - low) : 0
    let bytes = values.map { UInt8(clamping: (($0 - low) * scale).rounded()) }
    return JSON(
      object: mapSizes + [("low", JSON(low)), ("high", JSON(high)), ("pixels", base64(bytes))])
  }

  private func base64(_ bytes: [UInt8]) -> JSON { JSON(Data(bytes).base64EncodedString()) }
}
