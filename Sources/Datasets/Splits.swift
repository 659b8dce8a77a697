import FileIO
import Formatting
import Randomness

extension Dataset {
  /// Draws a new training and a new test set, random and disjoint, from the whole pool; reproducible by `seed`.
  ///
  /// Throws `unsatisfiable` if there are fewer than `train + test` images, or one of them is not positive.
  public func resplit(
    train: Int, test: Int, seed: UInt64
  ) throws(DataError) -> (train: Subset, test: Subset) {
    let (total, overflow) = train.addingReportingOverflow(test)
    guard train > 0, test > 0, !overflow, total <= pool.count else {
      throw .unsatisfiable(
        reason: "cannot split \(pool.count.grouped) images into \(train.grouped) training and "
          + "\(test.grouped) test images")
    }
    let order = CounterRandom(seed: seed, purpose: .resplit).permutation(pool.count)
    return (
      Subset(of: pool, indices: Array(order[..<train])),
      Subset(of: pool, indices: Array(order[train..<total]))
    )
  }
}

extension Subset {
  /// Splits off `count` random images for validation, reproducible by `seed`; both parts keep the order of this set.
  ///
  /// Throws `unsatisfiable` unless both parts have at least one image.
  public func holdingOut(_ count: Int, seed: UInt64) throws(DataError) -> (kept: Subset, heldOut: Subset) {
    guard 1..<max(1, self.count) ~= count else {
      throw .unsatisfiable(
        reason: "cannot hold out \(count.grouped) of \(self.count.pluralized("image")) for validation, "
          + (self.count > 1 ? "at most \((self.count - 1).grouped)" : "as one has to be left for training"))
    }
    let order = CounterRandom(seed: seed, purpose: .validation).permutation(self.count)
    var isHeldOut = [Bool](repeating: false, count: self.count)
    for position in order[..<count] { isHeldOut[Int(position)] = true }
    return (
      Subset(of: images, indices: zip(indices, isHeldOut).filter { !$1 }.map(\.0)),
      Subset(of: images, indices: zip(indices, isHeldOut).filter { $1 }.map(\.0))
    )
  }

  /// `count` random images without replacement, different in each epoch, reproducible by `seed` and `epoch`.
  ///
  /// Throws `unsatisfiable` if there are fewer images, or `count` is not positive.
  public func sample(_ count: Int, seed: UInt64, epoch: Int = 0) throws(DataError) -> Subset {
    guard count > 0, count <= self.count else {
      throw .unsatisfiable(reason: "cannot sample \(count.grouped) of \(self.count.pluralized("image"))")
    }
    let random = CounterRandom(seed: seed, purpose: .sample, stream: UInt64(epoch))
    return Subset(of: images, indices: random.permutation(self.count)[..<count].map { indices[Int($0)] })
  }
}
