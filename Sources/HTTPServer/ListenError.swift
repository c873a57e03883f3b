// SPDX-License-Identifier: Apache-2.0

/// Why a server could not start, in words for the operator.
package struct ListenError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Code: Sendable, Equatable {
    /// The address or the socket file belongs to a live process.
    case inUse
    /// The kernel refused: permissions, an address that is not this machine's, no descriptors left.
    case refused
    /// The path of the unix socket is something else than a socket.
    case notASocket
    /// The HTTP library could not start.
    case library
  }

  package let code: Code
  /// With the address.
  package let message: String
  /// What to do about it; may be empty.
  package let remedy: String

  init(code: Code, message: String, remedy: String = "") {
    self.code = code
    self.message = message
    self.remedy = remedy
  }

  package var description: String { message + (remedy.isEmpty ? "" : "; \(remedy)") }
}
