// SPDX-License-Identifier: Apache-2.0
internal import CP11Kit
internal import Concurrency
internal import Glibc

/// The PKCS #11 library of a token's maker. It is loaded once and stays loaded until the process
/// ends, since few of these libraries survive being unloaded.
@safe
package final class TokenModule: @unchecked Sendable {
  // Sendable: the functions may be called by several threads at once, because p11-kit starts a module
  // with CKF_OS_LOCKING_OK; starting it anew excludes them by `lock`.
  private let functions: UnsafeMutablePointer<CK_FUNCTION_LIST>
  private let lock: UnsafeMutablePointer<pthread_rwlock_t>
  private let state: Guarded<State>

  private struct State: Sendable {
    /// How often it was started; what was opened in an earlier life is gone.
    var generation = 1
    var nextStart: ContinuousClock.Instant = .now
  }

  private static let loaded = Guarded<[String: TokenModule]>([:])

  /// A lost token may need the library to be started anew, but not for every request.
  private static let restartInterval = Duration.seconds(1)

  /// The module at `path`, loaded when it is not yet. A name without a slash is looked for where
  /// p11-kit keeps its modules.
  ///
  /// - Throws: `TokenError.badModule`.
  package static func load(_ path: String) throws(TokenError) -> TokenModule {
    try loaded.withLock { loaded throws(TokenError) in
      if let module = loaded[path] { return module }
      let module = try TokenModule(path)
      loaded[path] = module
      return module
    }
  }

  private init(_ path: String) throws(TokenError) {
    guard let functions = unsafe p11_kit_module_load(path, 0) else {
      let reason = unsafe p11_kit_message().map { unsafe String(cString: $0) } ?? ""
      throw TokenError(
        .badModule, "the library \(path) cannot be loaded\(reason.isEmpty ? "" : ": \(reason)")",
        remedy: "write the path of the PKCS #11 library that the token's maker gives")
    }
    let outcome = unsafe p11_kit_module_initialize(functions)
    guard outcome == CKR_OK else {
      throw TokenError(
        .badModule, "the library \(path) does not start (0x\(String(outcome, radix: 16)))",
        remedy: "look at the library's own configuration and log")
    }
    unsafe self.functions = functions
    unsafe lock = .allocate(capacity: 1)
    unsafe pthread_rwlock_init(lock, nil)
    state = Guarded(State())
  }

  /// Calls functions of the module while it is not started anew.
  ///
  /// - Parameter body: gets the functions and the module's generation; handles of another generation
  ///   mean nothing.
  func use<Result>(
    _ body: (UnsafeMutablePointer<CK_FUNCTION_LIST>, Int) throws(TokenError) -> Result
  ) throws(TokenError) -> Result {
    unsafe pthread_rwlock_rdlock(lock)
    defer { unsafe pthread_rwlock_unlock(lock) }
    return try unsafe body(functions, state.withLock { $0.generation })
  }

  /// Starts the module anew, which makes it look for its tokens again; not while a call of it runs,
  /// and not more often than once a second.
  ///
  /// - Parameter generation: what the caller saw; a later one was started anew since then.
  /// - Returns: whether it is worth trying again.
  func restart(seen generation: Int) -> Bool {
    let isDue = state.withLock { state in
      guard state.generation == generation, state.nextStart <= .now else { return false }
      state.nextStart = .now + Self.restartInterval
      return true
    }
    guard isDue else { return state.withLock { $0.generation != generation } }
    // A call that hangs must not make everyone wait for it.
    guard unsafe pthread_rwlock_trywrlock(lock) == 0 else { return false }
    defer { unsafe pthread_rwlock_unlock(lock) }
    _ = unsafe p11_kit_module_finalize(functions)
    let outcome = unsafe p11_kit_module_initialize(functions)
    state.withLock { $0.generation += 1 }
    return outcome == CKR_OK
  }
}
