/// Makes a ReLU part of the max pool behind it, which has fewer outputs: max(0, x) of the largest x is the largest max(0, x).
func fuseReLUIntoMaxPool(_ operations: inout [PlannedOperation]) {
  for index in operations.indices.dropLast().reversed() where operations[index].operation is ReLUOp {
    guard var pool = operations[index + 1].operation as? MinMaxPoolOp, pool.isMax else { continue }
    pool.appliesReLU = true
    operations[index + 1].operation = pool
    operations.remove(at: index)
  }
}
