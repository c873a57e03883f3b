// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Dispatch

/// A thread of its own that makes one signature after the other: a token may take its time, and must
/// not keep Swift's threads or those of the listeners.
final class TokenLane: Sendable {
  private let queue: DispatchQueue
  private let session: Confined
  private let waiting = Guarded(0)

  /// A serial queue runs one block at a time, so only one thread at a time touches the session.
  private final class Confined: @unchecked Sendable {
    // Sendable: used on the lane's queue only.
    let session: TokenSession
    init(_ session: TokenSession) { self.session = session }
  }

  init(_ number: Int, _ session: TokenSession) {
    queue = DispatchQueue(label: "wxpay-gateway.pkcs11.\(number)")
    self.session = Confined(session)
  }

  deinit { queue.async { [session] in session.session.close() } }

  /// Signatures that wait or are being made.
  var load: Int { waiting.withLock { $0 } }

  func run(_ work: @escaping @Sendable (TokenSession) -> Void) {
    waiting.withLock { $0 += 1 }
    queue.async { [self] in
      work(session.session)
      waiting.withLock { $0 -= 1 }
    }
  }
}
