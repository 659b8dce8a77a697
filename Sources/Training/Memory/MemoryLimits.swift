import CNNEngine
import FileIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How much memory this process may have, and what sets that limit.
public struct MemoryLimits: Sendable, Equatable {
  /// A limit and what sets it.
  public struct Limit: Sendable, Equatable {
    /// In bytes.
    public let bytes: Int
    /// What sets it, for messages.
    public let origin: String
  }

  /// The most that this process can have: the memory and swap of the machine, or the control group's.
  public let memory: Limit?
  /// The most address space that it can have (`ulimit -v`).
  public let addressSpace: Limit?
  /// What the machine can give without swapping, in bytes.
  public let available: Int?
  /// The memory that this process has now, in bytes.
  public let resident: Int
  /// The address space that this process has now, in bytes.
  public let virtual: Int

  /// Reads the limits.
  ///
  /// - Parameter root: the folder that has `proc` and `sys`.
  public init(root: String = "/", addressSpace: Int? = Self.addressSpaceLimit) {
    let machine = Self.numbers(joinPath(root, "proc/meminfo"))
    let swap = machine["SwapTotal"] ?? 0
    let physical = machine["MemTotal"].map { $0 + swap }
    available = machine["MemAvailable"]
    let limits =
      [physical.map { Limit(bytes: $0, origin: "the machine's memory and swap") }].compactMap { $0 }
      + ControlGroup.limits(root: root, swap: swap).map {
        Limit(bytes: $0, origin: "the limit of its control group")
      }
    memory = limits.min { $0.bytes < $1.bytes }
    self.addressSpace = addressSpace.map {
      Limit(bytes: $0, origin: "the limit of its address space, ulimit -v")
    }
    let pages = Self.text(joinPath(root, "proc/self/statm")).split(separator: " ").prefix(2).map {
      Int($0) ?? 0
    }
    let pageSize = max(Int(sysconf(Int32(_SC_PAGESIZE))), 1)
    let counts =
      pages.count == 2 ? pages.map { $0.multipliedReportingOverflow(by: pageSize).partialValue } : [0, 0]
    virtual = counts[0]
    resident = counts[1] > 0 ? counts[1] : SystemInfo.peakMemory
  }

  /// `RLIMIT_AS`; nil if there is none.
  public static var addressSpaceLimit: Int? {
    var limit = rlimit()
    #if canImport(Glibc)
      let result = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    #else
      let result = getrlimit(RLIMIT_AS, &limit)
    #endif
    return result == 0 && limit.rlim_cur < UInt64(Int.max) ? Int(limit.rlim_cur) : nil
  }

  /// The numbers of `/proc/meminfo`, in bytes.
  private static func numbers(_ path: String) -> [String: Int] {
    var numbers: [String: Int] = [:]
    for line in text(path).split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == ":" }
      guard words.count >= 2, let number = Int(words[1]) else { continue }
      let (bytes, overflow) = number.multipliedReportingOverflow(by: words.count > 2 ? 1024 : 1)
      if !overflow { numbers[String(words[0])] = bytes }
    }
    return numbers
  }

  /// The text of a small file of the system; empty where there is none.
  static func text(_ path: String) -> String {
    guard var source = try? ByteSource(path: path), let bytes = try? source.read(upTo: 1 << 20) else {
      return ""
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Linux's control groups, which limit what containers and services may have.
private enum ControlGroup {
  /// The limits of this process's group and of all groups above it, in bytes; versions 1 and 2.
  static func limits(root: String, swap: Int) -> [Int] {
    let folder = joinPath(root, "sys/fs/cgroup")
    var limits: [Int] = []
    for line in MemoryLimits.text(joinPath(root, "proc/self/cgroup")).split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      if parts[0] == "0", parts[1].isEmpty {
        for group in groups(folder, path: parts[2]) {
          guard let memory = number(joinPath(group, "memory.max")) else { continue }
          limits.append(memory + min(number(joinPath(group, "memory.swap.max")) ?? swap, swap))
        }
      } else if parts[1].split(separator: ",").contains("memory") {
        for group in groups(joinPath(folder, "memory"), path: parts[2]) {
          guard let memory = number(joinPath(group, "memory.limit_in_bytes")) else { continue }
          limits.append(
            min(number(joinPath(group, "memory.memsw.limit_in_bytes")) ?? memory + swap, memory + swap))
        }
      }
    }
    return limits
  }

  /// The folders of a group and of those above it. A container may see its own group as the root.
  private static func groups(_ root: String, path: Substring) -> [String] {
    var groups = [root]
    for part in path.split(separator: "/") { groups.append(joinPath(groups[groups.count - 1], String(part))) }
    return groups
  }

  /// The number in a file; nil for `max`, for one that no machine has, and where there is no file.
  private static func number(_ path: String) -> Int? {
    let number = Int(MemoryLimits.text(path).prefix { $0.isASCII && $0.isNumber })
    return number.flatMap { $0 < 1 << 56 ? $0 : nil }
  }
}
