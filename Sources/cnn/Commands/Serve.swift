import ArgumentParser
import HTTPServer
import Training
import WebDemo

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Open a page on which you draw digits and watch the network read them.",
    usage: "cnn serve <ckpt> [<options>]",
    discussion: """
      Example: cnn serve runs/lenet

      The scores move with every stroke; beside them stand the input the network sees and what its first layer makes \
      of it. The page needs nothing from elsewhere and is for this machine alone, unless --host names another of its \
      addresses: 0.0.0.0 lets in a phone in the same network. Ctrl-C stops.
      """)

  @Argument(help: ArgumentHelp("A checkpoint or a run's folder.", valueName: "ckpt"), completion: .file())
  var checkpoint: String

  @Option(help: ArgumentHelp("The network of bare weights.", valueName: "file"), completion: .config)
  var config: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Port; 0 picks a free one.", valueName: "n"))
  var port = 8080

  @Option(help: ArgumentHelp("Address to be reached at.", valueName: "address"))
  var host = "127.0.0.1"

  @OptionGroup var machine: MachineOptions

  func validate() throws {
    guard (0...65_535).contains(port) else {
      throw ValidationError("--port \(port): must be from 0 to 65535")
    }
  }

  func run() throws {
    let interruption = Interruption()
    let page = try DigitPage(LoadedModel.named(checkpoint, config: config), threadPool: machine.threadPool)
    let listener = try Listener(host: host, port: port)
    for url in listener.networkURLs {
      Console.error("open to everybody in the network, without a password: \(url)")
    }
    try Console.print("Serving \(checkpoint) at \(listener.url) (Ctrl-C stops)")
    var server = page.server(on: listener, host: host)
    server.run { interruption.isRequested }
    throw interruption.status.code
  }
}
