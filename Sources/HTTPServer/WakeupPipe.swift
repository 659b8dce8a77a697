#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A pipe by which one thread wakes another that waits in `poll`.
struct WakeupPipe: ~Copyable {
  /// The end that becomes readable.
  let reading: Int32
  private let writing: Int32

  /// Opens a pipe.
  ///
  /// - Throws: `ListenerError` for a process without free descriptors.
  init() throws(ListenerError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .noWorker(reason: String(cString: strerror(errno))) }
    (reading, writing) = (ends[0], ends[1])
    _ = (makeNonBlocking(reading), makeNonBlocking(writing))
  }

  deinit {
    close(reading)
    close(writing)
  }

  /// Wakes the other thread, at once or when it waits next. A full pipe wakes it as well.
  func signal() {
    var byte: UInt8 = 0
    _ = write(writing, &byte, 1)
  }

  /// Takes all signals, so that the pipe is readable only after the next one.
  func drain() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while read(reading, &bytes, bytes.count) == bytes.count {}
  }

  /// Waits for a signal.
  func wait() {
    var polled = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
    _ = poll(&polled, 1, -1)
    drain()
  }
}
