// SPDX-License-Identifier: Apache-2.0
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
      let store = try RedisStore(
        RedisAddress(host: host.text, port: port, database: database), password: readPassword())
      if let weakness = store.weakness {
        log(
          .warning, "the store's server may lose request numbers",
          ["store": .text("\(url)"), "reason": .text(weakness)])
      }
      return store
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
