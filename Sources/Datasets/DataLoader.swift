import FileIO
import Formatting
import Randomness

/// Cuts a set into mini-batches, epoch after epoch; the order is a function of seed and epoch alone.
public struct DataLoader: Sendable {
  /// What is cut.
  public let subset: Subset
  /// Images per batch; the last one of an epoch may have fewer.
  public let batchSize: Int
  /// Whether each epoch has its own random order; otherwise all have the set's.
  public let shuffle: Bool
  /// Whether a last batch with fewer images is left out.
  public let dropLast: Bool
  /// The seed of the order.
  public let seed: UInt64

  /// A loader over `subset`; throws `unsatisfiable` if there would be no batch at all.
  public init(
    _ subset: Subset, batchSize: Int, shuffle: Bool = false, dropLast: Bool = false, seed: UInt64 = 0
  ) throws(DataError) {
    if batchSize < 1 { throw .unsatisfiable(reason: "a batch of \(batchSize) images: it needs at least 1") }
    if subset.count == 0 { throw .unsatisfiable(reason: "no batch: there are no images") }
    if dropLast, subset.count < batchSize {
      throw .unsatisfiable(
        reason: "no batch: \(subset.count.grouped) images are fewer than a batch of \(batchSize.grouped), "
          + "and the last, smaller one is dropped")
    }
    self.subset = subset
    self.batchSize = batchSize
    self.shuffle = shuffle
    self.dropLast = dropLast
    self.seed = seed
  }

  /// How many batches an epoch has.
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

  /// The batches of one epoch: a collection of slices of indices into the subset's pool.
  public struct Epoch: RandomAccessCollection, Sendable {
    /// All indices in the epoch's order, those of a dropped last batch too.
    public let order: [Int32]
    /// Images per batch.
    public let batchSize: Int
    /// How many batches there are.
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
