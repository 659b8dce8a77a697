extension [Int] {
  /// The bytes of an array of these sizes, nil beyond the limit of a data set.
  ///
  /// An array with a size of 0 is empty whatever the other sizes are.
  package func byteCount(elementSize: Int) -> Int? {
    var count = elementSize
    for size in sorted() {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if overflow || product > ByteSource.byteLimit { return nil }
      count = product
    }
    return count
  }
}
