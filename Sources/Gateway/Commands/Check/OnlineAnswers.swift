// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import FoundationEssentials
internal import GatewayCore
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Settings
internal import Storage
internal import Telemetry
internal import WeChatPay

/// What WeChat Pay answers when every merchant asks for the platform certificates.
struct OnlineAnswers: Sendable {
  struct Answer: Sendable {
    let merchant: MerchantID
    var certificates: [PlatformCertificate] = []
    /// `PUB_KEY_ID_…` of the key that verified the answer.
    var publicKeyID: String?
  }

  private(set) var answers: [Answer] = []
  /// Seconds that WeChat Pay's clock is ahead; `nil` when nobody answered.
  let clockSkew: Int64?

  /// Asks for each merchant in turn.
  ///
  /// - Parameter findings: gets a mistake for every merchant that WeChat Pay refuses or that cannot
  ///   verify its answer.
  init(_ preparation: Preparation, findings: inout Findings) async throws {
    let service = try Service(
      preparation,
      lasting: LastingState(store: MemoryStore(), log: .silent, metrics: GatewaySeries()),
      replacing: nil)
    for credentials in preparation.credentials {
      let merchant = credentials.signing.merchant
      var answer = Answer(merchant: merchant)
      do throws(CertificateFailure) {
        if let certificates = service.merchants[merchant]?.keys.platformCertificates {
          do throws(CertificateFailure) {
            try await certificates.refresh()
          } catch {
            // A merchant that began with a public key has no platform certificates.
            guard credentials.publicKey != nil, error.code == .refused else { throw error }
          }
          answer.certificates = certificates.all
        }
        if let key = credentials.publicKey {
          try await service.verifyAnswer(to: credentials.signing, with: key)
          answer.publicKeyID = key.id.text
        }
        answers.append(answer)
      } catch {
        findings.mistake(
          "merchant.\(merchant).id", in: preparation.settings,
          "WeChat Pay could not be asked for certificates: \(error.detail)",
          remedy: error.code.remedy)
      }
    }
    clockSkew = service.skew.seconds
    await service.transport.close()
    if let clockSkew, clockSkew.magnitude > ClockSkew.warningSeconds {
      let finding = Mistake(
        file: preparation.settings.file,
        message: "this machine's clock is \(clockSkew.magnitude) seconds "
          + (clockSkew > 0 ? "behind" : "ahead of") + " WeChat Pay's",
        remedy: "set it, and let a time service keep it")
      if clockSkew.magnitude > ClockSkew.limitSeconds {
        findings.add(finding)
      } else {
        findings.add(warning: finding)
      }
    }
  }

  var lines: [String] {
    answers.map { answer in
      let certificates = answer.certificates.map { "\($0.serialNumber) to \(day($0))" }
      let keys = certificates + (answer.publicKeyID.map { [$0] } ?? [])
      return "merchant \(answer.merchant): verified with \(keys.joined(separator: ", "))"
    } + (clockSkew.map { ["clock: \($0) seconds from WeChat Pay's"] } ?? [])
  }

  var document: JSONValue {
    let merchants = answers.map { answer -> JSONValue in
      [
        "id": .string(answer.merchant.text),
        "certificates": .array(
          answer.certificates.map {
            ["serial_no": .string($0.serialNumber.text), "expires": .string(time($0))]
          }),
        "public_key_id": answer.publicKeyID.map(JSONValue.string) ?? .null,
      ]
    }
    return [
      "clock_skew_seconds": clockSkew.map { .number(JSONNumber(Int($0))) } ?? .null,
      "merchants": .array(merchants),
    ]
  }

  private func time(_ certificate: PlatformCertificate) -> String {
    Date(timeIntervalSince1970: Double(certificate.certificate.notAfter)).ISO8601Format()
  }

  private func day(_ certificate: PlatformCertificate) -> String {
    String(time(certificate).prefix(10))
  }
}

extension Service {
  /// Asks for the certificates with a WeChat Pay public key as the one to sign the answer with. The
  /// answer may be an error: a merchant with such a key need not have any certificate.
  fileprivate func verifyAnswer(
    to credentials: SigningCredentials, with key: VerificationKeys.PublicKey
  ) async throws(CertificateFailure) {
    let answer: InboundAnswer
    do throws(SendFailure) {
      answer = try await SignedTransport(transport: transport, skew: skew).send(
        SignedCall(
          credentials: credentials, method: "GET", target: "/v3/certificates",
          verifiableWith: key.id),
        to: settings.upstream.url.description, timeout: settings.upstream.timeout)
    } catch {
      switch error {
      case .signing(let failure): throw CertificateFailure(.signError, failure.detail)
      case .clockOff(let seconds):
        throw CertificateFailure(.signError, "the clock is off by \(seconds) seconds")
      case .transport(let lost): throw CertificateFailure(.unreachable, lost.detail)
      }
    }
    guard answer.status != 401 else {
      throw CertificateFailure(.signError, "WeChat Pay answered 401")
    }
    do throws(VerificationFailure) {
      _ = try await AnswerVerifier().verify(answer) { $0 == key.id ? key.key : nil }
    } catch {
      throw CertificateFailure(
        .unverified, "the answer is not signed by \(key.id): \(error.reason.rawValue)")
    }
  }
}

extension CertificateFailure.Code {
  /// What to look at.
  var remedy: String {
    switch self {
    case .unreachable: "look at upstream.url, the network and its firewalls"
    case .signError:
      "compare certificate and private_key with the merchant platform, and look at the clock"
    case .undecryptable, .unverified, .malformed:
      "compare api_v3_key and wechatpay_public_key with the merchant platform"
    case .refused, .notConfigured: "see what the merchant platform says of this merchant"
    }
  }
}
