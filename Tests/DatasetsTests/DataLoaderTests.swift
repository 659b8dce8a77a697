import Datasets
import Testing
import TestSupport

@Suite struct DataLoaderTests {
  private func subset(_ count: Int) -> Subset {
    let zeros = [UInt8](repeating: 0, count: count)
    return Subset(of: LabeledImages(pixels: zeros, labels: zeros.map { UInt16($0) }, height: 1, width: 1))
  }

  private func sizes(_ count: Int, batch: Int, dropLast: Bool = false) throws -> [Int] {
    let loader = try DataLoader(subset(count), batchSize: batch, dropLast: dropLast)
    let batches = loader.epoch(0)
    #expect(loader.stepsPerEpoch == batches.count)
    return batches.map(\.count)
  }

  @Test func keepsOrDropsTheLastBatch() throws {
    #expect(try sizes(10, batch: 4) == [4, 4, 2])
    #expect(try sizes(10, batch: 4, dropLast: true) == [4, 4])
    #expect(try sizes(8, batch: 4) == [4, 4])
    #expect(try sizes(8, batch: 4, dropLast: true) == [4, 4])
    #expect(try sizes(3, batch: 100) == [3])
    #expect(try sizes(3, batch: 1) == [1, 1, 1])
    #expect(try sizes(60_000, batch: 128).count == 469)
    #expect(try sizes(3, batch: .max) == [3])
  }

  @Test func keepsTheOrderUnlessShuffled() throws {
    let loader = try DataLoader(Subset(of: subset(9).images, indices: [8, 3, 5]), batchSize: 2)
    #expect(loader.epoch(0).map(Array.init) == [[8, 3], [5]])
    #expect(loader.epoch(7).order == loader.epoch(0).order)
  }

  @Test func shufflesAsAFunctionOfSeedAndEpoch() throws {
    let loader = try DataLoader(subset(100), batchSize: 7, shuffle: true, seed: 3)
    let first = loader.epoch(1).flatMap { $0 }
    #expect(first.sorted() == Array(0..<100))
    #expect(first != first.sorted())
    #expect(loader.epoch(2).order != first)
    #expect(loader.epoch(1).order == first)
    #expect(try DataLoader(subset(100), batchSize: 50, shuffle: true, seed: 3).epoch(1).order == first)
    #expect(try DataLoader(subset(100), batchSize: 7, shuffle: true, seed: 4).epoch(1).order != first)
  }

  @Test func shufflesOnlyTheSubset() throws {
    let some = Subset(of: subset(100).images, indices: [90, 4, 17, 60])
    let loader = try DataLoader(some, batchSize: 2, shuffle: true, seed: 1)
    #expect((0..<20).allSatisfy { Set(loader.epoch($0).order) == [90, 4, 17, 60] })
  }

  @Test func refusesWhatHasNoBatch() {
    #expect(
      message { _ = try DataLoader(subset(3), batchSize: 4, dropLast: true) }
        == "no batch: 3 images are fewer than a batch of 4, and an incomplete last batch is dropped (drop_last)"
    )
    #expect(
      message { _ = try DataLoader(subset(3), batchSize: 0) } == "batch size 0: must be at least 1")
    #expect(
      message { _ = try DataLoader(Subset(of: subset(3).images, indices: []), batchSize: 1) }
        == "no batch: there are no images")
  }
}
