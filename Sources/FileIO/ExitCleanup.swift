import Synchronization

/// What must not outlive the program, such as a temporary file or a child process, from its creation to the end of this
/// value: a signal that ends the program removes it first.
package struct ExitCleanup: ~Copyable {
  /// What there is, by number. The state of a process, as its signals are.
  private static let actions = Mutex<(next: Int, pending: [Int: @Sendable () -> Void])>((0, [:]))

  private let number: Int

  /// Calls `create`, which returns what removes the thing it has created, nil for none; both is done or neither when a
  /// signal ends the program.
  package init(_ create: () -> (@Sendable () -> Void)?) {
    number = Self.actions.withLock { actions in
      actions.next += 1
      actions.pending[actions.next] = create()
      return actions.next
    }
  }

  deinit { Self.actions.withLock { $0.pending[number] = nil } }

  /// Removes everything, then ends the program by `exit`; nothing can be created any more.
  package static func exit(_ exit: () -> Never) -> Never {
    actions.withLock { actions in
      for action in actions.pending.values { action() }
      exit()
    }
  }
}
