/// Aligned floats that hold several tensors one after another: all weights of a model, their gradients, or one slot of
/// an optimizer.
///
/// Sendable because readers and writers never meet: the loops of a step that write are separated from those that read
/// by the thread pool.
public final class FlatTensorBuffer: @unchecked Sendable {
  /// The number of floats, a multiple of the widest vector.
  public let count: Int
  let floats: UnsafeMutablePointer<Float>
  /// Counts changes, so that networks know when packed weights are out of date.
  private(set) var version = 0

  /// `count` floats (rounded up to whole vectors) of `value`.
  ///
  /// - Throws: `MemoryError` if the system has no such memory.
  public init(count: Int, repeating value: Float = 0) throws(MemoryError) {
    let rounded = (count + 15) / 16 * 16
    self.count = rounded
    floats = try Memory.allocate(bytes: rounded * 4).bindMemory(to: Float.self, capacity: rounded)
    if value != 0 { floats.update(repeating: value, count: rounded) }
  }

  deinit { Memory.deallocate(floats) }

  /// A copy of a range.
  public subscript(range: Range<Int>) -> [Float] {
    require(range.lowerBound >= 0 && range.upperBound <= count)
    return Array(UnsafeBufferPointer(start: floats + range.lowerBound, count: range.count))
  }

  /// Overwrites the floats from `offset` on.
  public func replace(at offset: Int, with values: [Float]) {
    require(offset >= 0 && offset + values.count <= count)
    values.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      (floats + offset).update(from: start, count: source.count)
    }
    markChanged()
  }

  /// Copies everything from a buffer of the same size.
  public func copy(from other: FlatTensorBuffer) {
    require(other.count == count)
    floats.update(from: other.floats, count: count)
    markChanged()
  }

  /// Notes that values have changed, for writers that use the pointers.
  func markChanged() { version &+= 1 }

  /// Whether every value is finite.
  public var isFinite: Bool { isFinite(0..<count / CPUFeatures.laneCount) }

  /// Whether every value of a range of vectors is finite.
  func isFinite(_ range: Range<Int>) -> Bool {
    var sum = Lanes()
    for index in range { sum += vectors[index] * 0 }
    return (sum .== 0) == LaneMask(repeating: true)
  }

  var vectors: UnsafeMutablePointer<Lanes> {
    UnsafeMutableRawPointer(floats).assumingMemoryBound(to: Lanes.self)
  }
}
