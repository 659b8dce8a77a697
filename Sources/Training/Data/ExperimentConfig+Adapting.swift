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

  /// The config of a run on `data`, which says how pictures become input; the same for synthetic digits, and for images
  /// that are neither gray nor RGB.
  func choosingPictures(for data: ExperimentData) throws(ConfigError) -> ExperimentConfig {
    guard self.data.pictures == nil, data.source != nil, [1, 3].contains(model.input.channels) else {
      return self
    }
    let preparation = data.dataset.preparation
    return try changed([("data.pictures", JSON(preparation.rawValue), "the training images")])
  }

  /// The config for data that it was not written for, if it adapts itself: as many scores as there are classes, the images' shape, and
  /// fewer images held out.
  ///
  /// - Returns: the config, and a notice for each change.
  func fitted(to dataset: Dataset) throws(ConfigError) -> (config: ExperimentConfig, notices: [String]) {
    guard isFittedToData else { return (self, []) }
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
      notices.append("\(name) has \(classes.pluralized("score")) here, one for each class")
    }
    let count = resolved["data"]?["validation"]?["count"]
    if data.validation?.from == .train, dataset.validation == nil, let wanted = data.validation?.count,
      count?.location.isFlag == false, dataset.train.count > 1, wanted >= dataset.train.count
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
    config.isFittedToData = isFittedToData
    return config
  }
}
