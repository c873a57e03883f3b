// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A file's bytes and who may read it, both from one open file, so that nobody can swap it in
/// between.
struct FileContents: Sendable {
  let bytes: [UInt8]
  /// The permission bits, e.g. 0o600.
  let mode: UInt32

  /// Keys, certificates and configurations are far smaller; a device or a log named by accident is
  /// not read whole.
  static let maximumBytes = 4 << 20

  init(path: String) throws(FileProblem) {
    // O_NONBLOCK: a named pipe without a writer would block the start for ever.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileProblem(path: path, error: errno) }
    defer { close(descriptor) }

    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw FileProblem(path: path, error: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileProblem(message: "\(path) is not a regular file", remedy: "name a file")
    }
    guard status.st_size <= Self.maximumBytes else {
      throw FileProblem(
        message: "\(path) has more than \(Self.maximumBytes >> 20) MiB",
        remedy: "name the right file")
    }
    mode = UInt32(status.st_mode & 0o7777)
    bytes = try Self.readAll(descriptor, path: path)
  }

  private static func readAll(_ descriptor: Int32, path: String) throws(FileProblem) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count <= maximumBytes {
      let count = unsafe read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileProblem(path: path, error: errno) }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return bytes
  }
}

/// Why a file could not be read.
struct FileProblem: Error, Equatable {
  let message: String
  let remedy: String

  init(message: String, remedy: String) {
    self.message = message
    self.remedy = remedy
  }

  init(path: String, error: Int32) {
    switch error {
    case ENOENT, ENOTDIR:
      self.init(
        message: "there is no file \(path)",
        remedy: "paths are relative to the folder of the configuration file")
    case EACCES, EPERM:
      self.init(
        message: "\(path) cannot be read by this user", remedy: "let the gateway's user read it")
    default:
      let reason = unsafe strerror(error).map { unsafe String(cString: $0) } ?? "error \(error)"
      self.init(
        message: "\(path) cannot be read: \(reason)",
        remedy: "look at the file and its disk")
    }
  }
}

/// Paths as gateway.conf writes them.
enum FilePath {
  /// The folder that relative paths in `file` start from; empty for the current one.
  static func folder(of file: String) -> String {
    guard let slash = file.lastIndex(of: "/") else { return "" }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }

  /// `path` itself when it is absolute.
  static func join(_ folder: String, _ path: String) -> String {
    if path.hasPrefix("/") || folder.isEmpty { return path }
    return folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
  }
}
