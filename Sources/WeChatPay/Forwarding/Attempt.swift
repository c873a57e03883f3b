// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import Cryptography
internal import GatewayCore
internal import HTTP
internal import OpenAPI

/// Makes attempts: one signed request and its verified answer each.
final class Attempt: Sendable {
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

  private let transport: SignedTransport
  private let hosts: Hosts
  private let verifier: AnswerVerifier
  private let time: TimeSource

  init(
    transport: SignedTransport, hosts: Hosts, verifier: AnswerVerifier, time: TimeSource
  ) {
    self.transport = transport
    self.hosts = hosts
    self.verifier = verifier
    self.time = time
  }

  /// - Parameters:
  ///   - deadline: when the caller must have an answer.
  ///   - timeout: for the attempt, where the deadline leaves so much.
  /// - Returns: a verified 2xx.
  @inline(never)
  func run(
    _ call: SignedCall, to origin: String, keys: VerificationKeys, table: ErrorTable,
    deadline: Moment, timeout: Duration
  ) async throws(Failure) -> VerifiedAnswer {
    let answer = try await send(call, to: origin, timeout: timeout, deadline: deadline)
    let start = Moment.now
    defer { call.journal?.ended(.verify, since: start) }
    let verified = try await verify(answer, keys: keys, before: deadline)
    guard let verified, (200...299).contains(answer.status) else {
      throw Failure(
        refusal: Problem(
          refusal: answer, verified: verified != nil, table: table, now: time.unixSeconds()))
    }
    return verified
  }

  private func send(
    _ call: SignedCall, to origin: String, timeout: Duration, deadline: Moment
  ) async throws(Failure) -> InboundAnswer {
    let remaining = max(.milliseconds(1), deadline - .now)
    let isWhole = remaining >= timeout
    do throws(SendFailure) {
      let answer = try await transport.send(call, to: origin, timeout: min(timeout, remaining))
      hosts.reached(origin)
      return answer
    } catch {
      guard case .transport(let failure) = error else {
        throw Failure(problem: error.problem, repetition: .never)
      }
      // A time that the request's own deadline cut short says nothing about the host.
      if failure.reason != .timeout || isWhole { hosts.failed(origin, failure) }
      throw Failure(failure)
    }
  }

  /// - Returns: `nil` for an error answer without a signature, which is passed on as what it is.
  private func verify(
    _ answer: InboundAnswer, keys: VerificationKeys, before deadline: Moment
  ) async throws(Failure) -> VerifiedAnswer? {
    do throws(VerificationFailure) {
      return try await verifier.verify(answer) { await keys.key(for: $0, before: deadline) }
    } catch {
      if error.reason == .unsigned, answer.status >= 300 { return nil }
      throw Failure(
        problem: Problem(
          .upstreamSignatureInvalid,
          "an answer came whose signature cannot be verified; it may or may not be WeChat Pay's",
          upstream: UpstreamError(
            status: answer.status, requestID: answer.headers.requestID, verified: false),
          cause: "verification: \(error.reason.rawValue)"),
        repetition: .never)
    }
  }
}

extension Problem {
  fileprivate convenience init(_ failure: SigningFailure) {
    let cause = "signing: \(failure.detail)"
    switch failure.reason {
    case .defect:
      self.init(.defect, "the request could not be handled", outcome: .notSent, cause: cause)
    case .unavailable:
      self.init(
        .signError,
        "the merchant's key cannot be used at the moment, so nothing was signed or sent",
        outcome: .notSent, cause: cause)
    case .busy:
      self.init(
        .overloaded, "too many requests wait for the merchant's key", retryAfter: .seconds(1),
        cause: cause)
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
    let repetition: Attempt.Repetition =
      switch failure.reason {
      case _ where !failure.mayHaveBeenSent: .always
      case .malformed: .never
      case .resolve, .connect, .tls, .timeout, .connectionLost: .ifRepeatable
      }
    self.init(problem: SendFailure.transport(failure).problem, repetition: repetition)
  }
}

extension SendFailure {
  /// What the caller is told of it.
  var problem: Problem {
    switch self {
    case .signing(let failure):
      Problem(failure)
    case .clockOff(let seconds):
      Problem(
        .signError,
        "the gateway's clock is \(seconds.magnitude) seconds off, so nothing was signed",
        outcome: .notSent, cause: "WeChat Pay's clock is \(seconds) seconds ahead")
    case .transport(let failure):
      failure.problem
    }
  }
}

extension TransportFailure {
  fileprivate var problem: Problem {
    let cause = "\(reason.rawValue): \(detail)"
    guard mayHaveBeenSent else {
      return Problem(
        .upstreamUnavailable, "WeChat Pay could not be reached, so nothing was sent", cause: cause)
    }
    return switch reason {
    case .malformed: Problem(.upstreamMalformed, "an answer came that is not HTTP", cause: cause)
    case .connectionLost:
      Problem(.upstreamTimeout, "the connection broke before WeChat Pay answered", cause: cause)
    case .resolve, .connect, .tls, .timeout:
      Problem(.upstreamTimeout, "WeChat Pay did not answer in time", cause: cause)
    }
  }
}
