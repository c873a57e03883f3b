// SPDX-License-Identifier: Apache-2.0
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
    { [log, metrics] event, failure in
      metrics.add(GatewayMetrics.deduplicated, [event.rawValue])
      guard let failure else { return }
      log(
        .error, "the store failed",
        ["code": .text(failure.code.name), "detail": .text(failure.detail)])
    }
  }

  var circuitChanged: @Sendable (Hosts.Status) -> Void {
    { [log, metrics] status in
      metrics.set(GatewayMetrics.circuit, [status.origin], to: status.phase == .closed ? 0 : 1)
      log(
        .warning, "a circuit changed",
        ["host": .text(status.origin), "phase": .text(status.phase.rawValue)])
    }
  }

  /// Who had what signed for which merchant: never the body, its digest only.
  var audit: @Sendable (SignedCall, _ origin: String) -> Void {
    { [log, metrics] call, origin in
      metrics.add(GatewayMetrics.attempts, [origin])
      let entry = call.journal?.entry
      log(
        .info, "signed", kind: .audit,
        [
          "request_id": call.exchange.map { .text($0.id.text) },
          "caller": entry?.caller.map(LogValue.text),
          "merchant": .text(call.credentials.merchant.text),
          "operation": .text(call.exchange?.operation.id ?? "certificates"),
          "host": .text(origin),
          "request_number": entry?.requestNumber.map(LogValue.text),
          "body_sha256": call.body.map { .text(SHA256.hex($0)) },
        ])
    }
  }
}
