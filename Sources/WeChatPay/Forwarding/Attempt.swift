// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore
internal import HTTP
internal import OpenAPI

/// One signed request and its verified answer.
struct Attempt {
  /// Whether the same request may be sent again.
  enum Repetition: Sendable {
    case never
    /// Nothing was sent.
    case always
    /// Only an operation with a request number, or a GET.
    case ifRepeatable
  }

  struct Failure: Error {
    var problem: Problem
    var repetition: Repetition
  }

  let transport: SignedTransport
  let hosts: Hosts
  let verifier: AnswerVerifier
  let time: TimeSource

  /// - Returns: a verified 2xx.
  func run(
    _ call: SignedCall, to origin: String, keys: VerificationKeys, table: ErrorTable,
    timeout: Duration
  ) async throws(Failure) -> VerifiedAnswer {
    let answer = try await send(call, to: origin, timeout: timeout)
    let start = ContinuousClock.now
    defer { call.journal?.ended("verify", since: start) }
    let verified = try await verify(answer, keys: keys)
    guard let verified, (200...299).contains(answer.status) else {
      throw Failure(
        refusal: Problem(
          refusal: answer, verified: verified != nil, table: table, now: time.unixSeconds()))
    }
    return verified
  }

  private func send(
    _ call: SignedCall, to origin: String, timeout: Duration
  ) async throws(Failure) -> InboundAnswer {
    do throws(SendFailure) {
      let answer = try await transport.send(call, to: origin, timeout: timeout)
      hosts.reached(origin)
      return answer
    } catch {
      switch error {
      case .signing(let detail):
        throw Failure(
          problem: Problem(
            .defect, "the request could not be handled", outcome: .notSent, cause: detail),
          repetition: .never)
      case .clockOff(let seconds):
        throw Failure(
          problem: Problem(
            .signError,
            "the gateway's clock is \(seconds.magnitude) seconds off, so nothing was signed",
            outcome: .notSent, cause: "WeChat Pay's clock is \(seconds) seconds ahead"),
          repetition: .never)
      case .transport(let failure):
        hosts.failed(origin, failure)
        throw Failure(failure)
      }
    }
  }

  /// - Returns: `nil` for an error answer without a signature, which is passed on as what it is.
  private func verify(
    _ answer: InboundAnswer, keys: VerificationKeys
  ) async throws(Failure) -> VerifiedAnswer? {
    do throws(VerificationFailure) {
      return try await verifier.verify(answer) { await keys.key(for: $0) }
    } catch {
      if error.reason == .unsigned, answer.status >= 300 { return nil }
      throw Failure(
        problem: Problem(
          .upstreamSignatureInvalid,
          "an answer came whose signature cannot be verified; it may or may not be WeChat Pay's",
          upstream: UpstreamError(
            status: answer.status, requestID: answer.headers["Request-ID"], verified: false),
          cause: "verification: \(error.reason.rawValue)"),
        repetition: .never)
    }
  }
}

extension Attempt.Failure {
  fileprivate init(refusal problem: Problem) {
    let isPassing = problem.upstream.map { $0.status >= 500 } ?? false
    self.init(
      problem: problem,
      repetition: isPassing || problem.kind.code == ProblemKind.systemError.code
        ? .ifRepeatable : .never)
  }

  fileprivate init(_ failure: TransportFailure) {
    let cause = "\(failure.reason.rawValue): \(failure.detail)"
    guard failure.mayHaveBeenSent else {
      self.init(
        problem: Problem(
          .upstreamUnavailable, "WeChat Pay could not be reached, so nothing was sent", cause: cause
        ),
        repetition: .always)
      return
    }
    switch failure.reason {
    case .malformed:
      self.init(
        problem: Problem(.upstreamMalformed, "an answer came that is not HTTP", cause: cause),
        repetition: .never)
    case .resolve, .connect, .tls, .timeout, .connectionLost:
      self.init(
        problem: Problem(.upstreamTimeout, "WeChat Pay did not answer in time", cause: cause),
        repetition: .ifRepeatable)
    }
  }
}
