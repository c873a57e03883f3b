// SPDX-License-Identifier: Apache-2.0
import HTTP

/// A raw query taken apart: names and values in order, decoded.
struct QueryString {
  struct Field {
    let name: String
    /// As it was sent, for values that are lists: their commas are looked at before decoding.
    let rawValue: Substring
    /// `nil` when it is not percent-encoded UTF-8.
    let value: String?
  }

  private(set) var fields: [Field] = []
  /// Whether a name is not percent-encoded UTF-8.
  private(set) var hasMalformedName = false

  /// Empty parts (`a=1&&b=2`) are skipped. A plus sign stands for a space, as every form and most
  /// HTTP clients write it; a plus sign itself is `%2B`.
  init(_ raw: String?) {
    guard let raw, !raw.isEmpty else { return }
    for part in raw.utf8.split(separator: UInt8(ascii: "&")) {
      let equals = part.firstIndex(of: UInt8(ascii: "="))
      let rawName = Substring(part[..<(equals ?? part.endIndex)])
      let rawValue = equals.map { Substring(part[part.index(after: $0)...]) } ?? ""
      guard let name = Self.decode(rawName) else {
        hasMalformedName = true
        continue
      }
      fields.append(Field(name: name, rawValue: rawValue, value: Self.decode(rawValue)))
    }
  }

  static func decode(_ raw: Substring) -> String? {
    guard raw.utf8.contains(UInt8(ascii: "+")) else { return PercentEncoding.decode(raw) }
    return PercentEncoding.decode(String(raw.map { $0 == "+" ? " " : $0 }))
  }
}
