import ArgumentParser
import CNNEngine
import ConfigDecoding
import FileIO
import HTTPServer
import ModelFormats
import Training

/// The exit statuses of the program, with the values of `sysexits.h`.
enum ExitStatus: Int32 {
  case thresholdMissed = 1
  case usage = 64
  case badData = 65
  case noInput = 66
  case defect = 70
  case unavailable = 71
  case cannotWrite = 74
  case badConfig = 78
  case hungUp = 129
  case interrupted = 130
  /// Nobody reads standard output any more: its reader closed it during a run, which was saved, or a terminal has
  /// vanished. 128 + SIGPIPE.
  case brokenPipe = 141
  case terminated = 143

  var code: ExitCode { ExitCode(rawValue) }

  /// The status of an error; nil for errors of the argument parser.
  init?(of error: any Error) {
    switch error {
    case let error as DataError:
      switch error {
      case .malformed, .unsuitable: self = .badData
      case .unreadable, .unobtainable: self = .noInput
      case .unwritable: self = .cannotWrite
      case .unsatisfiable: self = .usage
      }
    case let error as ConfigError: self = error.issues.allSatisfy(\.location.isFlag) ? .usage : .badConfig
    case let error as SafeTensorsError: self = error.kind == .unreadable ? .noInput : .badData
    case let error as ListenerError:
      if case .unknownHost = error { self = .usage } else { self = .unavailable }
    case is InsufficientMemory, is MemoryError: self = .unavailable
    case is CheckpointError: self = .badData
    case is TrainingError, is NonFiniteOutputError: self = .thresholdMissed
    default: return nil
    }
  }

  /// Every status with its meaning, for the manual.
  static let meanings: [(status: Int32, meaning: String)] = [
    (0, "Success, early stopping included."),
    (
      thresholdMissed.rawValue,
      "--min-accuracy was missed, training diverged, or a network's outputs are not finite."
    ),
    (usage.rawValue, "Wrong command line."), (badData.rawValue, "Bad data in a file."),
    (noInput.rawValue, "An input is missing or cannot be read."),
    (defect.rawValue, "A defect of the program, or a CPU that it was not built for."),
    (unavailable.rawValue, "A port is already in use, or not enough memory or threads."),
    (cannotWrite.rawValue, "An output could not be written."), (badConfig.rawValue, "A bad config."),
    (hungUp.rawValue, "Stopped by SIGHUP, as when a terminal is closed; a run is saved first."),
    (interrupted.rawValue, "Stopped by Ctrl-C (SIGINT); a run is saved first."),
    (brokenPipe.rawValue, "Nobody reads standard output any more; a run is saved first."),
    (terminated.rawValue, "Stopped by SIGTERM; a run is saved first."),
  ]

  /// The lines of an error message.
  static func lines(of error: any Error) -> [String] {
    switch error {
    case let error as DataError: error.lines
    // Its issues are one line each.
    case is ConfigError: "\(error)".split(separator: "\n").map(String.init)
    default: ["\(error)"]
    }
  }
}
