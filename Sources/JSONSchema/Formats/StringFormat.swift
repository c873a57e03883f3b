// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The formats that are asserted: validation vocabulary, 7.3. Names beyond these only describe.
enum StringFormat: String, Sendable {
  case dateTime = "date-time"
  case date
  case time
  case duration
  case email
  case ipv4
  case ipv6
  case hostname
  case uri
  case uriReference = "uri-reference"
  case uuid
  case jsonPointer = "json-pointer"
  case regex

  /// The format that a schema calls `name`; `nil` when it is not asserted.
  init?(name: String) { self.init(rawValue: name) }

  func accepts(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return switch self {
    case .dateTime: DateTimeFormat.isDateTime(bytes)
    case .date: DateTimeFormat.isDate(bytes[...])
    case .time: DateTimeFormat.isTime(bytes[...])
    case .duration: DurationFormat.accepts(bytes)
    case .email: EmailFormat.accepts(bytes)
    case .ipv4: AddressFormat.isIPv4(bytes[...])
    case .ipv6: AddressFormat.isIPv6(bytes[...])
    case .hostname: HostnameFormat.accepts(bytes[...])
    case .uri: URIFormat.isURI(bytes)
    case .uriReference: URIFormat.isReference(bytes)
    case .uuid: UUIDFormat.accepts(bytes)
    case .jsonPointer: (try? JSONPointer(parsing: text)) != nil
    case .regex: (try? PatternParser.parse(text)) != nil
    }
  }

  /// What a message says instead: "… is expected".
  var expectation: String {
    switch self {
    case .dateTime: "a time by RFC 3339, such as 2015-05-20T13:29:35+08:00,"
    case .date: "a date such as 2015-05-20"
    case .time: "a time of day with its zone, such as 13:29:35+08:00,"
    case .duration: "a duration such as P1DT12H"
    case .email: "an e-mail address"
    case .ipv4: "an IPv4 address"
    case .ipv6: "an IPv6 address"
    case .hostname: "a host name"
    case .uri: "a URI"
    case .uriReference: "a URI or relative reference"
    case .uuid: "a UUID"
    case .jsonPointer: "a JSON Pointer"
    case .regex: "a regular expression of ECMA-262"
    }
  }
}

extension UInt8 {
  var isDigit: Bool { self >= 0x30 && self <= 0x39 }
  var isLetter: Bool { (0x61...0x7A).contains(self | 0x20) }
  var isHexDigit: Bool { isDigit || (0x61...0x66).contains(self | 0x20) }
}
