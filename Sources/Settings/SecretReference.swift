// SPDX-License-Identifier: Apache-2.0

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
    /// A private key in a file: taken byte for byte, and refused when others than the owner can
    /// read the file.
    case privateKey
    /// One line of text, such as a token or the APIv3 key: a final line end does not belong to it.
    case text
    /// Public material such as a certificate: taken byte for byte.
    case document
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
  /// - Throws: `SecretProblem` when it is missing, empty, unreadable, or a private key that others
  ///   can read.
  package func resolve(
    environment: Environment = .process
  ) throws(SecretProblem) -> [UInt8] {
    try read(environment: environment).bytes
  }

  /// As `resolve`; `mode` is that of the file, nil for a variable.
  func read(
    environment: Environment
  ) throws(SecretProblem) -> (bytes: [UInt8], mode: UInt32?) {
    switch source {
    case .file(let path):
      let contents: FileContents
      do {
        contents = try FileContents(path: path)
      } catch {
        throw SecretProblem(message: error.message, remedy: error.remedy)
      }
      // Source: CONTRACT section 4, "a private key file that others can read is refused".
      if kind == .privateKey, contents.mode & 0o077 != 0 {
        throw .readableByOthers(path: path, mode: contents.mode)
      }
      let bytes = kind == .text ? Self.withoutLineEnd(contents.bytes) : contents.bytes
      guard !bytes.isEmpty else {
        throw SecretProblem(message: "\(path) is empty", remedy: "put the secret into it")
      }
      return (bytes, contents.mode)
    case .environment(let name):
      guard let value = environment[name] else {
        throw SecretProblem(
          message: "the environment variable \(name) is not set",
          remedy: "set it where the gateway is started, or use \"file:PATH\"")
      }
      let bytes = kind == .text ? Self.withoutLineEnd(Array(value.utf8)) : Array(value.utf8)
      guard !bytes.isEmpty else {
        throw SecretProblem(
          message: "the environment variable \(name) is empty", remedy: "put the secret into it")
      }
      return (bytes, nil)
    }
  }

  private static func withoutLineEnd(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return bytes
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
