import FileIO
import Formatting
import Randomness

extension Dataset {
  /// Pools training and test set and draws two disjoint random sets from all of it, the same for the same seed.
  ///
  /// Throws `unsatisfiable` if there are fewer than `train + test` images, or one of them is not positive.
  public func resplit(
    train: Int, test: Int, seed: UInt64
  ) throws(DataError) -> (train: Subset, test: Subset) {
    let (wanted, overflow) = train.addingReportingOverflow(test)
    guard train > 0, test > 0, !overflow, wanted <= pool.count else {
      throw .unsatisfiable(
        reason: "cannot split \(pool.count.grouped) images into \(train.grouped) to train and "
          + "\(test.grouped) to test")
    }
    let order = CounterRandom(seed: seed, purpose: .resplit).permutation(pool.count)
    return (
      Subset(of: pool, indices: Array(order[..<train])),
      Subset(of: pool, indices: Array(order[train..<wanted]))
    )
  }
}

extension Subset {
  /// Holds out `count` random members, the same for the same seed; both parts keep this set's order.
  ///
  /// Throws `unsatisfiable` unless at least one member is held out and one is kept.
  public func holdingOut(_ count: Int, seed: UInt64) throws(DataError) -> (kept: Subset, heldOut: Subset) {
    guard 1..<max(1, self.count) ~= count else {
      throw .unsatisfiable(
        reason: "cannot hold out \(count.grouped) of \(self.count.grouped) images for validation")
    }
    let order = CounterRandom(seed: seed, purpose: .validation).permutation(self.count)
    var isHeldOut = [Bool](repeating: false, count: self.count)
    for position in order[..<count] { isHeldOut[Int(position)] = true }
    return (
      Subset(of: images, indices: zip(indices, isHeldOut).filter { !$1 }.map(\.0)),
      Subset(of: images, indices: zip(indices, isHeldOut).filter { $1 }.map(\.0))
    )
  }

  /// `count` random members without repetition, others for each epoch, the same for the same seed and epoch.
  ///
  /// Throws `unsatisfiable` if there are fewer, or `count` is not positive.
  public func sample(_ count: Int, seed: UInt64, epoch: Int = 0) throws(DataError) -> Subset {
    guard count > 0, count <= self.count else {
      throw .unsatisfiable(reason: "cannot sample \(count.grouped) of \(self.count.grouped) images")
    }
    let random = CounterRandom(seed: seed, purpose: .sample, stream: UInt64(epoch))
    return Subset(of: images, indices: random.permutation(self.count)[..<count].map { indices[Int($0)] })
  }
}
