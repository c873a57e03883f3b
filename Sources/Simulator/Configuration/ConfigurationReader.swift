// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Everything that is wrong with a configuration, each with its place and a remedy.
struct ConfigurationMistakes: Error, Equatable, CustomStringConvertible {
  var mistakes: [String]

  var description: String { mistakes.joined(separator: "\n") }
}

/// Reads members of the configuration and collects every mistake instead of stopping at the first.
struct ConfigurationReader {
  private(set) var mistakes: [String] = []

  mutating func mistake(_ place: String, _ text: String) {
    mistakes.append("\(place): \(text)")
  }

  /// The object at `place`; every member that is not `allowed` is a mistake.
  mutating func object(_ value: JSONValue?, at place: String, allowed: [String]) -> JSONObject {
    guard let value else { return JSONObject() }
    guard let object = value.objectValue else {
      mistake(place, "must be an object")
      return JSONObject()
    }
    for member in object.members where !allowed.contains(member.name) {
      mistake(
        "\(place)/\(member.name)", "is not known here; there are \(allowed.joined(separator: ", "))"
      )
    }
    return object
  }

  mutating func array(_ value: JSONValue?, at place: String) -> [JSONValue] {
    guard let value else { return [] }
    if let elements = value.arrayValue { return elements }
    mistake(place, "must be an array")
    return []
  }

  mutating func string(
    _ object: JSONObject, _ name: String, at place: String, isRequired: Bool = false
  ) -> String? {
    guard let value = object[name] else {
      if isRequired { mistake("\(place)/\(name)", "is required") }
      return nil
    }
    if let text = value.stringValue { return text }
    mistake("\(place)/\(name)", "must be a string")
    return nil
  }

  mutating func integer(
    _ object: JSONObject, _ name: String, at place: String, _ range: ClosedRange<Int>
  ) -> Int? {
    guard let value = object[name] else { return nil }
    if let number = value.intValue, range.contains(number) { return number }
    mistake(
      "\(place)/\(name)", "must be an integer from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }

  mutating func bool(_ object: JSONObject, _ name: String, at place: String) -> Bool? {
    guard let value = object[name] else { return nil }
    if let answer = value.boolValue { return answer }
    mistake("\(place)/\(name)", "must be true or false")
    return nil
  }
}
