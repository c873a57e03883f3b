// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Who may read a file besides the gateway.
struct FileAccess: Sendable, Equatable {
  /// The permission bits, e.g. 0o600.
  let mode: UInt32
  /// The user that the file belongs to.
  let owner: UInt32

  /// Whether others than the gateway, the file's owner and root may read, change or run it.
  ///
  /// A file of root's may be readable by its group when the gateway does not run as root: the group
  /// is then how the gateway itself can read it, as with the mounted secrets of Kubernetes.
  func isOpenToOthers(gatewayUser: UInt32 = geteuid()) -> Bool {
    let isGroupOurs = owner == 0 && gatewayUser != 0
    return mode & (isGroupOurs ? 0o037 : 0o077) != 0
  }

  /// Whether the file belongs to neither the gateway's user nor root.
  func belongsToAnother(gatewayUser: UInt32 = geteuid()) -> Bool {
    owner != 0 && owner != gatewayUser
  }
}
