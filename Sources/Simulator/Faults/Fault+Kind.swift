// SPDX-License-Identifier: Apache-2.0

extension Fault {
  /// The name that the control listener knows it by.
  var kind: String {
    switch self {
    case .status: "status"
    case .delay: "delay"
    case .noAnswer: "no_answer"
    case .close(let doesWork): doesWork ? "answer_then_lose" : "close"
    case .cut: "cut"
    case .drip: "drip"
    case .wrongSignature: "wrong_signature"
    case .signTest: "signtest"
    case .oldTimestamp: "old_timestamp"
    case .unknownSerial: "unknown_serial"
    case .missingHeaders: "missing_headers"
    case .notJSON: "not_json"
    case .oversizedBody: "oversized_body"
    case .raw: "raw"
    case .quirks: "quirks"
    }
  }
}
