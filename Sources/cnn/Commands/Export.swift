import ArgumentParser
import Training

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a network for other tools: ONNX, safetensors, NumPy.",
    usage: "cnn export <ckpt> ... --format <format> [<options>]",
    discussion: """
      Example: cnn export runs/lenet --format onnx
               cnn export runs/lenet runs/lenet-2 --vote --format onnx --output vote.onnx

      onnx is the network with its weights: its input is pixels from 0 to 255, its outputs are logits and \
      probabilities. safetensors and npz are the weights, under PyTorch's names and in its shapes. \
      docs/interop.md has recipes.
      """)

  @OptionGroup var model: CheckpointOptions

  @OptionGroup var votes: VoteOptions

  @Option(help: ArgumentHelp("onnx, safetensors or npz.", valueName: "format"))
  var format: ModelExport.Format

  @Option(
    help: ArgumentHelp(
      "The file to write; by default the checkpoint's name with the format's extension.", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Names and shapes in an npz: pytorch's, or keras's for set_weights.", valueName: "layout"))
  var layout = ModelExport.Layout.pytorch

  @Flag(help: "In an ONNX model, fold each batch norm into the weights before it, where that is possible.")
  var foldBatchNorm = false

  @Flag(help: "Overwrite an existing file.")
  var force = false

  func validate() throws {
    if votes.vote || votes.tta > 1 {
      if format != .onnx { throw ValidationError("--vote and --tta are for --format onnx") }
      if output == nil { throw ValidationError("--vote and --tta need --output FILE") }
    }
    if layout == .keras, format != .npz { throw ValidationError("--layout keras is for --format npz") }
    if foldBatchNorm, format != .onnx { throw ValidationError("--fold-batch-norm is for --format onnx") }
  }

  func run() throws {
    try votes.check(model.checkpoints)
    let export = try ModelExport(model.load(), views: votes.views)
    let path = try export.write(
      format, layout: layout, foldsBatchNorms: foldBatchNorm, to: output, overwrite: force)
    try Console.print("\(path): \(export.summary(format, layout: layout))")
  }
}

extension ModelExport.Format: ExpressibleByArgument {}
extension ModelExport.Layout: ExpressibleByArgument {}
