#if canImport(Darwin)
  import Darwin
#else
  @preconcurrency import Glibc
#endif

/// A program started without a shell; its standard output and standard error are read through pipes.
package enum Subprocess {
  /// Longer error output of a program is cut off, in bytes.
  private static let errorLimit = 4096

  /// The program called `name` in the first folder of `searchPath`, separated by colons as in `$PATH`, that has
  /// it; nil where none does.
  package static func find(_ name: String, in searchPath: String) -> String? {
    searchPath.split(separator: ":").map { joinPath(String($0), name) }.first { access($0, X_OK) == 0 }
  }

  /// Runs `program` until it exits, handing its standard output to `receive` in chunks.
  ///
  /// Throws `unreadable` with `name` if the program cannot be started, or exits with a status other than 0: the
  /// reason is the first line of its standard error. An error thrown by `receive` terminates the program.
  package static func run(
    _ program: String, arguments: [String], name: String,
    receive: (UnsafeRawBufferPointer) throws(DataError) -> Void
  ) throws(DataError) {
    let output = try pipe(name)
    let errors = try pipe(name)
    let child = spawn(program, arguments, output: output.writeEnd, errors: errors.writeEnd)
    let reason = systemMessage()
    close(output.writeEnd)
    close(errors.writeEnd)
    let outputFile = try InputFile(descriptor: output.readEnd, name: name)
    let errorFile = try InputFile(descriptor: errors.readEnd, name: name)
    guard let child else {
      throw .unreadable(path: name, reason: "\(program) cannot be started: \(reason)")
    }
    var message: [UInt8] = []
    do throws(DataError) {
      message = try drain(output: outputFile, errors: errorFile, name, receive)
    } catch {
      kill(child, SIGTERM)
      _ = wait(for: child)
      throw error
    }
    let status = wait(for: child)
    if status == 0 { return }
    let line = String(decoding: message, as: UTF8.self).split(whereSeparator: \.isNewline).first
    let programName = program.split(separator: "/").last ?? ""
    throw .unreadable(
      path: name, reason: line.map(String.init) ?? "\(programName) exited with status \(status)")
  }

  /// Reads both pipes until the program has closed them, and returns the start of its standard error.
  ///
  /// They are read as data arrives: a program blocks while a pipe it writes to is full, so reading one to its end
  /// before the other can deadlock.
  private static func drain(
    output: borrowing InputFile, errors: borrowing InputFile, _ name: String,
    _ receive: (UnsafeRawBufferPointer) throws(DataError) -> Void
  ) throws(DataError) -> [UInt8] {
    var message: [UInt8] = []
    var ends = [output.descriptor, errors.descriptor].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while ends.contains(where: { $0.fd >= 0 }) {
      guard poll(&ends, nfds_t(ends.count), -1) >= 0 else {
        if errno == EINTR { continue }
        throw .unreadable(path: name, reason: systemMessage())
      }
      for index in ends.indices where ends[index].revents != 0 {
        let isOutput = index == 0
        let count = try buffer.withUnsafeMutableBufferPointer { (bytes) throws(DataError) in
          let bytes = UnsafeMutableRawBufferPointer(bytes)
          let count = try isOutput ? output.read(into: bytes) : errors.read(into: bytes)
          if isOutput, count > 0 { try receive(UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
          return count
        }
        if !isOutput { message += buffer[..<min(count, errorLimit - message.count)] }
        // poll ignores negative descriptors.
        if count == 0 { ends[index].fd = -1 }
      }
    }
    return message
  }

  /// A pipe that other children do not inherit.
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

  /// Starts the program; nil where that fails, with the reason in `errno`.
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
    // Blocked and ignored signals are inherited; SIGTERM and SIGPIPE have to end the program.
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

  /// The exit status, or 128 plus the number of the signal that terminated the program, as in a shell.
  private static func wait(for child: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
  }
}
