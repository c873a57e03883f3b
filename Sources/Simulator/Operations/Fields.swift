// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Reads the members of a request body or query and refuses those that break their rule.
///
/// Members that nobody asks for are left alone, as WeChat Pay does.
struct Fields: Sendable {
  enum Location: String, Sendable {
    case body, query
  }

  let object: JSONObject
  let location: Location
  /// JSON Pointer of the object in the body; empty for the whole body.
  let pointer: String

  init(_ object: JSONObject, in location: Location, at pointer: String = "") {
    self.object = object
    self.location = location
    self.pointer = pointer
  }

  /// - Parameter length: in characters (Unicode code points); WeChat Pay's pages count so.
  func string(_ name: String, _ length: ClosedRange<Int>) throws(Refusal) -> String {
    guard let value = try optionalString(name, length) else { throw missing(name) }
    return value
  }

  func optionalString(_ name: String, _ length: ClosedRange<Int>) throws(Refusal) -> String? {
    guard let value = object[name] else { return nil }
    guard let text = value.stringValue else { throw refusal(name, issue: "must be a string") }
    let count = text.unicodeScalars.count
    guard length.contains(count) else {
      throw refusal(
        name,
        issue: "has \(count) characters; \(length.lowerBound) to \(length.upperBound) are allowed")
    }
    return text
  }

  /// One of `allowed`.
  func choice(_ name: String, _ allowed: [String]) throws(Refusal) -> String {
    guard let value = try optionalChoice(name, allowed) else { throw missing(name) }
    return value
  }

  func optionalChoice(_ name: String, _ allowed: [String]) throws(Refusal) -> String? {
    guard let value = object[name] else { return nil }
    guard let text = value.stringValue, allowed.contains(text) else {
      throw refusal(name, issue: "must be one of \(allowed.joined(separator: ", "))")
    }
    return text
  }

  func integer(_ name: String, _ range: ClosedRange<Int>) throws(Refusal) -> Int {
    guard let value = try optionalInteger(name, range) else { throw missing(name) }
    return value
  }

  func optionalInteger(_ name: String, _ range: ClosedRange<Int>) throws(Refusal) -> Int? {
    guard let value = object[name] else { return nil }
    // In a query every value is text; in a body a number in quotes is a mistake.
    let number = location == .query ? value.stringValue.flatMap { Int($0) } : value.intValue
    guard let number else { throw refusal(name, issue: "must be an integer") }
    guard range.contains(number) else {
      throw refusal(name, issue: "must be between \(range.lowerBound) and \(range.upperBound)")
    }
    return number
  }

  /// A non-empty array of at most `limit` strings.
  func strings(_ name: String, limit: Int) throws(Refusal) -> [String] {
    guard let value = object[name] else { throw missing(name) }
    guard let elements = value.arrayValue else { throw refusal(name, issue: "must be an array") }
    guard (1...limit).contains(elements.count) else {
      throw refusal(name, issue: "has \(elements.count) items; 1 to \(limit) are allowed")
    }
    var texts: [String] = []
    texts.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      guard let text = element.stringValue else {
        throw refusal("\(name)/\(index)", issue: "must be a string")
      }
      texts.append(text)
    }
    return texts
  }

  /// The fields of an object inside this one.
  func fields(_ name: String) throws(Refusal) -> Fields {
    guard let value = object[name] else { throw missing(name) }
    guard let inner = value.objectValue else { throw refusal(name, issue: "must be an object") }
    return Fields(inner, in: location, at: "\(pointer)/\(name)")
  }

  private func missing(_ name: String) -> Refusal { refusal(name, issue: "is required") }

  func refusal(_ name: String, issue: String) -> Refusal {
    .parameter(
      location == .body ? "\(pointer)/\(name)" : name, in: location.rawValue,
      issue: "\(name) \(issue)")
  }
}
