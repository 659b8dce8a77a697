/// Ends the program on a mistake of the caller.
///
/// The engine is compiled with `-Ounchecked`, where `precondition` is a promise to the optimizer and no check.
@inline(__always)
func require(_ condition: Bool, _ what: @autoclosure () -> String = "sizes that do not fit") {
  if !condition { fatalError(what()) }
}
