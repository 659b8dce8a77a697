#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory that the system does not give.
public struct MemoryError: Error, Equatable, CustomStringConvertible {
  /// What was asked for, in bytes.
  public let bytes: Int

  /// A one-line message.
  public var description: String { "out of memory: the system gives no \(bytes) bytes" }
}

/// Aligned memory whose failure is an error, not the end of the program.
enum Memory {
  /// The alignment of every allocation: a cache line, and the widest vector.
  static let alignment = 64

  /// An address that must not be read or written.
  static var nowhere: UnsafeMutableRawPointer {
    guard let address = UnsafeMutableRawPointer(bitPattern: alignment) else { fatalError("address 0") }
    return address
  }

  /// Allocates zeroed memory, which `free` releases.
  static func allocate(bytes: Int) throws(MemoryError) -> UnsafeMutableRawPointer {
    var memory: UnsafeMutableRawPointer?
    // At least one byte, so that there is an address.
    guard posix_memalign(&memory, alignment, max(bytes, 1)) == 0, let memory else {
      throw MemoryError(bytes: bytes)
    }
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    return memory
  }

  static func deallocate(_ memory: UnsafeMutableRawPointer) { free(memory) }
}
