import FileIO
import Formatting
import Randomness

/// Splits a subset into mini-batches; the order of an epoch is a function of the seed and its number alone.
public struct DataLoader: Sendable {
  /// The images that are loaded.
  public let subset: Subset
  /// The images of a batch; the last batch of an epoch may have fewer.
  public let batchSize: Int
  /// Whether each epoch has its own random order; otherwise all have the order of the subset.
  public let shuffle: Bool
  /// Whether an incomplete last batch is left out.
  public let dropLast: Bool
  /// The seed of the order.
  public let seed: UInt64

  /// A loader over `subset`; throws `unsatisfiable` if an epoch would have no batch.
  public init(
    _ subset: Subset, batchSize: Int, shuffle: Bool = false, dropLast: Bool = false, seed: UInt64 = 0
  ) throws(DataError) {
    if batchSize < 1 { throw .unsatisfiable(reason: "batch size \(batchSize): must be at least 1") }
    if subset.count == 0 { throw .unsatisfiable(reason: "no batch: there are no images") }
    if dropLast, subset.count < batchSize {
      throw .unsatisfiable(
        reason: "no batch: \(subset.count.grouped) images are fewer than a batch of \(batchSize.grouped), "
          + "and an incomplete last batch is dropped (drop_last)")
    }
    self.subset = subset
    self.batchSize = batchSize
    self.shuffle = shuffle
    self.dropLast = dropLast
    self.seed = seed
  }

  /// The number of batches in an epoch.
  public var stepsPerEpoch: Int {
    subset.count / batchSize + (dropLast || subset.count.isMultiple(of: batchSize) ? 0 : 1)
  }

  /// The batches of epoch `number`.
  public func epoch(_ number: Int) -> Epoch {
    guard shuffle else { return Epoch(order: subset.indices, batchSize: batchSize, count: stepsPerEpoch) }
    let random = CounterRandom(seed: seed, purpose: .shuffle, stream: UInt64(number))
    let order = random.permutation(subset.count).map { subset.indices[Int($0)] }
    return Epoch(order: order, batchSize: batchSize, count: stepsPerEpoch)
  }

  /// The batches of one epoch: a collection of slices of the epoch's indices into the pool.
  public struct Epoch: RandomAccessCollection, Sendable {
    /// All indices in the epoch's order, those of a dropped last batch too.
    public let order: [Int32]
    /// The images of a batch.
    public let batchSize: Int
    /// The number of batches.
    public let count: Int

    /// 0.
    public var startIndex: Int { 0 }
    /// `count`.
    public var endIndex: Int { count }

    /// The images of batch `step`, as indices into the pool.
    public subscript(step: Int) -> ArraySlice<Int32> {
      order[step * batchSize..<Swift.min((step + 1) * batchSize, order.count)]
    }
  }
}
