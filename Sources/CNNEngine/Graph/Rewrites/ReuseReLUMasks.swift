/// Lets a dropout behind a ReLU leave its mask to it: where dropout has written 0 in place, the ReLU's gradient is 0.
func reuseReLUMasks(_ operations: inout [PlannedOperation]) {
  for index in operations.indices.dropFirst() {
    guard var dropout = operations[index].operation as? DropoutOp else { continue }
    let front = operations[index - 1].operation
    dropout.reusesReLUMask = front is ReLUOp || (front as? MinMaxPoolOp)?.appliesReLU == true
    operations[index].operation = dropout
  }
}
