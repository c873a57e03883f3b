// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Dispatch
internal import GatewayCore
internal import Glibc
internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import OpenAPI
internal import Policies
internal import Settings
internal import Telemetry
internal import WeChatPay

/// Both listeners and what keeps them going, from the start to the last answer.
final class RunningGateway: Sendable {
  private let configuration: String
  private let lasting: LastingState
  private let dataPlane: DataPlane
  private let frontEnd: HTTPServer
  private let admin: HTTPServer
  private let draining: Guarded<Bool>
  private let traffic: Traffic
  private let supervisor: Supervisor

  /// - Throws: `ListenError` when an address cannot be had.
  init(
    _ preparation: Preparation, configuration: String, lasting: LastingState, supervisor: Supervisor
  ) throws {
    self.configuration = configuration
    self.lasting = lasting
    self.supervisor = supervisor
    let settings = preparation.settings
    let service = try Service(preparation, lasting: lasting, replacing: nil)
    let dataPlane = DataPlane(service, log: lasting.log, metrics: lasting.metrics)
    let draining = Guarded(false)
    let traffic = Traffic(lasting.metrics)
    let frontEnd = try HTTPServer(
      .init(settings.server, tls: preparation.tls, log: lasting.log), loop: lasting.loop,
      reject: { dataPlane.reject($0, $1) }, handle: { await dataPlane.answer($0) })
    let adminPlane = AdminPlane(
      dataPlane: dataPlane, lasting: lasting, frontEnd: { frontEnd.statistics },
      isDraining: { draining.withLock { $0 } }, traffic: traffic,
      serverURL: "\(preparation.tls == nil ? "http" : "https")://\(frontEnd.boundAddress)")
    admin = try HTTPServer(
      .init(listen: settings.admin.listen, threads: 1, maximumConnections: 64),
      reject: { AdminPlane.reject($0, $1) }, handle: { await adminPlane.answer($0) })
    self.dataPlane = dataPlane
    self.frontEnd = frontEnd
    self.draining = draining
    self.traffic = traffic
    lasting.log(
      .info, "listening",
      [
        "version": .text(gatewayVersion), "listen": .text("\(frontEnd.boundAddress)"),
        "admin": .text("\(admin.boundAddress)"), "tls": .flag(preparation.tls != nil),
        "operations": .whole(service.catalog.operations.count),
        "merchants": .whole(service.merchants.count),
      ])
  }

  /// What requests are served by now.
  var service: Service { dataPlane.service }
  var address: ListenAddress { frontEnd.boundAddress }
  /// Whether the configuration that runs is older than the one that was last to be read.
  var lastReloadFailed: Bool { !lasting.loads.latest.succeeded }

  /// Serves until SIGTERM or SIGINT, then drains.
  func untilStopped(_ signals: AsyncStream<Int32>) async {
    StartupCode.letGo()
    let (wishes, askFor) = AsyncStream.makeStream(of: Wish.self)
    let listening = Task {
      for await signal in signals {
        switch signal {
        case SIGHUP: askFor.yield(.reload)
        case SIGUSR1: await reopenLogs()
        default: askFor.yield(.stop)
        }
      }
    }
    let noting = Task { await noteTraffic() }
    let refreshing = Task { await refreshCertificates() }
    let trying = Task { await tryLostKeys() }
    let probing = Task { await watchClock() }
    let watching = Task { await watchCredentials { askFor.yield(.reload) } }
    let reporting = Task { await tellReadiness(to: supervisor) }
    let living = Task { await supervisor.keepTellingAlive() }
    // One after the other, whoever asked.
    for await wish in wishes {
      if wish == .stop { break }
      await supervisor.tell(.reloading)
      await reload()
      StartupCode.letGo()
      await supervisor.tell(.ready(status: statusLine))
    }
    for task in [listening, noting, refreshing, trying, probing, watching, reporting] {
      task.cancel()
    }
    // Nothing is said to be ready after the end was announced.
    await reporting.value
    await supervisor.tell(
      .stopping(within: service.settings.server.drainTimeout + Self.closingLimit))
    await drain()
    living.cancel()
  }

  private enum Wish {
    case reload
    case stop
  }

  /// What closing may take once the requests inside are answered.
  private static let closingLimit = Duration.seconds(10)

  /// How soon a changed file is noticed; later where there are so many that looking at all of them
  /// would take more than a hundredth of one core.
  private static let watchInterval = Duration.seconds(2)

  /// A file that is being replaced is read once it has stayed the same for one interval.
  private func watchCredentials(changed: @Sendable () -> Void) async {
    var used = CredentialFiles(of: dataPlane.service.settings)
    var last = used
    var pause = Self.watchInterval
    while !Task.isCancelled {
      try? await Task.sleep(for: pause)
      let start = ContinuousClock.now
      let now = CredentialFiles(of: dataPlane.service.settings)
      pause = max(Self.watchInterval, start.duration(to: .now) * 100)
      if now == last, now != used {
        lasting.log(.info, "credential files changed")
        changed()
        used = now
      }
      last = now
    }
  }

  private func watchClock() async {
    while !Task.isCancelled {
      await dataPlane.service.clockProbe.runIfDue()
      try? await Task.sleep(for: .seconds(1))
    }
  }

  private func noteTraffic() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: Traffic.interval)
      traffic.note()
    }
  }

  private func reopenLogs() async {
    guard let failure = await lasting.logs?.reopen() else {
      return lasting.log(.info, "log files opened anew")
    }
    lasting.log(.error, "a log file cannot be opened anew", ["detail": .text(failure)])
  }

  private func drain() async {
    draining.withLock { $0 = true }
    lasting.log(.info, "draining", ["requests": .whole(frontEnd.statistics.requestsInside)])
    let isDrained = await frontEnd.drain(for: dataPlane.service.settings.server.drainTimeout)
    frontEnd.stop()
    admin.stop()
    await dataPlane.service.transport.close()
    lasting.log(isDrained ? .info : .warning, "stopped", ["drained": .flag(isDrained)])
  }

  private func reload() async {
    let isTaken = await takeConfiguration()
    lasting.loads.record(succeeded: isTaken)
    lasting.metrics.counter(GatewayMetrics.reloads, [isTaken ? "ok" : "refused"]).add()
  }

  /// - Returns: whether the configuration is used from now on; a bad one is refused.
  private func takeConfiguration() async -> Bool {
    let reading = await Preparation.readOnThread(configuration: configuration)
    guard let preparation = reading.preparation else {
      return refuse(reading.findings.mistakes.map(\.description))
    }
    reading.findings.log(to: lasting.log)
    let old = dataPlane.service
    guard frontEnd.boundAddress.isLocal || preparation.settings.asksWhoCalls else {
      return refuse([
        "others can reach \(frontEnd.boundAddress), and nobody would be asked who they are"
      ])
    }
    do {
      let new = try Service(preparation, lasting: lasting, replacing: old)
      for reason in old.settings.changesThatNeedARestart(new.settings) {
        lasting.log(.warning, "a change waits for a restart", ["key": .text(reason)])
      }
      dataPlane.replaceService(with: new)
      if let tls = preparation.tls, frontEnd.isEncrypted { frontEnd.use(tls) }
      lasting.log(.info, "reloaded", ["merchants": .whole(new.merchants.count)])
      // Requests inside keep the old service, and with it the old connections, until they are
      // answered.
      return true
    } catch {
      return refuse(["\(error)"])
    }
  }

  private func refuse(_ mistakes: [String]) -> Bool {
    lasting.log(.error, "the new configuration is refused", ["mistakes": .list(mistakes)])
    return false
  }

  /// At the start, every 12 hours, and again soon where it failed.
  private func refreshCertificates() async {
    var due: [MerchantID: ContinuousClock.Instant] = [:]
    while !Task.isCancelled {
      for merchant in dataPlane.service.merchants.values {
        guard let certificates = merchant.keys.platformCertificates,
          due[merchant.id] ?? .now <= .now
        else { continue }
        due[merchant.id] = .now + (await refresh(certificates, of: merchant))
      }
      try? await Task.sleep(for: .seconds(1))
    }
  }

  /// Tries keys that could not be used, so that the gateway is ready again without a request.
  private func tryLostKeys() async {
    while !Task.isCancelled {
      for merchant in dataPlane.service.merchants.values where merchant.credentials.problem != nil {
        await merchant.credentials.tryKey()
        guard merchant.credentials.problem == nil else { continue }
        lasting.log(.info, "a key can be used again", ["merchant": .text(merchant.id.text)])
      }
      try? await Task.sleep(for: .seconds(1))
    }
  }

  /// - Returns: when to look again.
  private func refresh(_ certificates: PlatformCertificates, of merchant: Merchant) async
    -> Duration
  {
    let downloads = GatewayMetrics.certificateDownloads
    do throws(CertificateFailure) {
      try await certificates.refresh()
      lasting.metrics.counter(downloads, ["ok"]).add()
      return PlatformCertificates.refreshInterval
    } catch {
      lasting.metrics.counter(downloads, [error.code.rawValue]).add()
      // A merchant with a public key may have no certificates at all.
      let level: Log.Level = merchant.keys.isReady ? .info : .error
      lasting.log(
        level, "certificates could not be downloaded",
        [
          "merchant": .text(merchant.id.text), "code": .text(error.code.rawValue),
          "detail": .text(error.detail),
        ])
      return merchant.keys.isReady
        ? PlatformCertificates.refreshInterval : PlatformCertificates.retryInterval
    }
  }
}

extension GatewaySettings {
  /// Whether callers are configured, and refused when they are not known.
  fileprivate var asksWhoCalls: Bool {
    !callers.isEmpty && policies.chain.contains(.authenticate)
      && policies.authenticate.mode == .enforce
  }
}

extension HTTPServer.Configuration {
  fileprivate init(_ settings: ServerSettings, tls: TLSCredentials?, log: Log) {
    self.init(
      listen: settings.listen, socket: SocketPermissions(settings.socket),
      threads: settings.threads,
      maximumConnections: settings.maxConnections,
      maximumRequestsInside: settings.maxRequests, maximumBodyBytes: settings.maxBodyBytes,
      readTimeout: settings.readTimeout, tls: tls,
      log: { log(.warning, "the HTTP library says", ["text": .text($0)]) })
  }
}

extension SocketPermissions {
  fileprivate init(_ settings: SocketSettings) {
    self.init(
      mode: settings.mode, owner: settings.owner?.number, group: settings.group?.number)
  }
}
