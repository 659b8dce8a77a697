#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The configs that are shipped.
enum Configs {
  /// The text of `configs/<name>.json`.
  static func text(_ name: String) throws -> String {
    let root = URL(filePath: Fixture.folder).deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: "configs/\(name).json"), encoding: .utf8)
  }
}
