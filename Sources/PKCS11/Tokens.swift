// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Cryptography
internal import Dispatch

/// The tokens of one module: several lanes that sign side by side, and a limit for how long anyone
/// waits for them.
package final class Tokens: Sendable {
  private let lanes: [TokenLane]
  private let timeout: Duration

  /// What may wait for one lane. At some milliseconds each, more would not be made in time.
  private static let waitingPerLane = 256

  /// - Parameters:
  ///   - module: path of the library.
  ///   - sessions: signatures that are made at the same time.
  ///   - timeout: for one signature, waiting included.
  /// - Throws: `TokenError.badModule`.
  package init(module: String, sessions: Int, timeout: Duration) throws(TokenError) {
    let module = try TokenModule.load(module)
    let refused = RefusedLogins()
    lanes = (0..<sessions).map { TokenLane($0, TokenSession(module, refused: refused)) }
    self.timeout = timeout
  }

  /// Signs once it is a lane's turn.
  func sign(
    _ digestInfo: [UInt8], with key: TokenKeyReference
  ) async throws(TokenError) -> [UInt8] {
    let answer: Result<[UInt8], TokenError> = await withCheckedContinuation { continuation in
      let pending = Pending { continuation.resume(returning: $0) }
      start(digestInfo, key, pending)
    }
    return try answer.get()
  }

  /// As `sign`, for threads that may block.
  func signBlocking(
    _ digestInfo: [UInt8], with key: TokenKeyReference
  ) throws(TokenError) -> [UInt8] {
    let answer = Guarded<Result<[UInt8], TokenError>>(.failure(Self.late))
    let done = DispatchSemaphore(value: 0)
    start(
      digestInfo, key,
      Pending {
        let result = $0
        answer.withLock { $0 = result }
        done.signal()
      })
    done.wait()
    return try answer.withLock { $0 }.get()
  }

  private static let late = TokenError(
    .timeout, "the token does not answer in time", remedy: "look at the token and its network")

  private func start(_ digestInfo: [UInt8], _ key: TokenKeyReference, _ pending: Pending) {
    guard let lane = lanes.min(by: { $0.load < $1.load }), lane.load < Self.waitingPerLane else {
      pending.end(.failure(TokenError(.busy, "too many signatures wait for the token")))
      return
    }
    DispatchQueue.global().asyncAfter(deadline: .now() + timeout.dispatchInterval) {
      pending.end(.failure(Self.late))
    }
    lane.run { session in
      guard pending.isWaiting else { return }
      pending.end(Result { () throws(TokenError) in try session.sign(digestInfo, with: key) })
    }
  }
}

/// Somebody who waits for a signature, and is answered once.
private final class Pending: Sendable {
  private let answer: Guarded<(@Sendable (Result<[UInt8], TokenError>) -> Void)?>

  init(_ answer: @escaping @Sendable (Result<[UInt8], TokenError>) -> Void) {
    self.answer = Guarded(answer)
  }

  var isWaiting: Bool { answer.withLock { $0 != nil } }

  func end(_ result: Result<[UInt8], TokenError>) {
    let answer = answer.withLock { answer in
      defer { answer = nil }
      return answer
    }
    answer?(result)
  }
}

extension Duration {
  fileprivate var dispatchInterval: DispatchTimeInterval {
    .milliseconds(Int(components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000))
  }
}
