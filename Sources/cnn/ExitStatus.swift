import ArgumentParser
import Configuration
import Digits
import Interchange
import Training

/// How the program ends, after the numbers of `sysexits.h`.
enum ExitStatus: Int32 {
  case answerIsNo = 1
  case usage = 64
  case badData = 65
  case noInput = 66
  case defect = 70
  case cannotWrite = 74
  case badConfig = 78
  case interrupted = 130
  /// Nobody read the output of a run any more, which was saved: 128 + SIGPIPE, as a shell would say.
  case unread = 141
  case terminated = 143

  var code: ExitCode { ExitCode(rawValue) }

  /// The status for an error of ours; nil for those of the argument parser.
  init?(of error: any Error) {
    switch error {
    case let error as DataError:
      switch error {
      case .malformed, .unsuitable: self = .badData
      case .unreadable: self = .noInput
      case .unwritable: self = .cannotWrite
      case .unsatisfiable: self = .usage
      }
    case let error as ConfigError: self = error.issues.allSatisfy(\.place.isFlag) ? .usage : .badConfig
    case let error as SafeTensorsError: self = error.kind == .unreadable ? .noInput : .badData
    case is CheckpointError: self = .badData
    case is TrainingError: self = .answerIsNo
    default: return nil
    }
  }

  /// What is wrong, a line each.
  static func lines(of error: any Error) -> [String] {
    "\(error)".split(separator: "\n").map(String.init)
  }
}
