// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import GatewayCore
internal import HTTP
internal import HTTPServer
internal import OpenAPI
internal import WeChatPay

/// What the service manager hears of a gateway that runs.
extension RunningGateway {
  /// How long the start may wait for the keys to verify WeChat Pay's answers with: a download that
  /// failed is repeated after 30 s. After that the gateway counts as started all the same: callers
  /// get an answer that says what is wrong, and starting again would not help.
  private static let keysLimit = Duration.seconds(60)
  private static let lookInterval = Duration.milliseconds(200)

  /// Says that the gateway is ready once it has its keys, and from then on every change of what
  /// `/readyz` says.
  func tellReadiness(to supervisor: Supervisor) async {
    guard supervisor.isListening else { return }
    var told = "Waiting for the keys to verify WeChat Pay's answers with"
    await supervisor.tell(.status(told))
    let limit = Moment.now + Self.keysLimit
    while !hasEveryKey, .now < limit {
      guard (try? await Task.sleep(for: Self.lookInterval)) != nil else { return }
    }
    told = statusLine
    await supervisor.tell(.ready(status: told))
    while (try? await Task.sleep(for: .seconds(1))) != nil {
      let line = statusLine
      guard line != told else { continue }
      told = line
      await supervisor.tell(.status(line))
    }
  }

  private var hasEveryKey: Bool { service.merchants.values.allSatisfy(\.keys.isReady) }

  /// One line for `systemctl status`.
  var statusLine: String {
    let reasons = service.reasonsNotReady
    let state =
      reasons.isEmpty
      ? "Serving \(service.catalog.operations.count) operations"
        + " for \(service.merchants.count) merchants on \(address)"
      : "Not ready: " + reasons.joined(separator: "; ")
    return lastReloadFailed
      ? state + " (the last new configuration was refused, the old one stays)" : state
  }
}
