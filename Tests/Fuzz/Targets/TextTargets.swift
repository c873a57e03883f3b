// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import HTTP
internal import JSON
internal import JSONSchema
internal import OpenAPI
internal import WeChatPay

extension FuzzTarget {
  /// Moments in WeChat Pay's spellings.
  static let dateTime = FuzzTarget("date-time", seeds: []) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    guard let normal = rfc3339(text) else { return }
    try law(try dateTimeSchema.get().accepts(.string(normal)), "a moment is one of RFC 3339")
    try law(rfc3339(normal) == normal, "RFC 3339 is left as it is")
    try law(
      normal.utf8.filter(isDigit).starts(with: text.utf8.filter(isDigit)), "no digit is changed")
  }

  private static let dateTimeSchema = Result {
    try Schema(compiling: ["type": "string", "format": "date-time"])
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// `Accept-Language`.
  static let acceptLanguage = FuzzTarget("accept-language") { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let language = Language(acceptLanguage: text)
    let namesEnglish = text.lowercased().contains("en") || text.contains("*")
    try law(language == .chinese || namesEnglish, "English is for those who ask for it")
    try law(
      Language(acceptLanguage: text.uppercased()) == language || text.utf8.contains { $0 >= 0x80 },
      "case does not matter")
  }

  /// The small forms of text, each with its way back.
  static let textForms = FuzzTarget("text-forms") { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    try law(Base64.decode(Base64.encode(bytes)) == bytes, "Base 64 brings the bytes back")
    if let decoded = Base64.decode(text) {
      try law(Base64.encode(decoded) == text, "bytes have one spelling in Base 64")
    }
    try law(
      PercentEncoding.decode(PercentEncoding.encode(text)) == text,
      "percent-encoding brings the text back")
    _ = PercentEncoding.decode(text)
    if let pointer = try? JSONPointer(parsing: text) {
      try law(
        pointer.description.utf8.elementsEqual(text.utf8), "a pointer is written as it was read")
    }
    if let address = try? ListenAddress.parse(text) {
      try law(try ListenAddress.parse(address.description) == address, "an address reads back")
    }
    if let number = JSONNumber(text: text) {
      try law(number == number && !(number < number), "a number is itself")
      try law(
        number.intValue.map { JSONNumber($0) == number } ?? true, "an integer is the number")
      try law(number.intValue == nil || number.isInteger, "a number of 64 bits is an integer")
      _ = number.isMultiple(of: JSONNumber(7))
    }
    if let seconds = HTTPDate.seconds(text) { try law(seconds >= 0, "HTTP dates begin in 1970") }
  }
}
