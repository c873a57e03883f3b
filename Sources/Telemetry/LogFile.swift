// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Where lines are written: a file that can be moved away and opened anew, or standard error.
///
/// Not for several threads: `LineWriter` touches it on one queue.
package final class LogFile: @unchecked Sendable {
  // Sendable: handed to one `LineWriter`, which uses it on its queue only.
  package static var standardError: LogFile { LogFile(descriptor: STDERR_FILENO, path: nil) }

  private let path: String?
  private var descriptor: CInt
  /// What is to be written: whole lines.
  var lines: [UInt8] = [] {
    didSet { written = 0 }
  }
  private var written = 0

  private init(descriptor: CInt, path: String?) {
    self.descriptor = descriptor
    self.path = path
  }

  /// Opens a file for appending, made when it is not there: for its owner to write and its group to
  /// read.
  package convenience init(path: String) throws(LogFileError) {
    self.init(descriptor: try Self.open(path), path: path)
  }

  deinit {
    if path != nil { close(descriptor) }
  }

  var bytesWaiting: Int { lines.count - written }

  /// Writes as much as can be written.
  /// - Returns: why some of it could not.
  func write() -> String? {
    while written < lines.count {
      let count = unsafe lines.withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
      }
      if count < 0, errno != EINTR { return unsafe String(cString: strerror(errno)) }
      written += max(0, count)
    }
    lines = []
    return nil
  }

  /// - Returns: why the file could not be opened anew; the old one is used on then.
  func reopen() -> String? {
    guard let path else { return nil }
    do throws(LogFileError) {
      let new = try Self.open(path)
      close(descriptor)
      descriptor = new
    } catch {
      return error.reason
    }
    // The new file gets the line whole that the old one has a part of.
    let unfinished = lines[..<written].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    if !lines.isEmpty { lines.removeFirst(unfinished) }
    return nil
  }

  private static func open(_ path: String) throws(LogFileError) -> CInt {
    let descriptor = unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else {
      throw LogFileError(path: path, reason: unsafe String(cString: strerror(errno)))
    }
    return descriptor
  }
}

/// Why a log file cannot be opened.
package struct LogFileError: Error, Sendable {
  package let path: String
  /// In the system's words.
  package let reason: String
}
