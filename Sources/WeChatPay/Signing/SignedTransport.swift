// SPDX-License-Identifier: Apache-2.0
internal import Clocks
package import Cryptography
package import GatewayCore
package import HTTP

/// Signs one attempt and sends it: every attempt has its own timestamp and nonce.
package final class SignedTransport: Sendable {
  private let transport: any Transport
  private let skew: ClockSkew
  private let computing: (any TaskExecutor)?
  private let time: TimeSource
  private let nonce: @Sendable () -> String
  private let signed: @Sendable (SignedCall, _ origin: String) -> Void

  package static let userAgent = "wxpay-gateway/\(gatewayVersion) (Linux; Swift; APIv3)"

  /// - Parameters:
  ///   - skew: is measured with every answer; signing stops when it is too large.
  ///   - computing: where signatures are made, which take the processor for long; `nil`: where the
  ///     caller runs.
  ///   - nonce: 32 of `0-9A-Za-z`.
  ///   - signed: told of every signature made and the host it goes to, for the audit log.
  package init(
    transport: any Transport, skew: ClockSkew = ClockSkew(),
    computing: (any TaskExecutor)? = nil, time: TimeSource = .system,
    nonce: @escaping @Sendable () -> String = { SecureRandom.alphanumeric(count: 32) },
    signed: @escaping @Sendable (SignedCall, _ origin: String) -> Void = { _, _ in }
  ) {
    self.transport = transport
    self.skew = skew
    self.computing = computing
    self.time = time
    self.nonce = nonce
    self.signed = signed
  }

  /// Throws while the clock is too far off to sign.
  func checkClock() throws(SendFailure) {
    if let seconds = skew.tooLarge { throw .clockOff(seconds: seconds) }
  }

  package func send(_ call: SignedCall, to origin: String, timeout: Duration)
    async throws(SendFailure)
    -> InboundAnswer
  {
    try checkClock()
    let start = Moment.now
    var headers = Headers(capacity: 8)
    headers.append("Accept", "application/json")
    headers.append("User-Agent", Self.userAgent)
    do throws(SigningFailure) {
      let authorization = try await withTaskExecutorPreference(computing) {
        () async throws(SigningFailure) in
        try await call.credentials.authorization(
          method: call.method, target: call.target, body: call.body,
          timestamp: time.unixSeconds(), nonce: nonce())
      }
      headers.append("Authorization", authorization)
    } catch {
      throw .signing(error)
    }
    call.journal?.ended(.sign, since: start)
    signed(call, origin)
    if call.body != nil { headers.append("Content-Type", "application/json") }
    if let serial = call.verifiableWith { headers.append("Wechatpay-Serial", serial.text) }
    let sent = Moment.now
    defer { call.journal?.ended(.upstream, since: sent) }
    do throws(TransportFailure) {
      let answer = try await transport.send(
        OutboundRequest(
          method: call.method, origin: origin, target: call.target, headers: headers,
          body: call.body,
          timeout: timeout))
      skew.measure(answer.headers)
      return answer
    } catch {
      throw .transport(error)
    }
  }
}

/// A request to WeChat Pay, before it is signed. An object: attempts share it.
package final class SignedCall: Sendable {
  package let credentials: SigningCredentials
  package let method: String
  /// Path and query, percent-encoded.
  package let target: String
  package let body: [UInt8]?
  /// Goes into `Wechatpay-Serial`: what the answer may be signed with.
  package let verifiableWith: SerialNumber?
  /// On whose behalf: for the audit log. `nil` for the gateway's own requests.
  package let exchange: Exchange?

  package var journal: Journal? { exchange?.journal }

  package init(
    credentials: SigningCredentials, method: String, target: String, body: [UInt8]? = nil,
    verifiableWith: SerialNumber? = nil, exchange: Exchange? = nil
  ) {
    self.credentials = credentials
    self.method = method
    self.target = target
    self.body = body
    self.verifiableWith = verifiableWith
    self.exchange = exchange
  }
}

/// Why an attempt brought no answer.
package enum SendFailure: Error, Sendable {
  /// The key could not sign; nothing was sent.
  case signing(SigningFailure)
  /// This machine's clock is so far from WeChat Pay's that every signature would be refused;
  /// nothing was sent.
  case clockOff(seconds: Int64)
  case transport(TransportFailure)
}
