// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import Foundation
internal import GatewayCore
internal import HTTPClient
internal import HTTPServer
internal import JSON
internal import OpenAPI
internal import Policies
internal import Settings
internal import WeChatPay

extension AdminPlane {
  /// `/status.json`: what goes on, for people and their tools. Names and numbers only.
  var status: JSONValue {
    get async {
      let service = dataPlane.service
      let statistics = frontEnd()
      let reasons = reasonsNotReady
      return [
        "version": .string(gatewayVersion),
        "time": .string(rfc3339(TimeSource.system.unixSeconds())),
        "uptime_seconds": JSONValue(whole: Int((ContinuousClock.now - started) / .seconds(1))),
        "ready": .bool(reasons.isEmpty),
        "reasons": .strings(reasons),
        "warnings": .strings(warnings),
        "configuration": service.configurationStatus(lasting.loads.latest),
        "requests_in_flight": JSONValue(whole: statistics.requestsInside),
        "requests_waiting": JSONValue(whole: lasting.rateLimits.waiting + lasting.flights.waiting),
        "connections": JSONValue(whole: statistics.openConnections),
        "upstream_connections": JSONValue(whole: service.transport.statistics.openConnections),
        "traffic": traffic.document,
        "operations": .strings(service.catalog.operations.map(\.id)),
        "policies": .array(
          service.settings.policies.chain.map { name in
            [
              "name": .string(name.rawValue),
              "mode": .string(service.settings.policies.mode(of: name).rawValue),
            ]
          }),
        "callers": .array(
          service.settings.callers.map { ["name": .string($0.name)] }),
        "merchants": .array(merchants(of: service)),
        "hosts": .array(
          service.hosts.statuses.map {
            ["origin": .string($0.origin), "circuit": .string($0.phase.rawValue)]
          }),
        "store": await storeStatus,
        "problems": .array(dataPlane.problems.all.map(\.document)),
      ]
    }
  }

  private var storeStatus: JSONValue {
    get async {
      let store = await lasting.store.statistics()
      let errors = lasting.metrics.totals(of: GatewayMetrics.storeErrors).reduce(0) {
        $0 + $1.value
      }
      return [
        "claimed": JSONValue(whole: store.claimed), "answered": JSONValue(whole: store.answered),
        "unknown": JSONValue(whole: store.unknown), "bytes": JSONValue(whole: store.bytes),
        "errors": JSONValue(whole: errors),
      ]
    }
  }

  private func merchants(of service: Service) -> [JSONValue] {
    let recent = traffic.tally(last: .seconds(300)).merchants
    return service.merchantsInOrder.map { merchant in
      let platform = (merchant.keys.platformCertificates?.all ?? []).map { certificate in
        Self.certificate(certificate.serialNumber, certificate.certificate.notAfter)
      }
      let credentials = merchant.credentials
      return JSONValue(present: [
        ("id", .string(merchant.id.text)),
        ("serial_no", .string(credentials.serialNumber.text)),
        ("certificate", Self.certificate(credentials.serialNumber, credentials.expires)),
        ("can_verify", .bool(merchant.keys.isReady)),
        ("platform_certificates", .array(platform)),
        ("public_key_id", merchant.keys.publicKeyID.map { .string($0.text) }),
        ("quota", service.rateLimit?.quota(of: merchant.id).document),
        ("last_5_minutes", (recent[merchant.id.text] ?? Traffic.Tally()).document),
      ])
    }
  }

  private static func certificate(_ serial: SerialNumber, _ expires: Int64?) -> JSONValue {
    JSONValue(present: [
      ("serial_no", .string(serial.text)),
      ("expires", expires.map { .string(rfc3339($0)) }),
      (
        "expires_in_seconds",
        expires.map {
          JSONValue(whole: Int($0 - TimeSource.system.unixSeconds()))
        }
      ),
    ])
  }
}

extension Traffic {
  fileprivate var document: JSONValue {
    [
      "last_minute": tally(last: .seconds(60)).total.document,
      "last_5_minutes": tally(last: .seconds(300)).total.document,
      "last_15_minutes": tally(last: .seconds(900)).total.document,
      // Each interval as [requests, refused, failed].
      "interval_seconds": JSONValue(whole: Int(Traffic.interval / .seconds(1))),
      "history": .array(
        history().map { tally in
          .array([tally.requests, tally.refused, tally.failed].map { JSONValue(whole: $0) })
        }),
    ]
  }
}

extension Traffic.Tally {
  fileprivate var document: JSONValue {
    func rate(_ count: Int) -> JSONValue {
      let thousandths = requests > 0 ? (count * 1000 + requests / 2) / requests : 0
      return JSONNumber(
        text: "\(thousandths / 1000).\(String(1000 + thousandths % 1000).dropFirst())"
      )
      .map(JSONValue.number) ?? .null
    }
    return [
      "requests": JSONValue(whole: requests), "refused": JSONValue(whole: refused),
      "failed": JSONValue(whole: failed), "refused_rate": rate(refused),
      "failed_rate": rate(failed),
    ]
  }
}

extension Quota {
  fileprivate var document: JSONValue {
    [
      "limit": JSONValue(whole: limit), "remaining": JSONValue(whole: remaining),
      "used": JSONValue(whole: limit - remaining),
      "window_seconds": JSONNumber(text: "\(window / .seconds(1))").map(JSONValue.number) ?? .null,
    ]
  }
}

extension RecentProblems.Entry {
  fileprivate var document: JSONValue {
    func texts(_ text: LocalizedText) -> JSONValue {
      ["zh": .string(text[.chinese]), "en": .string(text[.english])]
    }
    return JSONValue(present: [
      ("code", .string(kind.code)), ("source", .string(kind.source)),
      ("status", JSONValue(whole: status)),
      ("operation", kind.operation.map(JSONValue.string)),
      ("merchant", kind.merchant.map { .string($0.text) }),
      ("caller", caller.map(JSONValue.string)),
      ("title", texts(title)), ("advice", texts(advice)),
      ("count", JSONValue(whole: count)), ("last", .string(rfc3339(last))),
      ("request_id", .string(requestID.text)),
    ])
  }
}

extension JSONValue {
  fileprivate init(whole number: Int) { self = .number(JSONNumber(number)) }

  fileprivate static func strings(_ texts: [String]) -> JSONValue {
    .array(texts.map(JSONValue.string))
  }
}

/// UTC, to the second.
private func rfc3339(_ unixSeconds: Int64) -> String {
  Date(timeIntervalSince1970: Double(unixSeconds)).ISO8601Format()
}
