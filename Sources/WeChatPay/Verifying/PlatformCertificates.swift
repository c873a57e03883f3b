// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
package import Cryptography
package import GatewayCore

/// A merchant's platform certificates: downloaded at the first need, refreshed before they expire,
/// looked for again when an answer names one that is not here.
package final class PlatformCertificates: Sendable {
  package typealias Download =
    @Sendable () async -> Result<[PlatformCertificate], CertificateFailure>

  /// WeChat Pay asks clients to refresh at most every 12 hours.
  package static let refreshInterval = Duration.seconds(12 * 3600)
  /// How soon a download that failed is tried again in the background.
  package static let retryInterval = Duration.seconds(30)
  /// A serial number that a download did not bring is not looked for again for so long: a stream of
  /// answers with a made-up serial must not become a stream of downloads.
  private static let missNanoseconds: Int64 = 10_000_000_000
  /// Different serial numbers that are looked for in that time; with more of them something is
  /// wrong that no download mends.
  private static let rememberedMisses = 8

  /// How far the clocks may be apart, as for signatures.
  private static let toleranceSeconds: Int64 = 300

  /// How long a failure answers for the requests that come after it, which ask for the same: a
  /// crowd of them must not become a crowd of downloads.
  private static let failureNanoseconds: Int64 = 1_000_000_000

  private struct State: Sendable {
    var certificates: [SerialNumber: PlatformCertificate] = [:]
    var download: Task<Result<[PlatformCertificate], CertificateFailure>, Never>?
    var missing: [SerialNumber: Int64] = [:]
    var lastFailure: CertificateFailure?
    var failedAt: Int64 = 0
  }

  private let state = Guarded(State())
  private let download: Download
  private let time: TimeSource

  /// - Parameter known: certificates that were verified before, such as those from before a reload.
  package init(
    known: [PlatformCertificate] = [], time: TimeSource = .system, download: @escaping Download
  ) {
    self.time = time
    self.download = download
    state.withLock { state in
      for certificate in known { state.certificates[certificate.serialNumber] = certificate }
    }
  }

  package var isEmpty: Bool { state.withLock { $0.certificates.isEmpty } }

  /// Why the latest download failed; `nil` after one that succeeded.
  package var lastFailure: CertificateFailure? { state.withLock { $0.lastFailure } }

  /// Newest first.
  package var all: [PlatformCertificate] {
    state.withLock { Array($0.certificates.values) }
      .sorted { $0.certificate.notBefore > $1.certificate.notBefore }
  }

  /// The serial number of the newest certificate that is valid, downloaded when there is none.
  package func newest() async -> Result<SerialNumber, CertificateFailure> {
    if let newest = newestValid() { return .success(newest) }
    if let failure = recentFailure() { return .failure(failure) }
    do throws(CertificateFailure) {
      try await refresh()
    } catch {
      return .failure(error)
    }
    return newestValid().map(Result.success)
      ?? .failure(CertificateFailure(.malformed, "WeChat Pay has no certificate that is valid now"))
  }

  /// The key for a serial; looked for at WeChat Pay once when it is not here.
  package func key(for serial: SerialNumber) async -> RSAPublicKey? {
    if let certificate = certificate(serial) { return certificate.publicKey }
    guard !isKnownToBeMissing(serial), recentFailure() == nil else { return nil }
    // A download that began before the question may have missed a certificate that came since.
    let isJoining = state.withLock { $0.download != nil }
    let isFresh = await refreshed()
    if let certificate = certificate(serial) { return certificate.publicKey }
    guard isFresh else { return nil }
    if isJoining, await refreshed(), let certificate = certificate(serial) {
      return certificate.publicKey
    }
    noteMissing(serial)
    return nil
  }

  /// Downloads now; several callers share one download.
  package func refresh() async throws(CertificateFailure) {
    let task = state.withLock { state in
      if let running = state.download { return running }
      let task = Task { [download] in
        let result = await download()
        self.finish(result)
        return result
      }
      state.download = task
      return task
    }
    if case .failure(let failure) = await task.value { throw failure }
  }

  private func refreshed() async -> Bool {
    do {
      try await refresh()
      return true
    } catch {
      return false
    }
  }

  private func recentFailure() -> CertificateFailure? {
    let now = time.monotonicNanoseconds()
    return state.withLock {
      $0.lastFailure != nil && now - $0.failedAt < Self.failureNanoseconds ? $0.lastFailure : nil
    }
  }

  private func finish(_ result: Result<[PlatformCertificate], CertificateFailure>) {
    state.withLock { state in
      state.download = nil
      switch result {
      case .success(let certificates):
        state.lastFailure = nil
        // Replaced, not added to: one that WeChat Pay withdraws is no longer trusted.
        state.certificates = [:]
        let now = time.unixSeconds()
        for certificate in certificates where certificate.certificate.notAfter > now {
          state.certificates[certificate.serialNumber] = certificate
        }
        if !state.certificates.values.contains(where: {
          $0.hasBegun(at: now + Self.toleranceSeconds)
        }) {
          state.lastFailure = CertificateFailure(.malformed, "no certificate is valid now")
          state.failedAt = time.monotonicNanoseconds()
        }
      case .failure(let failure):
        state.lastFailure = failure
        state.failedAt = time.monotonicNanoseconds()
      }
    }
  }

  func certificate(_ serial: SerialNumber) -> Certificate? {
    let now = time.unixSeconds()
    return state.withLock { $0.certificates[serial]?.certificate }.flatMap {
      $0.notAfter > now ? $0 : nil
    }
  }

  func newestValid() -> SerialNumber? {
    let now = time.unixSeconds()
    let valid = all.filter { $0.certificate.notAfter > now }
    // On a clock that is behind, one that has just begun seems not to have.
    let chosen =
      valid.first { $0.hasBegun(at: now) }
      ?? valid.last { $0.hasBegun(at: now + Self.toleranceSeconds) }
    return chosen?.serialNumber
  }

  private func isKnownToBeMissing(_ serial: SerialNumber) -> Bool {
    let now = time.monotonicNanoseconds()
    return state.withLock { state in
      state.missing = state.missing.filter { $0.value > now }
      return state.missing[serial] != nil || state.missing.count >= Self.rememberedMisses
    }
  }

  private func noteMissing(_ serial: SerialNumber) {
    let until = time.monotonicNanoseconds() + Self.missNanoseconds
    state.withLock { $0.missing[serial] = until }
  }
}

extension PlatformCertificate {
  fileprivate func hasBegun(at time: Int64) -> Bool { certificate.notBefore <= time }
}
