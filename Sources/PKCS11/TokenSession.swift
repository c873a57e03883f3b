// SPDX-License-Identifier: Apache-2.0
internal import CP11Kit
internal import Cryptography

/// A key that a configuration names, and what opens it.
struct TokenKeyReference: Sendable {
  let uri: TokenURI
  /// `nil`: the token is used without logging in.
  let pin: SecretBytes?
  /// Of the certificate that belongs to the key.
  let publicKey: RSAPublicKey
}

/// One line to the tokens of a module: at most one session with each. Used by one thread.
final class TokenSession {
  private let module: TokenModule
  private let refused: RefusedLogins
  private var generation = 0
  private var sessions: [CK_SLOT_ID: CK_SESSION_HANDLE] = [:]
  private var keys: [String: OpenKey] = [:]

  private struct OpenKey {
    let session: CK_SESSION_HANDLE
    let object: CK_OBJECT_HANDLE
  }

  private typealias Functions = UnsafeMutablePointer<CK_FUNCTION_LIST>

  init(_ module: TokenModule, refused: RefusedLogins) {
    self.module = module
    self.refused = refused
  }

  /// Signs a DigestInfo, logging in and looking for the key where that was not done yet.
  ///
  /// A session, a login or a key that is lost is looked for once more, then in a module that was
  /// started anew.
  func sign(_ digestInfo: [UInt8], with key: TokenKeyReference) throws(TokenError) -> [UInt8] {
    var failure: TokenError
    do throws(TokenError) { return try attempt(digestInfo, with: key) } catch { failure = error }
    guard failure.mayPass else { throw failure }
    let hadKey = keys[key.uri.text] != nil
    let seen = generation
    close()
    if hadKey {
      do throws(TokenError) { return try attempt(digestInfo, with: key) } catch { failure = error }
      close()
    }
    guard failure.mayPass, module.restart(seen: seen) else { throw failure }
    return try attempt(digestInfo, with: key)
  }

  /// Closes every session. Its keys are looked for again with the next signature.
  func close() {
    keys = [:]
    let open = sessions.values
    sessions = [:]
    let mine = generation
    try? unsafe module.use { functions, current in
      guard current == mine else { return }
      for session in open { _ = unsafe cp11kit_close_session(functions, session) }
    }
  }

  private func attempt(
    _ digestInfo: [UInt8], with key: TokenKeyReference
  ) throws(TokenError) -> [UInt8] {
    try unsafe module.use { functions, current throws(TokenError) in
      if current != generation {
        sessions = [:]
        keys = [:]
        generation = current
      }
      let open = try unsafe openKey(key, functions)
      var signature = [UInt8](repeating: 0, count: key.publicKey.bits / 8 + 1)
      var count = CK_ULONG(signature.count)
      let outcome = unsafe cp11kit_sign(
        functions, open.session, open.object, digestInfo, CK_ULONG(digestInfo.count), &signature,
        &count)
      guard outcome == CKR_OK else { throw TokenError(outcome, from: "C_Sign") }
      return Array(signature.prefix(Int(count)))
    }
  }

  private func openKey(
    _ key: TokenKeyReference, _ functions: Functions
  ) throws(TokenError) -> OpenKey {
    if let known = keys[key.uri.text] { return known }
    let slot = try unsafe slot(of: key.uri, functions)
    let session = try unsafe openSession(slot, key, functions)
    let object = try unsafe findKey(key, session, functions)
    try unsafe check(object, is: key.publicKey, session, functions)
    let open = OpenKey(session: session, object: object)
    keys[key.uri.text] = open
    return open
  }

  private func slot(of uri: TokenURI, _ functions: Functions) throws(TokenError) -> CK_SLOT_ID {
    var slots = [CK_SLOT_ID](repeating: 0, count: 256)
    var count = CK_ULONG(slots.count)
    let outcome = unsafe cp11kit_get_slots(functions, &slots, &count)
    guard outcome == CKR_OK else { throw TokenError(outcome, from: "C_GetSlotList") }
    for slot in slots.prefix(Int(count)) {
      var token = CK_TOKEN_INFO()
      guard unsafe cp11kit_get_token(functions, slot, &token) == CKR_OK,
        token.flags & CKF_TOKEN_INITIALIZED != 0, uri.matches(&token)
      else { continue }
      return slot
    }
    throw TokenError(
      .tokenMissing, "no token matches \(uri.text)",
      remedy: "connect the token, or correct the URI; pkcs11-tool --list-slots shows what is there")
  }

  private func openSession(
    _ slot: CK_SLOT_ID, _ key: TokenKeyReference, _ functions: Functions
  ) throws(TokenError) -> CK_SESSION_HANDLE {
    if let session = sessions[slot] { return session }
    var session: CK_SESSION_HANDLE = 0
    let outcome = unsafe cp11kit_open_session(functions, slot, &session)
    guard outcome == CKR_OK else { throw TokenError(outcome, from: "C_OpenSession") }
    sessions[slot] = session
    guard let pin = key.pin else { return session }
    try refused.check(slot, pin)
    let login = unsafe pin.withUnsafePointer { pin in
      unsafe cp11kit_login(functions, session, pin.baseAddress, CK_ULONG(pin.count))
    }
    // A login counts for all sessions of the process with the token.
    guard login != CKR_OK, login != CKR_USER_ALREADY_LOGGED_IN else { return session }
    let error = TokenError(login, from: "C_Login")
    if error.code == .wrongPIN { refused.note(slot, pin, error) }
    sessions[slot] = nil
    _ = unsafe cp11kit_close_session(functions, session)
    throw error
  }

  private func findKey(
    _ key: TokenKeyReference, _ session: CK_SESSION_HANDLE, _ functions: Functions
  ) throws(TokenError) -> CK_OBJECT_HANDLE {
    var objects = [CK_OBJECT_HANDLE](repeating: 0, count: 2)
    var count: CK_ULONG = 0
    let outcome = unsafe key.uri.withUnsafeURI { uri in
      unsafe cp11kit_find_keys(
        functions, session, uri, &objects, CK_ULONG(objects.count), &count)
    }
    guard outcome == CKR_OK else { throw TokenError(outcome, from: "C_FindObjects") }
    switch count {
    case 1: return objects[0]
    case 0:
      throw TokenError(
        .keyMissing, "the token holds no private key that matches \(key.uri.text)",
        remedy: key.pin == nil
          ? "write private_key_passphrase: without the PIN a token hides its private keys"
          : "correct object or id in the URI; pkcs11-tool --login --list-objects shows what is there"
      )
    default:
      throw TokenError(
        .keyAmbiguous, "the token holds several private keys that match \(key.uri.text)",
        remedy: "add object or id to the URI")
    }
  }

  private func check(
    _ object: CK_OBJECT_HANDLE, is publicKey: RSAPublicKey, _ session: CK_SESSION_HANDLE,
    _ functions: Functions
  ) throws(TokenError) {
    // 16,384 bits: OpenSSL takes no larger key.
    var modulus = [UInt8](repeating: 0, count: 2048)
    var count = CK_ULONG(modulus.count)
    let outcome = unsafe cp11kit_get_attribute(
      functions, session, object, CKA_MODULUS, &modulus, &count)
    // Another kind of key has no modulus: CKR_ATTRIBUTE_TYPE_INVALID.
    guard outcome == CKR_OK, count <= modulus.count,
      Array(modulus.prefix(Int(count)).drop { $0 == 0 }) == publicKey.modulus
    else {
      throw TokenError(
        .mismatch, "the key in the token is not that of the certificate",
        remedy: "correct the URI, or name the certificate that was applied for with this key")
    }
  }
}
