import ArgumentParser
import HTTPServer
import Training
import WebDemo

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a web page that predicts the digits you draw.",
    usage: "cnn serve <ckpt> ... [<options>]",
    discussion: """
      Example: cnn serve runs/lenet

      The probabilities change with every stroke; the page also shows the network's input and the feature maps of its \
      first layer. It loads nothing from other sites, and only this computer can open it; --host 0.0.0.0 also \
      admits other devices in the network. Ctrl-C stops.
      """)

  @OptionGroup var model: CheckpointOptions

  @OptionGroup var votes: VoteOptions

  @Option(parsing: .unconditional, help: ArgumentHelp("Port; 0 for any free one.", valueName: "n"))
  var port = 8080

  @Option(help: ArgumentHelp("Address to listen on.", valueName: "address"))
  var host = "127.0.0.1"

  @OptionGroup var machine: MachineOptions

  func validate() throws {
    guard (0...65_535).contains(port) else {
      throw ValidationError("--port \(port): must be from 0 to 65535")
    }
  }

  func run() throws {
    try votes.check(model.checkpoints)
    let interruption = Interruption.install()
    let page = try DigitPage(model.load(), views: votes.views, threadPool: machine.threadPool)
    let listener = try Listener(host: host, port: port)
    for url in listener.networkURLs {
      Console.error("anyone in the network can open this page, without a password: \(url)")
    }
    let url = listener.url
    let checkpoints = model.checkpoints
    let name = Ensemble.name(of: checkpoints.count, single: checkpoints[0])
    var server = try page.server(on: listener, host: host)
    try Console.print("Serving \(name) at \(url) (Ctrl-C stops)")
    server.run { interruption.isRequested }
    throw interruption.status.code
  }
}
