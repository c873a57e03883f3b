// SPDX-License-Identifier: Apache-2.0
package import Cryptography

/// Where a key, a token or a certificate is kept. gateway.conf only ever holds such references,
/// never the secret.
package struct SecretReference: Sendable, Hashable {
  package enum Source: Sendable, Hashable {
    /// A path, already joined with the folder of gateway.conf.
    case file(path: String)
    /// The name of an environment variable.
    case environment(name: String)
  }

  /// What is referred to, which decides how it is read.
  package enum Kind: Sendable, Hashable {
    /// A private key in a file, of whatever format: taken byte for byte, and refused when others than
    /// the owner can read the file.
    case privateKey
    /// One line of text that opens a private key: refused like the key, without a final line end.
    case passphrase
    /// One line of text, such as a token or the APIv3 key: a final line end does not belong to it.
    case text
    /// Public material such as a certificate: taken byte for byte.
    case document

    /// Source: CONTRACT section 4, "a private key file that others can read is refused".
    var isRefusedWhenOpen: Bool { self == .privateKey || self == .passphrase }
    fileprivate var isLine: Bool { self == .passphrase || self == .text }
  }

  package let source: Source
  package let kind: Kind

  package init(_ source: Source, kind: Kind) {
    self.source = source
    self.kind = kind
  }

  /// Reads what is referred to, anew with every call, so that a replaced file is noticed.
  ///
  /// - Parameter environment: where `env:NAME` is looked up.
  /// - Returns: at least one byte.
  /// - Throws: `SecretProblem` when it is missing, empty, unreadable, or a key that others can read.
  package func resolve(
    environment: Environment = .process
  ) throws(SecretProblem) -> SecretBytes {
    try read(environment: environment).bytes
  }

  /// As `resolve`; `access` is that of the file, nil for a variable.
  func read(
    environment: Environment
  ) throws(SecretProblem) -> (bytes: SecretBytes, access: FileAccess?) {
    switch source {
    case .file(let path):
      let (bytes, access) = try readFile(path)
      if kind.isRefusedWhenOpen, access.isOpenToOthers() {
        throw .readableByOthers(path: path, mode: access.mode)
      }
      guard !bytes.isEmpty else {
        throw SecretProblem(message: "\(path) is empty", remedy: "put the secret into it")
      }
      return (bytes, access)
    case .environment(let name):
      guard let value = environment[name] else {
        throw SecretProblem(
          message: "the environment variable \(name) is not set",
          remedy: "set it where the gateway is started, or use \"file:PATH\"")
      }
      let bytes = SecretBytes(kind.isLine ? Self.withoutLineEnd(value) : value)
      guard !bytes.isEmpty else {
        throw SecretProblem(
          message: "the environment variable \(name) is empty", remedy: "put the secret into it")
      }
      return (bytes, nil)
    }
  }

  /// Reads straight into the memory of secrets; no buffer in between keeps a copy.
  private func readFile(_ path: String) throws(SecretProblem) -> (SecretBytes, FileAccess) {
    do throws(FileProblem) {
      let file = try OpenedFile(path: path)
      let isLine = kind.isLine
      let bytes = try unsafe SecretBytes(capacity: file.byteCount) {
        memory throws(FileProblem) -> Int in
        let count = try unsafe file.read(into: memory)
        return isLine ? unsafe Self.countWithoutLineEnd(memory[..<count]) : count
      }
      return (bytes, file.access)
    } catch {
      throw SecretProblem(message: error.message, remedy: error.remedy)
    }
  }

  private static func countWithoutLineEnd(_ text: Slice<UnsafeMutableRawBufferPointer>) -> Int {
    var text = unsafe text
    if unsafe text.last == UInt8(ascii: "\n") { unsafe text.removeLast() }
    if unsafe text.last == UInt8(ascii: "\r") { unsafe text.removeLast() }
    return unsafe text.count
  }

  private static func withoutLineEnd(_ text: String) -> String {
    var text = Substring(text).unicodeScalars
    if text.last == "\n" { text.removeLast() }
    if text.last == "\r" { text.removeLast() }
    return String(text)
  }
}

extension SecretReference: CustomStringConvertible {
  /// As gateway.conf writes it, with the path as it is opened.
  package var description: String {
    switch source {
    case .file(let path): "file:\(path)"
    case .environment(let name): "env:\(name)"
    }
  }
}

/// Why a secret could not be had. Never holds any of it.
package struct SecretProblem: Error, Sendable, Hashable {
  package let message: String
  /// What to do about it; may be empty.
  package let remedy: String

  package init(message: String, remedy: String) {
    self.message = message
    self.remedy = remedy
  }

  static func readableByOthers(path: String, mode: UInt32) -> SecretProblem {
    SecretProblem(
      message: "\(path) can be read by others (mode \(String(mode & 0o777, radix: 8)))",
      remedy: "run: chmod 600 \(path)")
  }
}
