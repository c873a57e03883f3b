// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import Glibc
internal import HTTP

extension ValueType where Value == SecretReference {
  /// A reference to a key, a token or a certificate, which is read once to see that it can be.
  ///
  /// - Parameter check: a mistake in the bytes and its remedy; both must not hold any of them.
  static func secret(
    _ kind: SecretReference.Kind,
    check: @escaping @Sendable (SecretBytes) -> (message: String, remedy: String)? = { _ in nil }
  ) -> ValueType {
    .string(
      "\"file:PATH\" or \"env:NAME\"",
      parse: { text, keyPath, place, findings in
        guard let reference = SecretReference(text, kind: kind, folder: findings.folder) else {
          // Never quoted: it is probably the secret itself.
          findings.mistake(
            keyPath, at: place,
            kind == .document
              ? "is not a reference to a file" : "must not be written into this file",
            remedy: "put it into a file or a variable and write \"file:PATH\" or \"env:NAME\"")
          return nil
        }
        findings.check(reference, at: keyPath, place, check: check)
        return reference
      }, write: { tomlString("\($0)") })
  }
}

extension ValueType where Value == CallerToken {
  static let callerToken = ValueType.string(
    "\"file:PATH\", \"env:NAME\" or \"sha256:HEX\"",
    parse: { text, keyPath, place, findings in
      if text.hasPrefix("sha256:") {
        if let token = CallerToken(digest: text) { return token }
        findings.mistake(
          keyPath, at: place, "is not a SHA-256 digest",
          remedy: "write \"sha256:\" and 64 hexadecimal digits: printf %s TOKEN | sha256sum")
        return nil
      }
      let type = ValueType<SecretReference>.secret(.text, check: CallerToken.mistake)
      let node = TOMLNode(value: .string(text), place: place)
      return type.read(node, keyPath, findings).map { reference in
        findings.warnOfShortToken(reference, at: keyPath, place)
        return CallerToken.secret(reference)
      }
    },
    write: { token in
      switch token {
      case .secret(let reference): tomlString("\(reference)")
      // The digest is told by its fingerprint only.
      case .sha256: tomlString("sha256:…")
      }
    })
}

extension ValueType where Value == [CallerToken] {
  /// One token, or a list of them.
  static let callerTokens = ValueType(
    "\"file:PATH\", \"env:NAME\" or \"sha256:HEX\", or a list of them",
    read: { node, keyPath, findings in
      if case .array = node.value { return several.read(node, keyPath, findings) }
      return ValueType<CallerToken>.callerToken.read(node, keyPath, findings).map { [$0] }
    },
    write: { tokens in
      tokens.count == 1
        ? ValueType<CallerToken>.callerToken.write(tokens[0]) : several.write(tokens)
    })

  private static let several = ValueType.list(
    of: .callerToken, "a list of \"file:PATH\", \"env:NAME\" or \"sha256:HEX\"", minimum: 1)
}

extension ValueType where Value == CertificateRule {
  static let certificateRule = ValueType.string(
    "\"CN=NAME\", \"dns:NAME\", \"uri:URI\", \"email:ADDRESS\" or \"sha256:HEX\"",
    parse: { text, keyPath, place, findings in
      if let rule = CertificateRule(text) { return rule }
      findings.mistake(
        keyPath, at: place, "is \(quoted(text)), which is no rule for certificates",
        remedy:
          "write \"CN=NAME\" or more attributes of the subject, \"dns:NAME\", \"uri:URI\", "
          + "\"email:ADDRESS\", or \"sha256:\" and 64 hexadecimal digits")
      return nil
    }, write: { tomlString("\($0)") })
}

extension CallerToken {
  /// Source: RFC 6750, 2.1: a bearer token is one word of visible ASCII.
  fileprivate static func mistake(in bytes: SecretBytes) -> (message: String, remedy: String)? {
    let isWord = bytes.withBytes { bytes in
      bytes.indices.allSatisfy { (0x21...0x7e).contains(bytes[$0]) }
    }
    if isWord { return nil }
    return (
      "the token holds a space, a line end or a character outside ASCII, which no header carries",
      "use letters, digits and - . _ ~ + / ="
    )
  }
}

extension Findings {
  /// 16 characters that are chosen at random cannot be guessed; fewer, or words, may be.
  private static let shortestToken = 16

  fileprivate func warnOfShortToken(
    _ reference: SecretReference, at keyPath: String, _ place: Place
  ) {
    guard let count = try? reference.resolve(environment: environment).count,
      count < Self.shortestToken
    else { return }
    warning(
      keyPath, at: place, "the token is so short that others may guess it",
      remedy: "make a new one: openssl rand -hex 32")
  }
}

extension SecretReference {
  /// Reads `file:PATH` or `env:NAME`; nil for anything else.
  init?(_ text: String, kind: Kind, folder: String) {
    if text.hasPrefix("file:") {
      let path = String(text.dropFirst("file:".count))
      guard !path.isEmpty, !path.utf8.contains(0) else { return nil }
      self.init(.file(path: FilePath.join(folder, path)), kind: kind)
    } else if text.hasPrefix("env:") {
      let name = String(text.dropFirst("env:".count))
      // POSIX allows more, but a secret written after `env:` must not be taken for a name and
      // printed.
      guard Self.isVariableName(name) else { return nil }
      self.init(.environment(name: name), kind: kind)
    } else {
      return nil
    }
  }

  private static func isVariableName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }
}

extension Findings {
  /// Reports a reference that leads nowhere, to the wrong thing, or to a file that others can read.
  fileprivate func check(
    _ reference: SecretReference, at keyPath: String, _ place: Place,
    check: (SecretBytes) -> (message: String, remedy: String)?
  ) {
    do throws(SecretProblem) {
      let (bytes, access) = try reference.read(environment: environment)
      if let (message, remedy) = check(bytes) {
        mistake(keyPath, at: place, message, remedy: remedy)
      }
      guard reference.kind != .document, let access, case .file(let path) = reference.source
      else { return }
      // Secrets that orchestrators mount are often readable by all inside a container: said, not
      // refused. A key's file does not come as far as here.
      if access.isOpenToOthers() {
        let problem = SecretProblem.readableByOthers(path: path, mode: access.mode)
        warning(keyPath, at: place, problem.message, remedy: problem.remedy)
      }
      if access.belongsToAnother() {
        warning(
          keyPath, at: place,
          "\(path) belongs to another user (uid \(access.owner)), who can read it",
          remedy: "run: chown \(geteuid()) \(path)")
      }
    } catch {
      mistake(keyPath, at: place, error.message, remedy: error.remedy)
    }
  }
}
