// SPDX-License-Identifier: Apache-2.0
internal import CP11Kit

/// A PKCS #11 URI (RFC 7512) that names a private key, e.g. `pkcs11:token=wxpay;object=1900000001`.
@safe
final class TokenURI: @unchecked Sendable {
  // Sendable: after `init` it is only read.
  private let uri: OpaquePointer
  let text: String

  /// - Throws: `TokenError.badURI`.
  init(_ text: String) throws(TokenError) {
    guard let uri = unsafe p11_kit_uri_new() else { preconditionFailure("out of memory") }
    unsafe self.uri = uri
    self.text = text
    let outcome = unsafe p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri)
    // p11_kit_uri_any_unrecognized: such a URI matches nothing, which is hard to find out later.
    guard outcome == 0, unsafe p11_kit_uri_any_unrecognized(uri) == 0 else {
      throw TokenError(
        .badURI, "is not the URI of a key",
        remedy: "write \"pkcs11:token=LABEL;object=LABEL\" or \"pkcs11:serial=…;id=%01\" (RFC 7512)"
      )
    }
    guard unsafe p11_kit_uri_get_pin_value(uri) == nil,
      unsafe p11_kit_uri_get_pin_source(uri) == nil
    else {
      throw TokenError(
        .badURI, "holds a PIN", remedy: "write private_key_passphrase instead")
    }
    guard unsafe p11_kit_uri_get_module_path(uri) == nil,
      unsafe p11_kit_uri_get_module_name(uri) == nil
    else {
      throw TokenError(
        .badURI, "names a library", remedy: "write it as module into [pkcs11] instead")
    }
  }

  deinit { unsafe p11_kit_uri_free(uri) }

  func matches(_ token: inout CK_TOKEN_INFO) -> Bool {
    unsafe p11_kit_uri_match_token_info(uri, &token) == 1
  }

  /// Lends the parsed URI; it must not be kept.
  func withUnsafeURI<Result>(_ body: (OpaquePointer) -> Result) -> Result { unsafe body(uri) }
}
