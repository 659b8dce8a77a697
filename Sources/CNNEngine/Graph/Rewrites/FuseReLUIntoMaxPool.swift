/// Fuses each ReLU into the max pool that follows it: the two commute, and the pool has fewer outputs.
func fuseReLUIntoMaxPool(_ operations: inout [PlannedOperation]) {
  for index in operations.indices.dropLast().reversed() where operations[index].operation is ReLUOp {
    guard var pool = operations[index + 1].operation as? MinMaxPoolOp, pool.isMax else { continue }
    pool.appliesReLU = true
    operations[index + 1].operation = pool
    operations.remove(at: index)
  }
}
