import Formatting

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

// The system's calls that take a path. Here alone a `String` becomes the bytes of a name (see `String.rawBytes`): for a
// `String` Swift prefers these functions to the C library's, to which it would give the text in UTF-8, as they differ in
// nothing but the type of the path.

/// Calls `body` with the bytes of `path`, as the system takes them.
package func withPath<T>(_ path: String, _ body: (UnsafePointer<CChar>) -> T) -> T {
  var name = path.rawBytes.map { CChar(bitPattern: $0) }
  name.append(0)
  return name.withUnsafeBufferPointer { name in name.baseAddress.map(body) ?? "".withCString(body) }
}

/// open(2).
package func open(_ path: String, _ flags: Int32) -> Int32 { withPath(path) { open($0, flags) } }

/// open(2), with the mode of a file that it creates.
package func open(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
  withPath(path) { open($0, flags, mode) }
}

/// openat(2).
package func openat(_ folder: Int32, _ path: String, _ flags: Int32) -> Int32 {
  withPath(path) { openat(folder, $0, flags) }
}

/// openat(2), with the mode of a file that it creates.
package func openat(_ folder: Int32, _ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
  withPath(path) { openat(folder, $0, flags, mode) }
}

/// stat(2).
package func stat(_ path: String, _ status: UnsafeMutablePointer<stat>) -> Int32 {
  withPath(path) { stat($0, status) }
}

/// lstat(2).
package func lstat(_ path: String, _ status: UnsafeMutablePointer<stat>) -> Int32 {
  withPath(path) { lstat($0, status) }
}

/// fstatat(2).
package func fstatat(_ folder: Int32, _ path: String, _ status: UnsafeMutablePointer<stat>, _ flags: Int32)
  -> Int32
{
  withPath(path) { fstatat(folder, $0, status, flags) }
}

/// access(2).
package func access(_ path: String, _ mode: Int32) -> Int32 { withPath(path) { access($0, mode) } }

/// mkdir(2).
@discardableResult
package func mkdir(_ path: String, _ mode: mode_t) -> Int32 { withPath(path) { mkdir($0, mode) } }

/// mkdirat(2).
@discardableResult
package func mkdirat(_ folder: Int32, _ path: String, _ mode: mode_t) -> Int32 {
  withPath(path) { mkdirat(folder, $0, mode) }
}

/// unlink(2).
@discardableResult
package func unlink(_ path: String) -> Int32 { withPath(path) { unlink($0) } }

/// unlinkat(2).
@discardableResult
package func unlinkat(_ folder: Int32, _ path: String, _ flags: Int32) -> Int32 {
  withPath(path) { unlinkat(folder, $0, flags) }
}

/// rmdir(2).
@discardableResult
package func rmdir(_ path: String) -> Int32 { withPath(path) { rmdir($0) } }

/// rename(2).
@discardableResult
package func rename(_ old: String, _ new: String) -> Int32 {
  withPath(old) { old in withPath(new) { new in rename(old, new) } }
}

/// renameat(2).
@discardableResult
package func renameat(_ oldFolder: Int32, _ old: String, _ newFolder: Int32, _ new: String) -> Int32 {
  withPath(old) { old in withPath(new) { new in renameat(oldFolder, old, newFolder, new) } }
}

/// opendir(3).
#if canImport(Darwin)
  package func opendir(_ path: String) -> UnsafeMutablePointer<DIR>? { withPath(path) { opendir($0) } }
#else
  package func opendir(_ path: String) -> OpaquePointer? { withPath(path) { opendir($0) } }
#endif

/// The path without links, realpath(3); nil, with the reason in `errno`, if there is nothing.
package func resolvedPath(_ path: String) -> String? {
  guard let resolved = withPath(path, { realpath($0, nil) }) else { return nil }
  defer { free(resolved) }
  return String.decoding(rawBytes: resolved)
}

extension String {
  /// The text of a name that the system has returned.
  package static func decoding(rawBytes name: UnsafePointer<CChar>) -> String {
    decoding(rawBytes: UnsafeRawBufferPointer(start: name, count: strlen(name)))
  }
}
