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
  package let message: String

  package var description: String { message }
}
