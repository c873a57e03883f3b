// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import Glibc
internal import HTTP

/// The file of a unix socket that this process made.
struct SocketFile {
  private let path: String
  private let device: UInt64
  private let node: UInt64

  /// `nil` when there is no such file any more.
  init?(path: String) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return nil }
    self.path = path
    device = UInt64(status.st_dev)
    node = UInt64(status.st_ino)
  }

  /// Removes the file unless another process has put its own in its place.
  func remove() {
    guard let current = SocketFile(path: path), current.device == device, current.node == node
    else { return }
    unsafe unlink(path)
  }

  /// Lets those who may connect open the file that was just made at `path`.
  static func give(_ path: String, _ permissions: SocketPermissions) throws(ListenError) {
    // The owner last: after that only root may change the file.
    let same = uid_t.max
    guard unsafe permissions.group == nil || chown(path, same, permissions.group ?? same) == 0,
      unsafe chmod(path, mode_t(permissions.mode)) == 0,
      unsafe permissions.owner == nil || chown(path, permissions.owner ?? same, same) == 0
    else {
      let why = unsafe String(cString: strerror(errno))
      unsafe unlink(path)
      throw ListenError(
        code: .refused,
        message:
          "cannot give unix:\(path) to the users of server.socket: \(why); only root can give it to "
          + "another user, or to a group that this process is not in")
    }
  }

  /// Removes what a dead process left at `path`.
  ///
  /// - Throws: `ListenError` when a live process listens there, or when it is not a socket.
  static func makeRoom(at path: String) throws(ListenError) {
    if try isLeft(at: path) { unsafe unlink(path) }
  }

  /// Finds out whether a socket could be made at `path`.
  static func check(_ path: String) throws(ListenError) {
    _ = try isLeft(at: path)
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    // access(2): the rights to make a file in a folder.
    guard unsafe access(folder, W_OK | X_OK) == 0 else {
      throw ListenError(refused: .unix(path: path), errno)
    }
  }

  /// Whether a dead process left its socket at `path`.
  private static func isLeft(at path: String) throws(ListenError) -> Bool {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return false }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ListenError(
        code: .notASocket,
        message: "cannot listen on unix:\(path): the file exists and is not a socket",
        remedy: "choose another path")
    }
    guard isDead(path) else {
      throw ListenError(
        code: .inUse, message: "cannot listen on unix:\(path): a running process listens there",
        remedy: "stop it or choose another path")
    }
    return true
  }

  /// "ECONNREFUSED: A connect() on a stream socket found no one listening" (connect(2)).
  private static func isDead(_ path: String) -> Bool {
    let descriptor = cmhd_stream_socket(AF_UNIX)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let result = unsafe ListenAddress.unix(path: path).withUnsafeSocketAddress {
      unsafe connect(descriptor, $0, $1)
    }
    return result != 0 && errno == ECONNREFUSED
  }
}
