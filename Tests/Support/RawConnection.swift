import Foundation

/// A TCP connection to a local server that can send arbitrary bytes.
package final class RawConnection {
  private let descriptor: Int32

  /// Connects to `port` of this machine.
  package init(port: Int) throws {
    #if canImport(Darwin)
      descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #else
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    // A test must not hang.
    var timeout = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// Sends all bytes; returns false if the peer has closed the connection.
  @discardableResult
  package func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      #if canImport(Darwin)
        let flags: Int32 = 0
      #else
        let flags = Int32(MSG_NOSIGNAL)
      #endif
      let count = rest.withUnsafeBytes { sendBytes(descriptor, $0, flags) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Sends a text; returns false if the peer has closed the connection.
  @discardableResult
  package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Closes the sending direction.
  package func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Received bytes that no caller has consumed.
  private var bytes: [UInt8] = []

  private func receive() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    if count > 0 { bytes += buffer[..<count] }
    return count > 0
  }

  /// All bytes up to the end of the stream, as text.
  package func rest() -> String {
    while receive() {}
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The next response; nil if the stream ends before it is complete.
  package func response() -> (status: Int, head: String, body: Data)? {
    let blank = Data("\r\n\r\n".utf8)
    while true {
      let data = Data(bytes)
      if let end = data.range(of: blank) {
        let head = String(decoding: data[..<end.lowerBound], as: UTF8.self)
        let length = head.firstMatch(of: /Content-Length: (\d+)/).flatMap { Int($0.1) } ?? 0
        if data.count >= end.upperBound + length {
          let body = data[end.upperBound..<end.upperBound + length]
          bytes.removeFirst(end.upperBound + length)
          return (Int(head.dropFirst(9).prefix(3)) ?? 0, head, Data(body))
        }
      }
      guard receive() else { return nil }
    }
  }
}

private func sendBytes(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ flags: Int32) -> Int {
  send(descriptor, bytes.baseAddress, bytes.count, flags)
}
