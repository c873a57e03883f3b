// SPDX-License-Identifier: Apache-2.0
package import HTTP

/// Asks WeChat Pay for the time while this machine's clock looks wrong: a gateway that refuses to
/// sign, and gets no requests because it says that it is not ready, learns by this that the clock is
/// right again.
package struct ClockProbe: Sendable {
  private let transport: any Transport
  private let hosts: Hosts
  private let skew: ClockSkew
  private let timeout: Duration

  package init(transport: any Transport, hosts: Hosts, skew: ClockSkew, timeout: Duration) {
    self.transport = transport
    self.hosts = hosts
    self.skew = skew
    self.timeout = timeout
  }

  /// Does nothing while the clock looks right or was measured a moment ago. The question is not
  /// signed: whatever the host says to that, its answer has a `Date`.
  package func runIfDue() async {
    guard skew.isProbeDue, let origin = hosts.next() else { return }
    let question = OutboundRequest(
      method: "GET", origin: origin, target: "/v3/certificates",
      headers: ["Accept": "application/json", "User-Agent": SignedTransport.userAgent],
      body: nil, timeout: timeout)
    do throws(TransportFailure) {
      let answer = try await transport.send(question)
      hosts.reached(origin)
      skew.measure(answer.headers)
    } catch {
      hosts.failed(origin, error)
    }
  }
}
