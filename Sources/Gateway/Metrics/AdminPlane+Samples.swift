// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import GatewayCore
internal import HTTPClient
internal import HTTPServer
internal import Policies
internal import Settings
internal import Telemetry
internal import WeChatPay

extension AdminPlane {
  /// What is read when somebody asks for it, and not counted as it happens.
  var samples: [Metrics.Sample] {
    get async {
      let service = dataPlane.service
      let loads = lasting.loads.latest
      var samples = [
        GatewayMetrics.ready.sample(reasonsNotReady.isEmpty ? 1 : 0),
        GatewayMetrics.build.sample(1, gatewayVersion),
        GatewayMetrics.configuration.sample(1, service.configuration.sha256),
        GatewayMetrics.reloadSucceeded.sample(loads.succeeded ? 1 : 0),
        GatewayMetrics.loaded.sample(Double(loads.loadedAt)),
      ]
      samples += callerSamples
      samples += service.listenerSamples
      samples += service.upstreamSamples
      samples += service.certificateSamples
      samples += service.quotaSamples
      samples += lasting.queueSamples
      samples += await lasting.storeSamples
      samples += lasting.logs?.samples ?? []
      samples += ProcessFigures.samples
      return samples
    }
  }

  private var callerSamples: [Metrics.Sample] {
    let statistics = frontEnd()
    return [
      GatewayMetrics.inFlight.sample(statistics.requestsInside),
      GatewayMetrics.connections.sample(statistics.openConnections),
      GatewayMetrics.connectionsAccepted.sample(statistics.acceptedConnections),
      GatewayMetrics.acceptFailures.sample(statistics.acceptFailures),
      GatewayMetrics.failedHandshakes.sample(statistics.failedHandshakes),
    ]
  }
}

extension LastingState {
  fileprivate var queueSamples: [Metrics.Sample] {
    [
      GatewayMetrics.waiting.sample(rateLimits.waiting, "rate_limit"),
      GatewayMetrics.waiting.sample(flights.waiting, "deduplicate"),
    ]
  }

  fileprivate var storeSamples: [Metrics.Sample] {
    get async {
      let statistics = await store.statistics()
      return [
        GatewayMetrics.storeEntries.sample(statistics.answered, "answered"),
        GatewayMetrics.storeEntries.sample(statistics.claimed, "claimed"),
        GatewayMetrics.storeEntries.sample(statistics.unknown, "unknown"),
        GatewayMetrics.storeBytes.sample(statistics.bytes),
      ]
    }
  }
}

extension LogFiles {
  fileprivate var samples: [Metrics.Sample] {
    named.flatMap { name, writer in
      let statistics = writer.statistics
      return [
        GatewayMetrics.logLinesDropped.sample(statistics.linesDropped, name),
        GatewayMetrics.logErrors.sample(statistics.errors, name),
        GatewayMetrics.logBytesWaiting.sample(statistics.bytesWaiting, name),
      ]
    }
  }
}

extension Service {
  fileprivate var listenerSamples: [Metrics.Sample] {
    guard let tls else { return [] }
    let now = TimeSource.system.unixSeconds()
    let expiry = GatewayMetrics.listenerExpiry
    return [expiry.sample(Int(tls.expiry - now), "certificate")]
      + (tls.authorityExpiry.map { [expiry.sample(Int($0 - now), "client_ca")] } ?? [])
  }

  fileprivate var upstreamSamples: [Metrics.Sample] {
    var samples: [Metrics.Sample] = []
    for host in hosts.statuses {
      for phase in CircuitBreaker.Phase.allCases {
        samples.append(
          GatewayMetrics.circuit.sample(host.phase == phase ? 1 : 0, host.origin, phase.rawValue))
      }
    }
    let statistics = transport.statistics
    samples.append(GatewayMetrics.upstreamConnections.sample(statistics.openConnections))
    let uses = GatewayMetrics.upstreamConnectionUses
    samples.append(uses.sample(statistics.connectionsMade, "new"))
    samples.append(uses.sample(statistics.connectionsReused, "reused"))
    if let seconds = skew.seconds { samples.append(GatewayMetrics.clockSkew.sample(Int(seconds))) }
    return samples
  }

  fileprivate var certificateSamples: [Metrics.Sample] {
    let now = TimeSource.system.unixSeconds()
    var samples: [Metrics.Sample] = []
    for merchant in merchantsInOrder.prefix(Metrics.seriesLimit) {
      func add(_ kind: String, _ serial: SerialNumber, _ expires: Int64) {
        samples.append(
          GatewayMetrics.certificateExpiry.sample(
            Int(expires - now), merchant.id.text, kind, serial.text))
      }
      let credentials = merchant.credentials
      if let expires = credentials.expires { add("merchant", credentials.serialNumber, expires) }
      for known in merchant.keys.platformCertificates?.all ?? [] {
        add("platform", known.serialNumber, known.certificate.notAfter)
      }
    }
    return samples
  }

  fileprivate var quotaSamples: [Metrics.Sample] {
    guard let rateLimit else { return [] }
    return merchantsInOrder.prefix(Metrics.seriesLimit).map { merchant in
      GatewayMetrics.quotaUsed.sample(rateLimit.quota(of: merchant.id).used, merchant.id.text)
    }
  }

  var merchantsInOrder: [Merchant] { merchants.values.sorted { $0.id.text < $1.id.text } }
}

extension Quota {
  /// The share that is used up, from 0 to 1.
  var used: Double { limit > 0 ? Double(limit - remaining) / Double(limit) : 0 }
}
