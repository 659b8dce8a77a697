extension [Int] {
  /// The size in bytes of an array of this shape, nil above `limit`.
  ///
  /// An array with a size of 0 is empty, in whatever order the sizes are: they are multiplied in ascending order.
  package func byteCount(elementSize: Int, limit: Int = ByteSource.byteLimit) -> Int? {
    var count = elementSize
    for size in sorted() {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if overflow || product > limit { return nil }
      count = product
    }
    return count
  }
}
