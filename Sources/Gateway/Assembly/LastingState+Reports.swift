// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import Cryptography
internal import GatewayCore
internal import HTTP
internal import OpenAPI
internal import Policies
internal import Telemetry
internal import WeChatPay

/// What the parts report, as log lines and metrics.
extension LastingState {
  var deduplicated: @Sendable (Deduplicate.Event, StoreFailure?) -> Void {
    { [log, metrics, storeTrouble] event, failure in
      guard let failure else { return metrics.count(event) }
      storeTrouble.note(failure, at: .now)
      metrics.counter(GatewayMetrics.storeErrors, [failure.code.name]).add()
      log(
        .error, "the store failed",
        ["code": .text(failure.code.name), "detail": .text(failure.detail)])
    }
  }

  var rateLimited: @Sendable (RateLimit.Event, MerchantID) -> Void {
    { [metrics] event, merchant in metrics.count(event, merchant) }
  }

  var circuitChanged: @Sendable (Hosts.Status) -> Void {
    { [log, metrics] status in
      metrics.counter(GatewayMetrics.circuitChanges, [status.origin, status.phase.rawValue]).add()
      log(
        .warning, "a circuit changed",
        ["host": .text(status.origin), "phase": .text(status.phase.rawValue)])
    }
  }

  /// Who had what signed for which merchant: never the body, its digest only.
  var audit: @Sendable (SignedCall, _ origin: String) -> Void {
    { [log, metrics] call, origin in
      metrics.countAttempt(at: origin)
      let entry = call.journal?.entry
      log.audit("signed") { line in
        line.add("request_id", call.exchange?.id.text)
        line.add("trace_id", call.exchange.flatMap { TraceContext($0.request.headers)?.traceID })
        line.add("caller", entry?.caller)
        line.add("merchant", call.credentials.merchant.text)
        line.add("serial_no", call.credentials.serialNumber.text)
        line.add("operation", call.exchange?.operation.id ?? "certificates")
        line.add("host", origin)
        line.add("request_number", entry?.requestNumber)
        line.add("attempt", entry?.attempts)
        line.add("body_sha256", call.body.map { SHA256.hex($0) })
      }
    }
  }
}
