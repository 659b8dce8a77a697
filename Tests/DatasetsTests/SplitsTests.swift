import Datasets
import Formatting
import Testing
import TestSupport

@Suite struct SplitsTests {
  private let set = Dataset(
    name: "tiny",
    pool: LabeledImages(
      pixels: [UInt8](repeating: 0, count: 100), labels: [UInt16](repeating: 0, count: 100), height: 1,
      width: 1),
    trainCount: 80)

  @Test func resplitIsRandomDisjointAndReproducible() throws {
    let (train, test) = try set.resplit(train: 70, test: 30, seed: 4)
    #expect((train.indices + test.indices).sorted() == Array(0..<100))
    #expect(train.indices != train.indices.sorted())
    #expect(test.indices.contains { $0 < 80 })
    let again = try set.resplit(train: 70, test: 30, seed: 4)
    #expect(again.train.indices == train.indices)
    #expect(try set.resplit(train: 70, test: 30, seed: 5).train.indices != train.indices)
    let fewer = try set.resplit(train: 7, test: 3, seed: 4)
    #expect(fewer.train.count == 7 && fewer.test.count == 3)
    #expect(Set(fewer.train.indices).isDisjoint(with: fewer.test.indices))
  }

  @Test(arguments: [(90, 11), (0, 5), (5, 0), (-1, 5), (Int.max, Int.max)])
  func resplitRefuses(train: Int, test: Int) {
    #expect(
      message { _ = try set.resplit(train: train, test: test, seed: 0) }
        == "cannot split 100 images into \(train.grouped) training and \(test.grouped) test images")
  }

  @Test func holdsOutForValidation() throws {
    let (kept, heldOut) = try set.train.holdingOut(10, seed: 1)
    #expect((kept.indices + heldOut.indices).sorted() == Array(0..<80))
    #expect(heldOut.count == 10)
    #expect(kept.indices == kept.indices.sorted())
    #expect(heldOut.indices != Array(0..<10))
    #expect(try set.train.holdingOut(10, seed: 1).heldOut.indices == heldOut.indices)
    #expect(try set.train.holdingOut(10, seed: 2).heldOut.indices != heldOut.indices)
  }

  @Test func holdsOutOfAResplitSet() throws {
    let train = try set.resplit(train: 50, test: 50, seed: 3).train
    let (kept, heldOut) = try train.holdingOut(20, seed: 3)
    #expect(Set(kept.indices + heldOut.indices) == Set(train.indices))
    #expect(kept.count == 30)
  }

  @Test(arguments: [0, -1, 80, 1000])
  func holdingOutRefuses(count: Int) {
    #expect(
      message { _ = try set.train.holdingOut(count, seed: 0) }
        == "cannot hold out \(count.grouped) of 80 images for validation, at most 79")
  }

  @Test func samplesDifferInEachEpoch() throws {
    let first = try set.test.sample(15, seed: 6, epoch: 1)
    #expect(Set(first.indices).count == 15)
    #expect(first.indices.allSatisfy { $0 >= 80 })
    #expect(try set.test.sample(15, seed: 6, epoch: 1).indices == first.indices)
    #expect(try set.test.sample(15, seed: 6, epoch: 2).indices != first.indices)
    #expect(try set.test.sample(15, seed: 7, epoch: 1).indices != first.indices)
    #expect(try set.test.sample(20, seed: 6).indices.sorted() == set.test.indices)
  }

  @Test(arguments: [0, -3, 21])
  func sampleRefuses(count: Int) {
    #expect(message { _ = try set.test.sample(count, seed: 0) } == "cannot sample \(count) of 20 images")
  }

  @Test func sharesThePool() throws {
    let train = try set.resplit(train: 50, test: 50, seed: 3).train
    let addresses = [set.pool, train.images].map { $0.pixels.withUnsafeBufferPointer(\.baseAddress) }
    #expect(addresses[0] == addresses[1])
  }
}
