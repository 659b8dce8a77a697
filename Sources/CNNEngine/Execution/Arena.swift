/// Zeroed, aligned memory that is freed all at once.
final class Arena {
  private var chunks: [UnsafeMutableRawPointer] = []

  func lanes(_ count: Int) -> UnsafeMutablePointer<Lanes> {
    allocate(count * MemoryLayout<Lanes>.stride).bindMemory(to: Lanes.self, capacity: count)
  }

  func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    allocate(count * 4).bindMemory(to: Float.self, capacity: count)
  }

  private func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    // Allocated one by one, so that the address sanitizer sees the first byte beyond each.
    let chunk = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    chunk.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    chunks.append(chunk)
    return chunk
  }

  deinit { for chunk in chunks { chunk.deallocate() } }
}
