/// Replaces Winograd's algorithm, which rounds differently, by direct convolution.
func useDirectConvolutions(_ operations: inout [PlannedOperation]) {
  for index in operations.indices {
    guard let convolution = operations[index].operation as? Conv2DOp else { continue }
    operations[index].operation = convolution.direct
  }
}
