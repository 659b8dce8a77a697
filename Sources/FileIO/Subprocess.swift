import CSubprocess
import Formatting

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A program started without a shell; its standard output and standard error are read through pipes.
///
/// It and its own children end with this program: by `ExitCleanup` on a signal; on Linux the kernel ends the program
/// (`PR_SET_PDEATHSIG`) when the thread that has started it ends, as with `kill -9`. That thread waits in `run`.
package enum Subprocess {
  /// Longer error output of a program is cut off, in bytes.
  private static let messageLimit = 4096
  /// A program that writes more to standard error is ended, in bytes.
  private static let errorLimit = 1 << 22
  /// How long a program may be silent until `receive` is called without data, in milliseconds.
  private static let patience: Int32 = 100

  /// The program called `name` in the first folder of `searchPath`, separated by colons as in `$PATH`, that has
  /// it; nil where none does.
  package static func find(_ name: String, in searchPath: String) -> String? {
    searchPath.split(separator: ":").map { joinPath(String($0), name) }.first { path in
      withPath(path) { access($0, X_OK) } == 0
    }
  }

  /// Runs `program` until it exits, handing its standard output to `receive` in chunks, and none of it several times a
  /// second while there is nothing.
  ///
  /// Throws `unreadable` with `name` if the program cannot be started, or exits with a status other than 0: the
  /// reason is the first line of its standard error. An error thrown by `receive` ends the program.
  package static func run(
    _ program: String, arguments: [String], name: String,
    receive: (UnsafeRawBufferPointer) throws(DataError) -> Void
  ) throws(DataError) {
    let output = try pipe(name)
    let errors = try pipe(name)
    var child: pid_t = -1
    var reason = ""
    let cleanup = ExitCleanup {
      child = start(program, arguments, output: output.writeEnd, errors: errors.writeEnd)
      reason = systemMessage()
      if child < 0 { return nil }
      return { [child] in kill(-child, SIGKILL) }
    }
    defer { extendLifetime(cleanup) }
    close(output.writeEnd)
    close(errors.writeEnd)
    let outputFile = try InputFile(descriptor: output.readEnd, name: name)
    let errorFile = try InputFile(descriptor: errors.readEnd, name: name)
    guard child > 0 else {
      throw .unreadable(path: name, reason: "\(program) cannot be started: \(reason)")
    }
    var status: Int32?
    var message: [UInt8] = []
    do throws(DataError) {
      message = try drain(output: outputFile, errors: errorFile, name, receive) {
        status = exitStatus(of: child, WNOHANG)
        return status != nil
      }
    } catch {
      kill(-child, SIGKILL)
      if status == nil { _ = exitStatus(of: child, 0) }
      throw error
    }
    let ended = status ?? exitStatus(of: child, 0)
    if ended == 0 { return }
    throw .unreadable(
      path: name,
      reason: firstLine(of: message) ?? "\(lastComponent(of: program)) exited with status \(ended ?? 0)")
  }

  /// Reads both pipes until the program has closed them, or has ended and left them to others, and returns the start of
  /// its standard error.
  ///
  /// They are read as data arrives: a program blocks while a pipe it writes to is full, so reading one to its end
  /// before the other can deadlock.
  private static func drain(
    output: borrowing InputFile, errors: borrowing InputFile, _ name: String,
    _ receive: (UnsafeRawBufferPointer) throws(DataError) -> Void, hasEnded: () -> Bool
  ) throws(DataError) -> [UInt8] {
    var (message, errorCount) = ([UInt8](), 0)
    var ends = [output.descriptor, errors.descriptor].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while ends.contains(where: { $0.fd >= 0 }) {
      let ready = poll(&ends, nfds_t(ends.count), patience)
      if ready < 0, errno != EINTR { throw .unreadable(path: name, reason: systemMessage()) }
      if ready <= 0 || ends[0].revents == 0 { try receive(UnsafeRawBufferPointer(start: nil, count: 0)) }
      if ready == 0, hasEnded() { return message }
      for index in ends.indices where ready > 0 && ends[index].revents != 0 {
        let isOutput = index == 0
        let count = try buffer.withUnsafeMutableBufferPointer { (bytes) throws(DataError) in
          let bytes = UnsafeMutableRawBufferPointer(bytes)
          let count = try isOutput ? output.read(into: bytes) : errors.read(into: bytes)
          if isOutput, count > 0 { try receive(UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
          return count
        }
        if !isOutput {
          message += buffer[..<min(count, messageLimit - message.count)]
          errorCount += count
          if errorCount > errorLimit {
            let reason = "the program writes errors without end: \(firstLine(of: message) ?? "")"
            throw .unreadable(path: name, reason: reason)
          }
        }
        // poll ignores negative descriptors.
        if count == 0 { ends[index].fd = -1 }
      }
    }
    return message
  }

  private static func firstLine(of message: [UInt8]) -> String? {
    String.decoding(rawBytes: message).split(whereSeparator: \.isNewline).first.map(String.init)
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

  /// Starts the program; -1 where that fails, with the reason in `errno`.
  private static func start(
    _ program: String, _ arguments: [String], output: Int32, errors: Int32
  ) -> pid_t {
    var words = ([program] + arguments).map { withPath($0) { strdup($0) } }
    defer { for word in words { free(word) } }
    words.append(nil)
    return withPath(program) { start_program($0, words, output, errors) }
  }

  /// The exit status, or 128 plus the number of the signal that ended the program, as in a shell; nil while it runs.
  private static func exitStatus(of child: pid_t, _ options: Int32) -> Int32? {
    var (status, ended): (Int32, pid_t) = (0, 0)
    repeat { ended = waitpid(child, &status, options) } while ended < 0 && errno == EINTR
    if ended == 0 { return nil }
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
  }
}
