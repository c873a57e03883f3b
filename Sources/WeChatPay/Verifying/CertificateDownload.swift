// SPDX-License-Identifier: Apache-2.0
package import Cryptography
internal import GatewayCore
internal import HTTP

/// `GET /v3/certificates`: decrypt first, then verify the answer with what was decrypted, then
/// trust it.
package struct CertificateDownload: Sendable {
  private static let target = "/v3/certificates"

  private let credentials: SigningCredentials
  private let apiV3Key: AES256GCM.Key
  private let transport: SignedTransport
  private let hosts: Hosts
  private let timeout: Duration
  private let verifier: AnswerVerifier

  package init(
    credentials: SigningCredentials, apiV3Key: AES256GCM.Key, transport: SignedTransport,
    hosts: Hosts,
    timeout: Duration, verifier: AnswerVerifier
  ) {
    self.credentials = credentials
    self.apiV3Key = apiV3Key
    self.transport = transport
    self.hosts = hosts
    self.timeout = timeout
    self.verifier = verifier
  }

  package func run() async -> Result<[PlatformCertificate], CertificateFailure> {
    do throws(CertificateFailure) {
      return .success(try await certificates(in: fetch()))
    } catch {
      return .failure(error)
    }
  }

  private func fetch() async throws(CertificateFailure) -> InboundAnswer {
    var failure = CertificateFailure(.unreachable, "every host's circuit is open")
    var unreachable: Set<String> = []
    while let origin = hosts.next(avoiding: unreachable), unreachable.insert(origin).inserted {
      do throws(SendFailure) {
        let answer = try await transport.send(
          SignedCall(credentials: credentials, method: "GET", target: Self.target), to: origin,
          timeout: timeout)
        hosts.reached(origin)
        return answer
      } catch {
        switch error {
        case .signing(let failure): throw CertificateFailure(.signError, failure.detail)
        case .clockOff(let seconds):
          throw CertificateFailure(.signError, "the clock is off by \(seconds) seconds")
        case .transport(let lost):
          hosts.failed(origin, lost)
          failure = CertificateFailure(.unreachable, "\(lost.reason.rawValue): \(lost.detail)")
        }
      }
    }
    throw failure
  }

  private func certificates(in answer: InboundAnswer) async throws(CertificateFailure)
    -> [PlatformCertificate]
  {
    guard answer.status == 200 else {
      throw CertificateFailure(
        answer.status == 401 ? .signError : .refused, "WeChat Pay answered \(answer.status)")
    }
    let certificates = try PlatformCertificate.decode(answer.body, apiV3Key: apiV3Key)
    do throws(VerificationFailure) {
      _ = try await verifier.verify(answer) { serial in
        certificates.first { $0.serialNumber == serial }?.certificate.publicKey
      }
    } catch {
      throw CertificateFailure(
        .unverified,
        "the answer of /v3/certificates is not signed by one of its certificates: \(error.reason.rawValue)"
      )
    }
    return certificates
  }
}
