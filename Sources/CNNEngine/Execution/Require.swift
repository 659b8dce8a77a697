/// Stops the program if a condition does not hold: a programming error of the caller.
///
/// The engine is compiled with `-Ounchecked`, where the optimizer assumes that a `precondition` holds instead of checking it.
@inline(__always)
func require(_ condition: Bool, _ what: @autoclosure () -> String = "sizes that do not fit") {
  if !condition { fatalError(what()) }
}
