// SPDX-License-Identifier: Apache-2.0

/// Who may open the file of a unix socket: whoever may write to it.
package struct SocketPermissions: Sendable, Equatable {
  /// Permission bits, e.g. 0o660.
  package var mode: UInt32
  /// A user's number; `nil`: this process's own.
  package var owner: UInt32?
  /// A group's number; `nil`: this process's own.
  package var group: UInt32?

  package init(mode: UInt32, owner: UInt32? = nil, group: UInt32? = nil) {
    self.mode = mode
    self.owner = owner
    self.group = group
  }

  /// This process's user and group may connect.
  package static let standard = SocketPermissions(mode: 0o660)
}
