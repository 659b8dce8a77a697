import Foundation
import Testing

import Training

/// Limits read from made trees of `/proc` and `/sys`.
@Suite struct MemoryLimitsTests {
  private static let gibibyte = 1 << 30

  /// A root with 16 GiB of memory, 4 GiB of swap and the given files.
  private func limits(_ files: [String: String], addressSpace: Int? = nil) throws -> MemoryLimits {
    let root = FileManager.default.temporaryDirectory.appending(path: "root-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    var files = files
    files["proc/meminfo"] = """
      MemTotal:       16777216 kB
      MemAvailable:    8388608 kB
      SwapTotal:       4194304 kB

      """
    files["proc/self/statm"] = "2000 1000 300 10 0 500 0\n"
    for (name, text) in files {
      let file = root.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return MemoryLimits(root: root.path, addressSpace: addressSpace)
  }

  @Test func theMachineIsTheLimitWithoutAGroup() throws {
    let limits = try limits([:])
    #expect(limits.memory?.bytes == 20 * Self.gibibyte)
    #expect(limits.memory?.origin == "the machine's memory and swap")
    #expect(limits.available == 8 * Self.gibibyte)
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    #expect(limits.resident == 1000 * page)
    #expect(limits.virtual == 2000 * page)
    #expect(limits.addressSpace == nil)
  }

  @Test("Version 2: the smallest limit of the group and those above it, with the swap that each may use")
  func controlGroups() throws {
    let groups = [
      "proc/self/cgroup": "0::/user.slice/job\n", "sys/fs/cgroup/memory.max": "max\n",
      "sys/fs/cgroup/user.slice/memory.max": "\(2 * Self.gibibyte)\n",
      "sys/fs/cgroup/user.slice/memory.swap.max": "0\n",
      "sys/fs/cgroup/user.slice/job/memory.max": "\(3 * Self.gibibyte)\n",
    ]
    let limit = try #require(try limits(groups).memory)
    #expect(limit.bytes == 2 * Self.gibibyte)
    #expect(limit.origin == "the limit of its control group")
    let swapping = groups.merging(["sys/fs/cgroup/user.slice/memory.swap.max": "max\n"]) { $1 }
    #expect(try limits(swapping).memory?.bytes == 6 * Self.gibibyte)
  }

  @Test("In a container the group's path is that of the host, and its limit stands at the root")
  func container() throws {
    let version2 = ["proc/self/cgroup": "0::/docker/12\n", "sys/fs/cgroup/memory.max": "1073741824\n"]
    #expect(try limits(version2).memory?.bytes == 5 * Self.gibibyte)
    let version1 = [
      "proc/self/cgroup": "5:devices:/\n4:memory:/docker/12\n0::/\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
    ]
    #expect(try limits(version1).memory?.bytes == 5 * Self.gibibyte)
    let withSwap = version1.merging(["sys/fs/cgroup/memory/memory.memsw.limit_in_bytes": "1073741824\n"]) {
      $1
    }
    #expect(try limits(withSwap).memory?.bytes == Self.gibibyte)
    // What version 1 has without a limit.
    let unlimited = version1.merging(["sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"])
    { $1 }
    #expect(try limits(unlimited).memory?.bytes == 20 * Self.gibibyte)
  }

  @Test func damagedFilesAreNoLimits() throws {
    let files = [
      "proc/self/cgroup": "0::\n::\n4:memory\nx\n0::/../..\n", "sys/fs/cgroup/memory.max": "-12\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "99999999999999999999\n",
    ]
    #expect(try limits(files).memory?.bytes == 20 * Self.gibibyte)
  }

  @Test func whatFitsNowhereIsRefused() throws {
    let limits = try limits([:], addressSpace: Self.gibibyte)
    func check(_ bytes: Int, _ limits: MemoryLimits) throws -> String? {
      let estimate = MemoryEstimate(parameters: 0, networks: bytes, checkpoint: 0)
      return try limits.check(estimate, for: "training lenet", advice: { "less fits" }).notice
    }
    #expect(try check(Self.gibibyte / 2, limits) == nil)
    let error = try #require(throws: InsufficientMemory.self) { try check(Self.gibibyte, limits) }
    #expect(
      error.description
        == "training lenet takes 1.1 GB of memory (1.1 GB activations), but 1.1 GB is the limit of its "
        + "address space, ulimit -v; less fits")
    let machine = try self.limits([:])
    #expect(throws: InsufficientMemory.self) { try check(20 * Self.gibibyte, machine) }
    let notice = try #require(try check(10 * Self.gibibyte, machine))
    #expect(notice.hasSuffix("but only 8.6 GB is free now; it may be slow, or be stopped by the system"))
  }

  @Test func theLargestBatchThatFitsIsNamed() throws {
    let config = try ConfigSource.load(
      Small.config(train: #""epochs": 1, "batch_size": 4000"#).resolved, flags: [],
      settings: ["data.builtin.train=4000"])
    let data = try Small.data(config)
    func estimate(_ batchSize: Int) throws -> Int {
      try MemoryEstimate.training(config, batchSize: batchSize, evaluated: 100, threads: 2).total
    }
    let present = 2000 * Int(sysconf(Int32(_SC_PAGESIZE)))
    // Batch blocks are whole: up to 1008 and up to 1024 images take the same with vectors of 16 numbers and fewer.
    let limits = try limits([:], addressSpace: present + estimate(1024))
    let error = try #require(throws: InsufficientMemory.self) {
      try config.checkMemory(for: data, threads: 2, limits: limits)
    }
    #expect(error.description.hasSuffix("; --batch-size 1024 fits"))
    #expect(try config.checkMemory(for: data, threads: 2, limits: self.limits([:])).notice == nil)
  }
}
