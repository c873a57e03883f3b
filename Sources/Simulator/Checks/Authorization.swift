// SPDX-License-Identifier: Apache-2.0

/// The `Authorization` header of a request: scheme `WECHATPAY2-SHA256-RSA2048` and five quoted
/// fields.
///
/// The fields may come in any order, each exactly once, and nothing else may stand beside them.
struct Authorization: Sendable, Equatable {
  var merchant: String
  var nonce: String
  /// Base64, not yet decoded.
  var signature: String
  /// Decimal digits, not yet read.
  var timestamp: String
  var serialNumber: String

  static let scheme = "WECHATPAY2-SHA256-RSA2048"

  enum Mistake: Error, Equatable {
    case scheme
    case format(String)
  }

  init(parsing text: String) throws(Mistake) {
    let bytes = Array(text.utf8)
    let scheme = bytes.prefix { $0 != space }
    guard scheme.elementsEqual(Self.scheme.utf8) else { throw .scheme }
    var rest = bytes.dropFirst(scheme.count)
    guard rest.first == space else { throw .format("no fields after the scheme") }
    rest = rest.drop { $0 == space }

    var fields: [String: String] = [:]
    while true {
      let (name, value) = try Self.field(&rest)
      guard Self.names.contains(name) else { throw .format("unknown field \(name)") }
      guard fields.updateValue(value, forKey: name) == nil else {
        throw .format("\(name) is there twice")
      }
      // RFC 9110, 5.6.1: optional white space around the comma of a list.
      rest = rest.drop { $0 == space }
      if rest.isEmpty { break }
      guard rest.popFirst() == UInt8(ascii: ",") else { throw .format("no comma after \(name)") }
      rest = rest.drop { $0 == space }
    }

    guard let merchant = fields["mchid"], let nonce = fields["nonce_str"],
      let signature = fields["signature"],
      let timestamp = fields["timestamp"], let serialNumber = fields["serial_no"]
    else {
      let missing = Self.names.filter { fields[$0] == nil }
      throw .format("missing: \(missing.joined(separator: ", "))")
    }
    self.merchant = merchant
    self.nonce = nonce
    self.signature = signature
    self.timestamp = timestamp
    self.serialNumber = serialNumber
  }

  private static let names = ["mchid", "nonce_str", "signature", "timestamp", "serial_no"]

  /// Takes `name="value"` off the front; values are printable ASCII without quotes and not empty.
  private static func field(_ rest: inout ArraySlice<UInt8>) throws(Mistake) -> (
    name: String, value: String
  ) {
    let name = rest.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ",") }
    guard !name.isEmpty, name.allSatisfy(isNameByte) else {
      throw .format("a field without a name")
    }
    let label = String(decoding: name, as: UTF8.self)
    rest = rest.dropFirst(name.count)
    guard rest.popFirst() == UInt8(ascii: "="), rest.popFirst() == quote else {
      throw .format("\(label) is not followed by =\"")
    }
    let value = rest.prefix { $0 != quote }
    guard !value.isEmpty, value.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .format("\(label) is empty or holds other than printable ASCII")
    }
    rest = rest.dropFirst(value.count)
    guard rest.popFirst() == quote else { throw .format("\(label) has no closing quote") }
    return (label, String(decoding: value, as: UTF8.self))
  }
}

private let space = UInt8(ascii: " ")
private let quote = UInt8(ascii: "\"")

private func isNameByte(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
}
