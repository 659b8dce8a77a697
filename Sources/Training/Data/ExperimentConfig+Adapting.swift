import ConfigDecoding
import Datasets
import FileIO
import Formatting
import ImageFiles

extension ExperimentConfig {
  /// The config of a run on the data that `--data` names, which `cnn train --config` can repeat.
  ///
  /// - Parameter directory: `--data`; nil where it is not given.
  func naming(directory: String?, in currentFolder: String) throws(ConfigError) -> ExperimentConfig {
    guard let directory else { return self }
    let flag = "--data \(directory)"
    if directory == Dataset.builtinName {
      return try changed([("data.dataset", JSON(directory), flag)])
    }
    return try changed([("data.dir", JSON(joinPath(currentFolder, directory)), flag)])
  }

  /// The config of a run on `dataset`: it says how pictures become input, and a built-in config has as many scores as
  /// there are classes, the images' shape, and fewer images held out.
  ///
  /// - Returns: the config, and a notice for each change of what was there.
  func adapted(to dataset: Dataset) throws(ConfigError) -> (config: ExperimentConfig, notices: [String]) {
    var config = self
    if data.pictures == nil, [1, 3].contains(dataset.pool.shape.channels), dataset.train.count > 0 {
      let preparation = PicturePreparation.suited(to: dataset.train.evenlySpaced(Self.picturesExamined))
      config = try changed([("data.pictures", JSON(preparation.rawValue), "the training images")])
    }
    return isShipped ? try config.fitting(dataset) : (config, [])
  }

  /// The number of training images that decide how pictures become input.
  private static let picturesExamined = 400

  private func fitting(
    _ dataset: Dataset
  ) throws(ConfigError) -> (config: ExperimentConfig, notices: [String]) {
    var (changes, notices): ([ConfigSource.Flag], [String]) = ([], [])
    let (shape, classes) = (dataset.pool.shape, dataset.classNames.count)
    let input: ConfigSource.Flag = (
      "model.input", JSON([shape.channels, shape.height, shape.width].map { JSON($0) }),
      "the images of \(dataset.name)"
    )
    // Where the layers do not fit the shape, the fault is that of the data.
    if model.input.dimensions != [shape.channels, shape.height, shape.width], (try? changed([input])) != nil {
      changes.append(input)
      notices.append("\(name) reads \(shape) here, the shape of the images")
    }
    if model.outputs.count == 1, model.outputs[0].labels == nil, model.output.count != classes,
      let layer = model.layers.lastIndex(where: { $0.type == "dense" })
    {
      changes.append(("model.layers.\(layer).units", JSON(classes), "the classes of \(dataset.name)"))
      notices.append("\(name) has \(classes) scores here, one for each class")
    }
    let count = resolved["data"]?["validation"]?["count"]
    if data.validation?.from == .train, let wanted = data.validation?.count, count?.location.isFlag == false,
      dataset.train.count > 1, wanted >= dataset.train.count
    {
      let tenth = max(1, dataset.train.count / 10)
      changes.append(("data.validation.count", JSON(tenth), "a tenth of the training images"))
      notices.append(
        "\(tenth.pluralized("image")), a tenth, \(tenth == 1 ? "is" : "are") held out for validation "
          + "instead of \(wanted.grouped)")
    }
    return (changes.isEmpty ? self : try changed(changes), notices)
  }

  /// The config with other values.
  private func changed(_ changes: [ConfigSource.Flag]) throws(ConfigError) -> ExperimentConfig {
    var config = try ConfigSource.load(resolved, flags: changes, settings: [])
    config.isShipped = isShipped
    return config
  }
}

extension Subset {
  /// At most `count` of the images, evenly spaced.
  fileprivate func evenlySpaced(_ count: Int) -> Images {
    let step = max(1, self.count / count)
    let positions = stride(from: 0, to: self.count, by: step).prefix(count)
    return Images(pixels: positions.flatMap { self[$0] }, shape: shape)
  }
}
