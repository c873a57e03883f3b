// SPDX-License-Identifier: Apache-2.0
import GatewayCore
import TestSupport

/// The end of a chain that does as it is told, and counts.
final class ScriptedUpstream: Destination {
  private let script: Script<Result<Reply, Problem>>

  /// - Parameter results: for one call after the other; the last one stays.
  init(_ results: Result<Reply, Problem>...) { script = Script(results) }

  /// Requests that came as far as this.
  var calls: Int { script.count }

  /// Keeps requests here until `letGo`.
  func hold() { script.hold() }

  func letGo() { script.letGo() }

  var next: Next { Next(to: self) }

  func reply(to exchange: Exchange) async throws(Problem) -> Reply { try await script.next().get() }
}
