// SPDX-License-Identifier: Apache-2.0
package import HTTP

/// An answer whose signature was there and right. Only `AnswerVerifier` makes one.
package struct VerifiedAnswer: Sendable {
  package let status: Int
  package let headers: Headers
  package let body: [UInt8]

  init(_ answer: InboundAnswer) {
    status = answer.status
    headers = answer.headers
    body = answer.body
  }

  /// WeChat Pay's name for the request.
  package var requestID: String? { headers.requestID }
}

/// Why an answer could not be verified, for the log.
package struct VerificationFailure: Error, Sendable, Equatable {
  package enum Reason: String, Sendable, CaseIterable {
    /// No `Wechatpay-Signature`.
    case unsigned
    /// One of the other three headers is missing or there twice.
    case incomplete
    /// `Wechatpay-Timestamp` is 300 seconds or more from the clock.
    case stale
    /// No key is known for `Wechatpay-Serial`, also after a download.
    case unknownSerial = "unknown_serial"
    /// A deliberately wrong signature that WeChat Pay sends to see whether a client verifies.
    case probe
    /// The signature is not the key's over these bytes.
    case wrongSignature = "wrong_signature"
  }

  package let reason: Reason
}

extension Headers {
  /// WeChat Pay's `Request-ID`, when it is one that can be passed on: 1 to 128 visible characters.
  var requestID: String? {
    self["Request-ID"].flatMap { text in
      (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        ? text : nil
    }
  }
}
