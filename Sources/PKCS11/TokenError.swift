// SPDX-License-Identifier: Apache-2.0
internal import CP11Kit

/// Why a key in a token cannot be used. Equal when the codes are equal.
package struct TokenError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, for a program. A closed set.
  package struct Code: Sendable, Hashable {
    package let name: String
    /// The library cannot be loaded or does not start.
    package static let badModule = Code(name: "bad_module")
    /// Not a PKCS #11 URI (RFC 7512), or one with parts that have no meaning here.
    package static let badURI = Code(name: "bad_uri")
    /// No token matches the URI.
    package static let tokenMissing = Code(name: "token_missing")
    /// The token refused the PIN. It is not tried again: a token locks itself after a few wrong ones.
    package static let wrongPIN = Code(name: "wrong_pin")
    /// No private key matches the URI.
    package static let keyMissing = Code(name: "key_missing")
    /// Several private keys match the URI.
    package static let keyAmbiguous = Code(name: "key_ambiguous")
    /// The key is not the certificate's.
    package static let mismatch = Code(name: "mismatch")
    /// The token did not answer in time.
    package static let timeout = Code(name: "timeout")
    /// So many signatures wait that another one would not be made in time.
    package static let busy = Code(name: "busy")
    /// The token refused, or made a wrong signature.
    package static let failed = Code(name: "failed")
  }

  package let code: Code
  /// What is wrong, for the log and the operator. Never holds a PIN.
  package let detail: String
  /// What to do about it; may be empty.
  package let remedy: String

  /// Whether it may be better once the token was looked for anew.
  var mayPass: Bool { code != .wrongPIN && code != .mismatch }

  package var description: String { "\(code.name): \(detail)" }

  package static func == (left: TokenError, right: TokenError) -> Bool { left.code == right.code }

  init(_ code: Code, _ detail: String, remedy: String = "") {
    self.code = code
    self.detail = detail
    self.remedy = remedy
  }

  /// What a function of a module answered: CK_RV.
  init(_ outcome: CK_RV, from function: String) {
    let number = String(outcome, radix: 16)
    switch outcome {
    // CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE, CKR_PIN_EXPIRED, CKR_PIN_LOCKED
    case 0xA0...0xA3:
      self.init(
        .wrongPIN, "the token refuses the PIN (\(function): 0x\(number))",
        remedy: "correct what private_key_passphrase leads to; a token locks itself after a few "
          + "wrong ones")
    case 0xA4:
      self.init(
        .wrongPIN, "the token is locked (\(function): 0x\(number))",
        remedy: "unlock it with its security officer's PIN")
    default:
      self.init(.failed, "the token fails (\(function): 0x\(number))")
    }
  }
}
