import Datasets
import Foundation

/// An error with the description of another one, in which the temporary folder is called DIR.
package struct RedactedError: Error, CustomStringConvertible {
  package let description: String
}

/// Runs `body` with the path of a new folder, which is removed afterwards and called DIR in what `body` throws.
package func withTemporaryFolder<T>(_ body: (String) throws -> T) throws -> T {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  do {
    return try body(folder.path)
  } catch {
    throw RedactedError(description: "\(error)".replacing(folder.path, with: "DIR"))
  }
}

/// All files under `folder`, hidden ones too but for the lock of a run, as paths relative to it.
package func listing(_ folder: String) throws -> [String] {
  try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0 != ".lock" }.sorted()
}

package func removeFile(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

/// The lines of a text file.
package func lines(_ path: String) throws -> [String] {
  try String(decoding: contents(path), as: UTF8.self).split(separator: "\n").map(String.init)
}

package func contents(_ path: String) throws -> [UInt8] {
  try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
}

package func write(_ bytes: [UInt8], _ path: String) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

/// The description of the error that `body` throws, or "no error"; `folder` is called DIR in it.
package func message(in folder: String? = nil, _ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return folder.map { "\(error)".replacing($0, with: "DIR") } ?? "\(error)"
  }
}

/// The folder of MNIST, if `$CNN_DATA_DIR` has it.
package let realMNIST = ProcessInfo.processInfo.environment["CNN_DATA_DIR"].flatMap {
  DatasetFiles.arePresent(in: $0) ? $0 : nil
}
