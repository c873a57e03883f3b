// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A regular file that was opened for reading: its permissions and its bytes are those of one file,
/// so that nobody can swap it in between.
struct OpenedFile: ~Copyable {
  private let descriptor: Int32
  private let path: String
  let access: FileAccess
  /// When it was opened.
  let byteCount: Int

  /// Keys, certificates and configurations are smaller; a device or a log named by accident is not
  /// read whole.
  static let maximumBytes = 32 << 20

  /// - Parameter path: may lead through symbolic links; what is said of the file is said of the one
  ///   they end at.
  init(path: String) throws(FileProblem) {
    // O_NONBLOCK: a named pipe without a writer would block the start for ever.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    let error = errno
    self.descriptor = descriptor
    self.path = path
    var status = stat()
    let isKnown = unsafe descriptor >= 0 && fstat(descriptor, &status) == 0
    access = FileAccess(mode: UInt32(status.st_mode & 0o7777), owner: status.st_uid)
    byteCount = Int(status.st_size)
    guard isKnown else { throw FileProblem(path: path, error: error) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileProblem(message: "\(path) is not a regular file", remedy: "name a file")
    }
    guard status.st_size <= Self.maximumBytes else {
      throw FileProblem(
        message: "\(path) has more than \(Self.maximumBytes >> 20) MiB",
        remedy: "name the right file")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Reads from where the last call ended, until the memory is full or the file ends.
  func read(into memory: UnsafeMutableRawBufferPointer) throws(FileProblem) -> Int {
    var filled = 0
    while filled < memory.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[filled...])
      let count = unsafe Glibc.read(descriptor, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileProblem(path: path, error: errno) }
      if count == 0 { break }
      filled += count
    }
    return filled
  }
}

/// The bytes of a file that holds no secret.
struct FileContents: Sendable {
  let bytes: [UInt8]

  init(path: String) throws(FileProblem) {
    let file = try OpenedFile(path: path)
    var bytes = [UInt8](repeating: 0, count: file.byteCount)
    let outcome = unsafe bytes.withUnsafeMutableBytes { memory in
      Result { () throws(FileProblem) in try unsafe file.read(into: memory) }
    }
    bytes.removeLast(bytes.count - (try outcome.get()))
    self.bytes = bytes
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
