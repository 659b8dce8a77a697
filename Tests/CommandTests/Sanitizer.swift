import Foundation

/// The sanitizer the tests and the program run under, as scripts/sanitize says: some things cannot be seen there.
enum Sanitizer: String {
  case address, thread

  static let current = ProcessInfo.processInfo.environment["CNN_SANITIZER"].flatMap(Sanitizer.init)
}
