// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore
internal import JSON
internal import JSONSchema
internal import OpenAPI
internal import TestSupport

extension FuzzTarget {
  /// The reader of JSON texts, with the laws of both ways to write a value.
  static let json = FuzzTarget(
    "json",
    seeds: [
      "Tests/Vectors/JSONTestSuite/test_parsing", "Tests/Vectors/RFC8785", "Benchmarks/json",
    ]
  ) { bytes in
    let value: JSONValue
    do throws(JSONSyntaxError) {
      value = try JSONValue(parsing: bytes)
    } catch {
      try law(error.offset <= bytes.count, "a mistake is within the text")
      return
    }
    let compact = value.serialized()
    let again = try JSONValue(parsing: compact)
    try law(again == value, "what is written reads back as the same value")
    try law(again.hashValue == value.hashValue, "equal values have equal hashes")
    try law(again.serialized() == compact, "writing has one result")
    let canonical = value.canonicalBytes()
    let canonicalValue = try JSONValue(parsing: canonical)
    try law(canonicalValue.canonicalBytes() == canonical, "the canonical form is canonical")
    try law(again.canonicalBytes() == canonical, "equal values have one canonical form")
    for member in value.objectValue?.members ?? [] {
      try law(value[member.name] == member.value, "a member is found by its name")
    }
  }

  /// The schema of the upload, against any JSON.
  static let upload = FuzzTarget("upload") { bytes in
    guard let value = try? JSONValue(parsing: bytes) else { return }
    let operation = try uploadOperation.get()
    let violations = operation.validate(
      pathParameters: ["stock_id": "98065001"], rawQuery: nil, body: value)
    try law(violations.count <= 50, "at most 50 violations are told")
    for violation in violations {
      try law(!violation.message.isEmpty && !violation.keyword.isEmpty, "a violation says what")
      try law(
        (try? JSONPointer(parsing: violation.pointer)) != nil, "a violation says where: a pointer")
    }
    try law(violations.isEmpty == isUpload(value), "the schema means what the page says")
  }

  /// What WeChat Pay's page of the upload asks for, in other words than the schema's.
  private static func isUpload(_ value: JSONValue) -> Bool {
    guard let members = value.objectValue?.members, members.allSatisfy({ !hasNull($0.value) }),
      let codes = value["coupon_code_list"]?.arrayValue, (1...200).contains(codes.count),
      let number = value["upload_request_no"]?.stringValue?.unicodeScalars,
      (1...128).contains(number.count), number.allSatisfy({ $0.value <= 0xFFFF })
    else { return false }
    return codes.allSatisfy { $0.stringValue.map(isCode) ?? false }
  }

  private static func hasNull(_ value: JSONValue) -> Bool {
    switch value {
    case .null: true
    case .array(let items): items.contains(where: hasNull)
    case .object(let object): object.members.contains { hasNull($0.value) }
    default: false
    }
  }

  private static func isCode(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.unicodeScalars.allSatisfy { scalar in
        switch scalar {
        case "0"..."9", "a"..."z", "A"..."Z", " ", "-", "_", "\\", "/", "=", "|", "*": true
        default: false
        }
      }
  }

  private static let uploadOperation = Result {
    try ExampleAPI.exchange().operation
  }

  /// Schemas from outside and values against them, in the form of the official suite: a list of
  /// `{ "schema": …, "tests": [ { "data": … } ] }`.
  static let schema = FuzzTarget(
    "schema", seeds: ["Tests/Vectors/JSON-Schema-Test-Suite/tests/draft2020-12"]
  ) { bytes in
    guard let groups = (try? JSONValue(parsing: bytes))?.arrayValue else { return }
    for group in groups {
      guard let document = group["schema"] else { continue }
      let schema: Schema
      do throws(SchemaMistakes) {
        schema = try Schema(compiling: document)
      } catch {
        try law(!error.mistakes.isEmpty, "a schema that is refused has a mistake")
        continue
      }
      for test in group["tests"]?.arrayValue ?? [] {
        guard let data = test["data"] else { continue }
        let violations = schema.violations(in: data)
        try law(violations.count <= 50, "at most 50 violations are told")
        try law(
          schema.accepts(data) == violations.isEmpty, "what is accepted has no violation")
      }
    }
  }
}
