// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Cryptography
internal import Foundation
internal import GatewayCore
internal import HTTP
internal import JSON
internal import OpenAPI
internal import TestSupport
internal import WeChatPay

extension FuzzTarget {
  /// The verifier of answers. The seeds are answers signed with a key that nobody has any more.
  static let answer = FuzzTarget("answer") { bytes in
    let signed = try SignedAnswers.seeds.get()
    let received = MessageText(bytes).answer
    guard verifies(received, with: signed.key) else { return }
    try law(
      signed.messages.contains(SignedAnswers.message(of: received)),
      "only what WeChat Pay has signed is verified")
  }

  private static func verifies(_ answer: InboundAnswer, with key: RSAPublicKey) -> Bool {
    let verifier = AnswerVerifier(
      time: ManualTime(unixSeconds: SignedAnswers.unixSeconds).source)
    let result = Guarded<Bool?>(nil)
    // Nothing in it suspends, so it has ended when the call returns.
    Task.immediate {
      let verified = try? await verifier.verify(answer) { serial in
        serial == SignedAnswers.serial ? key : nil
      }
      result.withLock { $0 = verified != nil }
    }
    guard let isVerified = result.withLock({ $0 }) else {
      preconditionFailure("the verifier has suspended")
    }
    return isVerified
  }

  /// The answer of `GET /v3/certificates`; PEM is put into one as WeChat Pay encrypts it.
  static let certificateList = FuzzTarget("certificate-list") { bytes in
    let key = try AES256GCM.Key(Array("a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb".utf8))
    let body = bytes.starts(with: "-----".utf8) ? try list(sealing: bytes, with: key) : bytes
    guard let certificates = try? PlatformCertificate.decode(body, apiV3Key: key) else { return }
    try law(!certificates.isEmpty, "a list that is read has a certificate")
    for entry in certificates {
      try law(
        entry.serialNumber.text.uppercased().hasSuffix(
          entry.certificate.serialNumber.drop { $0 == "0" }),
        "a certificate is listed under its own number")
    }
  }

  private static func list(sealing pem: [UInt8], with key: AES256GCM.Key) throws -> [UInt8] {
    let sealed = try AES256GCM.seal(
      pem, key: key, nonce: Array("4de73afd28b6".utf8), associatedData: Array("certificate".utf8))
    let serial = (try? Certificate(pem: pem))?.serialNumber ?? "00"
    let list: JSONValue = [
      "data": [
        [
          "serial_no": .string(serial),
          "encrypt_certificate": [
            "algorithm": "AEAD_AES_256_GCM", "nonce": "4de73afd28b6",
            "associated_data": "certificate", "ciphertext": .string(Base64.encode(sealed)),
          ],
        ]
      ]
    ]
    return list.serialized()
  }

  /// X.509 in PEM, or in DER, which is put into PEM; and public keys.
  static let certificate = FuzzTarget("certificate") { bytes in
    let isPEM = bytes.starts(with: "-----".utf8)
    let pem = isPEM ? bytes : armored("CERTIFICATE", bytes)
    _ = try? Certificate.checkAuthority(pem: pem)
    if let key = try? RSAPublicKey(pem: isPEM ? bytes : armored("PUBLIC KEY", bytes)) {
      try law(try RSAPublicKey(pem: key.pem) == key, "a key that is written reads back")
    }
    guard let certificate = try? Certificate(pem: pem) else { return }
    let again = try Certificate(pem: certificate.pem)
    try law(
      again.serialNumber == certificate.serialNumber && again.notBefore == certificate.notBefore
        && again.notAfter == certificate.notAfter && again.publicKey == certificate.publicKey
        && again.subjectCommonName == certificate.subjectCommonName
        && again.issuerCommonName == certificate.issuerCommonName,
      "a certificate that is written reads back")
    let digits = certificate.serialNumber.utf8
    try law(
      digits.count.isMultiple(of: 2) && digits.count > 0, "a serial number has whole bytes")
    _ = certificate.isSigned(by: again)
  }

  private static func armored(_ label: String, _ bytes: [UInt8]) -> [UInt8] {
    var text = "-----BEGIN \(label)-----\n"
    var rest = Base64.encode(bytes)[...]
    while !rest.isEmpty {
      text += rest.prefix(64) + "\n"
      rest = rest.dropFirst(64)
    }
    return Array((text + "-----END \(label)-----\n").utf8)
  }

  /// Verified answers on their way to a caller, by the shape of every operation.
  static let normalize = FuzzTarget("normalize") { bytes in
    guard let value = try? JSONValue(parsing: bytes) else { return }
    for operation in try ExampleAPI.catalog().operations {
      guard let shape = operation.shape(forStatus: 200) else { continue }
      let normalized = value.normalized(to: shape)
      try law(normalized.normalized(to: shape) == normalized, "what fits is left as it is")
      try law(
        try JSONValue(parsing: normalized.serialized(), maximumDepth: 128) == normalized,
        "what a caller gets is JSON")
      for member in value.objectValue?.members ?? [] where shape.property(named: member.name) == nil
      {
        guard shape.types.contains(.object), shape.additionalProperties == nil else { continue }
        try law(normalized[member.name] == member.value, "what is not declared passes through")
      }
    }
  }
}

/// What the seeds of `answer` were signed with.
private enum SignedAnswers {
  static let serial = SerialNumber("5157F09EFDC096DE15EBE81A47057A7232F1B8E1")
  static let unixSeconds: Int64 = 1_700_000_000

  /// The public key, and every message that was ever signed with its private one.
  static let seeds = Result {
    let folder = "Tests/Fuzz/Corpus/answer"
    let names = try FileManager.default.contentsOfDirectory(atPath: Repository.path(folder))
    let answers = try names.filter { $0.hasPrefix("signed-") }.map {
      MessageText(try Repository.bytes("\(folder)/\($0)")).answer
    }
    return (
      key: try RSAPublicKey(pem: Repository.bytes("\(folder)/public-key.pem")),
      messages: Set(answers.map(message))
    )
  }

  static func message(of answer: InboundAnswer) -> [UInt8] {
    let head = ["Wechatpay-Timestamp", "Wechatpay-Nonce"].map { (answer.headers[$0] ?? "") + "\n" }
    return Array(head.joined().utf8) + answer.body
  }
}

extension MessageText {
  fileprivate var answer: InboundAnswer {
    InboundAnswer(status: 200, headers: headers, body: body)
  }
}
