// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import Cryptography
internal import FoundationEssentials
internal import GatewayCore
internal import Settings
internal import Storage
internal import Telemetry

extension StoreSettings {
  /// Opens the store, or connects to it, and says what it does not promise.
  func open(_ log: Log) async throws(StoreFailure) -> any RequestNumberStore {
    switch url {
    case .memory:
      return MemoryStore()
    case .sqlite(let path):
      // When this fails, opening says what is wrong.
      try? FileManager.default.createDirectory(
        at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      return try SQLiteStore(path: path)
    case .redis(let host, let port, let database):
      let store = try await connect(
        RedisAddress(host: host.text, port: port, database: database), log)
      if let weakness = store.weakness {
        log(
          .warning, "the store's server may lose request numbers",
          ["store": .text("\(url)"), "reason": .text(weakness)])
      }
      return store
    }
  }

  /// After a machine has started, the server may be there later than the gateway: it is waited for.
  private func connect(
    _ address: RedisAddress, _ log: Log
  ) async throws(StoreFailure) -> RedisStore {
    let password = try readPassword()
    let deadline = Moment.now + .seconds(60)
    var isWaiting = false
    while true {
      do throws(StoreFailure) {
        return try RedisStore(address, password: password)
      } catch {
        guard error.code == .unavailable, Moment.now < deadline else { throw error }
        if !isWaiting { log(.warning, "waiting for the store", ["detail": .text(error.detail)]) }
        isWaiting = true
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }

  /// `check` and the start have read it before: a failure here is a file that went away since.
  func readPassword() throws(StoreFailure) -> SecretBytes? {
    do throws(SecretProblem) {
      return try password?.resolve()
    } catch {
      throw StoreFailure(.unavailable, detail: "store.password: \(error.message)")
    }
  }
}
