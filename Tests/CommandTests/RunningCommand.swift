import Foundation

/// A running process of the program; its streams are files, or a terminal.
final class RunningCommand {
  private let process: pid_t
  private let streams: String
  private let terminal: Terminal?

  init(
    arguments: [String], variables: [String: String], folder: String, streams: String, output: Sandbox.Output,
    preparation: String
  ) throws {
    self.streams = streams
    if case .terminal(let terminal) = output { self.terminal = terminal } else { terminal = nil }
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGHUP, SIGINT, SIGTERM, SIGPIPE] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
    // The first terminal that the leader of a session opens sends it signals.
    if terminal != nil { flags |= Self.ownSession }
    posix_spawnattr_setflags(&attributes, Int16(flags))
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "\(streams).in", O_RDONLY, 0)
    let create = O_WRONLY | O_CREAT | O_TRUNC
    if let terminal {
      // Who may only write does not get its signals.
      posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, terminal.path, O_RDWR, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "\(streams).err", create, 0o600)
    }
    var ends: [Int32] = [-1, -1]
    switch output {
    case .file: posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "\(streams).out", create, 0o600)
    case .terminal(let terminal):
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, terminal.path, O_WRONLY, 0)
    case .closedPipe:
      guard pipe(&ends) == 0 else { throw Failure(errno, "pipe") }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      close(ends[0])
      posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    }
    defer { if ends[1] >= 0 { close(ends[1]) } }
    // The shell changes the folder, which posix_spawn cannot do everywhere, and becomes the program.
    let script = "cd \"$0\" && \(preparation.isEmpty ? "" : "\(preparation) && ")exec \"$@\""
    let shell = ["/bin/sh", "-c", script, folder, Self.program]
    var words = (shell + arguments).map { strdup($0) } + [nil]
    var environment = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { for word in words + environment { free(word) } }
    var process: pid_t = 0
    let result = posix_spawn(&process, "/bin/sh", &actions, &attributes, &words, &environment)
    guard result == 0 else { throw Failure(result, "/bin/sh") }
    self.process = process
  }

  /// POSIX_SPAWN_SETSID, which Swift does not see in glibc.
  #if canImport(Darwin)
    private static let ownSession = Int32(POSIX_SPAWN_SETSID)
  #else
    private static let ownSession: Int32 = 0x80
  #endif

  /// Sends a signal.
  func send(_ signal: Int32) { kill(process, signal) }

  /// Waits for the end; 128 and the signal for a program that was killed.
  func wait() throws -> Sandbox.Outcome {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 { guard errno == EINTR else { throw Failure(errno, "waitpid") } }
    terminal?.waitForEnd()
    let signal = status & 0x7F
    return Sandbox.Outcome(
      status: signal == 0 ? status >> 8 & 0xFF : 128 + signal, output: text("out"), errors: text("err"))
  }

  /// Standard output so far.
  var printed: String { text("out") }

  private func text(_ ending: String) -> String {
    String(decoding: (try? Data(contentsOf: URL(filePath: "\(streams).\(ending)"))) ?? Data(), as: UTF8.self)
  }

  /// The program beside the test bundle, else the one of a release build.
  private static let program: String = {
    let built = CommandLine.arguments.filter { $0.hasPrefix("/") }.flatMap { argument in
      sequence(first: URL(filePath: argument)) { $0.path == "/" ? nil : $0.deletingLastPathComponent() }
        .map { $0.appending(path: "cnn").path }
    }
    let release = Repository.folder.appending(path: ".build/release/cnn").path
    return built.first { isProgram($0) } ?? release
  }()

  private static func isProgram(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
      && FileManager.default.isExecutableFile(atPath: path)
  }

  /// A system call that failed.
  struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ number: Int32, _ what: String) { description = "\(what): \(String(cString: strerror(number)))" }
  }
}

/// The root of the repository.
enum Repository {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  /// The folder of real MNIST; nil if `CNN_DATA_DIR` is not set.
  static let mnist = ProcessInfo.processInfo.environment["CNN_DATA_DIR"].flatMap { $0.isEmpty ? nil : $0 }
}
