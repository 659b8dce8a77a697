/// Why a server cannot listen or respond.
package enum ListenerError: Error, CustomStringConvertible {
  /// The host name cannot be resolved.
  case unknownHost(String)
  /// The address or port cannot be bound.
  case unavailable(address: String, reason: String)
  /// The thread that computes responses cannot be started.
  case noWorker(reason: String)

  /// A one-line message.
  package var description: String {
    switch self {
    case .unknownHost(let host): "\(host): unknown host; use a name or an address of this machine"
    case .unavailable(let address, let reason): "\(address): \(reason)"
    case .noWorker(let reason): "cannot start a thread for the predictions: \(reason); close other programs"
    }
  }
}
