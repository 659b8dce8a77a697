import ArgumentParser
import FileIO
import Training

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a network for other tools: ONNX, safetensors, NumPy.",
    usage: "cnn export <ckpt> --format <format> [<options>]",
    discussion: """
      Example: cnn export runs/lenet --format onnx

      onnx holds the network: raw pixels from 0 to 255 in, logits and probabilities out. safetensors and npz \
      hold the weights alone, under PyTorch's names and in its shapes. Recipes are in docs/interop.md.
      """)

  @Argument(help: ArgumentHelp("A checkpoint or a run's folder.", valueName: "ckpt"), completion: .file())
  var checkpoint: String

  @Option(help: ArgumentHelp("onnx, safetensors or npz.", valueName: "format"))
  var format: ModelExport.Format

  @Option(
    help: ArgumentHelp(
      "The file to write; by default the checkpoint's name, ending in the format's.", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Names and shapes in an npz: pytorch's, or keras's for set_weights.", valueName: "layout"))
  var layout = ModelExport.Layout.pytorch

  @Option(help: ArgumentHelp("The network of bare weights.", valueName: "file"), completion: .config)
  var config: String?

  @Flag(help: "Write over a file that is there.")
  var force = false

  func validate() throws {
    if layout == .keras, format != .npz { throw ValidationError("--layout keras is for --format npz") }
  }

  func run() throws {
    let source = try LoadedModel.named(checkpoint, config: config)
    let export = try ModelExport(source)
    let path = output ?? export.defaultPath(format)
    if isFolder(path) { throw DataError.unwritable(path: path, reason: "this is a folder; name a file") }
    if !force, isFile(path) {
      throw DataError.unwritable(path: path, reason: "this is there already; --force writes over it")
    }
    try AtomicFile.write(export.encoded(format, layout: layout), to: path)
    try Console.print("\(path): \(export.summary(format))")
  }
}

extension ModelExport.Format: ExpressibleByArgument {}
extension ModelExport.Layout: ExpressibleByArgument {}
