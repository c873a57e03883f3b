// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON

/// Reads the members of an object sent to the control listener; an unknown member is a mistake.
struct ControlFields {
  let object: JSONObject
  private let name: String

  init(_ value: JSONValue, named name: String, allowed: [String]) throws(ControlMistake) {
    guard let object = value.objectValue else { throw ControlMistake("\(name) must be an object") }
    for member in object.members where !allowed.contains(member.name) {
      throw ControlMistake(
        "\(name) has no member \(member.name); it has \(allowed.joined(separator: ", "))")
    }
    self.object = object
    self.name = name
  }

  func string(_ member: String) throws(ControlMistake) -> String? {
    try read(member, "a string") { $0.stringValue }
  }

  func bool(_ member: String) throws(ControlMistake) -> Bool? {
    try read(member, "true or false") { $0.boolValue }
  }

  func integer(_ member: String, _ range: ClosedRange<Int>) throws(ControlMistake) -> Int? {
    try read(member, "an integer from \(range.lowerBound) to \(range.upperBound)") { value in
      value.intValue.flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// Milliseconds, at most ten minutes: nothing waits for ever.
  func duration(_ member: String) throws(ControlMistake) -> Duration? {
    try integer(member, 0...600_000).map { .milliseconds($0) }
  }

  func strings(_ member: String) throws(ControlMistake) -> [String]? {
    try read(member, "an array of strings") { value in
      guard let elements = value.arrayValue else { return nil }
      let texts = elements.compactMap(\.stringValue)
      return texts.count == elements.count ? texts : nil
    }
  }

  func headers(_ member: String) throws(ControlMistake) -> Headers {
    guard let object = object[member] else { return [:] }
    guard let members = object.objectValue?.members else {
      throw ControlMistake("\(member) of \(name) must be an object")
    }
    var headers = Headers()
    for field in members {
      guard let value = field.value.stringValue else {
        throw ControlMistake("\(member).\(field.name) of \(name) must be a string")
      }
      headers.append(field.name, value)
    }
    return headers
  }

  private func read<Value>(
    _ member: String, _ kind: String, _ convert: (JSONValue) -> Value?
  ) throws(ControlMistake) -> Value? {
    guard let value = object[member] else { return nil }
    guard let converted = convert(value) else {
      throw ControlMistake("\(member) of \(name) must be \(kind)")
    }
    return converted
  }
}
