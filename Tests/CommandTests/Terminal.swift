import Foundation
import TestSupport

/// A pseudo terminal and what was written to it.
final class Terminal: @unchecked Sendable {
  /// The device a program opens.
  let path: String
  private let controller: Int32
  private let lock = NSLock()
  private var bytes: [UInt8] = []
  private var isOver = false
  private var isOpen = true
  private let isRead = DispatchSemaphore(value: 0)

  /// - Parameter isRead: whether there is somebody who reads what is written to it.
  init(columns: Int, isRead: Bool = true) throws {
    var (controller, device): (Int32, Int32) = (-1, -1)
    var size = winsize(ws_row: 50, ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    guard openpty(&controller, &device, nil, nil, &size) == 0, let name = ttyname(device) else {
      throw RunningCommand.Failure(errno, "openpty")
    }
    (path, self.controller) = (String(cString: name), controller)
    close(device)
    _ = fcntl(controller, F_SETFD, FD_CLOEXEC)
    if isRead { Thread.detachNewThread { self.read() } } else { self.isRead.signal() }
  }

  deinit { hangUp() }

  /// Closes it, as when its window is closed; only for one that is not read.
  func hangUp() {
    lock.withLock {
      if isOpen { close(controller) }
      isOpen = false
    }
  }

  /// Types, as on a keyboard; Ctrl-C is U+0003.
  func type(_ text: String) { _ = text.withCString { write(controller, $0, strlen($0)) } }

  /// What was written so far.
  var transcript: String { lock.withLock { String(decoding: bytes, as: UTF8.self) } }

  /// Waits until everything is read that programs, now ended, have written.
  func waitForEnd() {
    lock.withLock { isOver = true }
    isRead.wait()
  }

  private func read() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let isOver = lock.withLock { self.isOver }
      let count = Foundation.read(controller, &buffer, buffer.count)
      if count > 0 {
        lock.withLock { bytes += buffer.prefix(count) }
      } else if isOver {
        break
      } else {
        // No program has it open yet, or any more.
        usleep(1_000)
      }
    }
    isRead.signal()
  }
}

/// What a terminal of some columns shows after what was written to it: enough of its language for this program.
struct Screen {
  private let columns: Int
  private var rows: [[Character]] = [[]]
  /// Whether a row is wrapped into the next one.
  private var isWrapped = [false]
  private var (row, column, wraps) = (0, 0, true)

  init(columns: Int, _ text: String) {
    self.columns = columns
    var rest = Substring(text)
    while let match = rest.prefixMatch(of: /\u{1B}\[\??(\d*(?:;\d+)*)([A-Za-z])|\r\n|(?s:.)/) {
      rest = rest[match.range.upperBound...]
      if let command = match.output.2 {
        control(String(command), match.output.1.map(String.init) ?? "")
      } else {
        for character in match.output.0.unicodeScalars { write(Character(character)) }
      }
    }
  }

  /// The lines, those joined again that the terminal has wrapped; without empty ones at the end.
  var lines: [String] {
    var lines: [String] = []
    var isGoingOn = false
    for (row, wraps) in zip(rows, isWrapped) {
      let text = String(row)
      if isGoingOn { lines[lines.count - 1] += text } else { lines.append(text) }
      isGoingOn = wraps
    }
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  /// Whether the cursor is at the start of the line behind the last one.
  var cursorIsBelow: Bool { column == 0 && row == rows.count - 1 && rows[row].isEmpty }

  private mutating func write(_ character: Character) {
    switch character {
    case "\r": column = 0
    case "\n":
      row += 1
      if row == rows.count { append() }
    default:
      if column == columns, wraps {
        isWrapped[row] = true
        (row, column) = (row + 1, 0)
        if row == rows.count { append() }
      }
      let place = min(column, columns - 1)
      while rows[row].count <= place { rows[row].append(" ") }
      rows[row][place] = character
      column = min(column + 1, columns)
    }
  }

  private mutating func append() {
    rows.append([])
    isWrapped.append(false)
  }

  private mutating func control(_ command: String, _ parameter: String) {
    switch (command, parameter) {
    case ("J", ""), ("K", ""):
      rows[row] = Array(rows[row].prefix(column))
      isWrapped[row] = false
      if command == "J" {
        rows.removeSubrange((row + 1)...)
        isWrapped.removeSubrange((row + 1)...)
      }
    case ("h", "7"): wraps = true
    case ("l", "7"): wraps = false
    default: break
    }
  }
}
