#if canImport(Darwin)
  import Darwin
#else
  @preconcurrency import Glibc
#endif

/// A program started without a shell, its output and its error messages read through pipes.
package enum ChildProcess {
  /// The program called `name` in the first folder of `searchPath`, separated by colons as in `$PATH`, that has
  /// it; nil where none does.
  package static func find(_ name: String, in searchPath: String) -> String? {
    searchPath.split(separator: ":").map { joinPath(String($0), name) }.first { access($0, X_OK) == 0 }
  }

  /// Runs `program` to its end, handing its standard output to `receive` piece by piece.
  ///
  /// Returns its exit status and the start of its standard error. Throws `unreadable` with `name` if it cannot be
  /// started; what `receive` throws ends the program.
  package static func run(
    _ program: String, arguments: [String], name: String,
    receive: (UnsafeRawBufferPointer) throws(DataError) -> Void
  ) throws(DataError) -> (status: Int32, errors: String) {
    let output = try pipe(name)
    let errors = try pipe(name)
    let started = spawn(program, arguments, output: output.writeEnd, errors: errors.writeEnd)
    close(output.writeEnd)
    close(errors.writeEnd)
    let outputFile = try InputFile(descriptor: output.readEnd, name: name)
    let errorFile = try InputFile(descriptor: errors.readEnd, name: name)
    guard let child = started else {
      throw .unreadable(path: name, reason: "\(program) cannot be started: \(systemMessage())")
    }
    do throws(DataError) {
      try forEachPiece(of: outputFile, receive)
      var message: [UInt8] = []
      try forEachPiece(of: errorFile) { piece in message += piece.prefix(4096 - min(4096, message.count)) }
      return (wait(for: child), String(decoding: message, as: UTF8.self))
    } catch {
      kill(child, SIGTERM)
      _ = wait(for: child)
      throw error
    }
  }

  private static func forEachPiece(
    of file: borrowing InputFile, _ receive: (UnsafeRawBufferPointer) throws(DataError) -> Void
  ) throws(DataError) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    try buffer.withUnsafeMutableBufferPointer { (bytes) throws(DataError) in
      let bytes = UnsafeMutableRawBufferPointer(bytes)
      while case let count = try file.read(into: bytes), count > 0 {
        try receive(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      }
    }
  }

  /// A pipe no other child inherits.
  private static func pipe(_ name: String) throws(DataError) -> (readEnd: Int32, writeEnd: Int32) {
    var ends: [Int32] = [-1, -1]
    #if canImport(Darwin)
      let result = Darwin.pipe(&ends)
    #else
      let result = Glibc.pipe(&ends)
    #endif
    if result != 0 { throw .unreadable(path: name, reason: systemMessage()) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func spawn(
    _ program: String, _ arguments: [String], output: Int32, errors: Int32
  ) -> pid_t? {
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
    // A child inherits blocked and ignored signals; this one is to end when it is told to.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigaddset(&signals, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
    var words = ([program] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var child: pid_t = 0
    let result = posix_spawn(&child, program, &actions, &attributes, words, environ)
    if result != 0 { errno = result }
    return result == 0 ? child : nil
  }

  /// The exit status, or 128 and the signal that ended the program.
  private static func wait(for child: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
  }
}
