// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import GatewayCore
internal import Glibc

/// The thread of a store, which ends by itself.
enum StoreThread {
  /// - Parameter store: for the failure.
  static func start(
    for store: String, _ body: @escaping @Sendable () -> Void
  ) throws(StoreFailure) {
    do throws(NamedThread.Failure) {
      pthread_detach(try NamedThread.start("store", body))
    } catch {
      throw StoreFailure(.unavailable, detail: "no thread for the store \(store)")
    }
  }
}
