// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON

/// Where each kind of parameter is found in a request.
extension Parameter {
  func violations(inPath values: [String: String], limit: Int) -> [ParameterViolation] {
    guard let text = values[name] else { return [missing] }
    return violations(in: listItems(text), limit: limit)
  }

  func violations(inHeaders headers: Headers, limit: Int) -> [ParameterViolation] {
    let values = headers.values(of: name)
    guard let first = values.first else { return isRequired ? [missing] : [] }
    if case .one = form, values.count > 1 { return [repeated] }
    if case .one = form { return violations(in: [first], limit: limit) }
    return violations(in: values.flatMap(listItems), limit: limit)
  }

  func violations(inQuery query: QueryString, limit: Int) -> [ParameterViolation] {
    let fields = query.fields.filter { $0.name.hasSameBytes(as: name) }
    guard let first = fields.first else { return isRequired ? [missing] : [] }
    var texts: [String] = []
    switch form {
    case .list(_, exploded: true):
      for field in fields {
        guard let text = field.value else { return [malformed] }
        texts.append(text)
      }
    case .list(_, exploded: false):
      guard fields.count == 1 else { return [repeated] }
      for part in first.rawValue.split(separator: ",", omittingEmptySubsequences: false) {
        guard let text = QueryString.decode(part) else { return [malformed] }
        texts.append(text)
      }
    case .one:
      guard fields.count == 1 else { return [repeated] }
      guard let text = first.value else { return [malformed] }
      texts = [text]
    }
    return violations(in: texts, limit: limit)
  }

  /// A field's value for the upstream target; `nil` when it cannot be decoded.
  func encoded(_ field: QueryString.Field) -> String? {
    guard case .list(_, exploded: false) = form else {
      return field.value.map(PercentEncoding.encode)
    }
    var items: [String] = []
    for part in field.rawValue.split(separator: ",", omittingEmptySubsequences: false) {
      guard let text = QueryString.decode(part) else { return nil }
      items.append(PercentEncoding.encode(text))
    }
    return items.joined(separator: ",")
  }

  /// A value in a path or header: a list's items stand between commas.
  private func listItems(_ text: String) -> [String] {
    guard case .list = form else { return [text] }
    return text.split(separator: ",", omittingEmptySubsequences: false).map {
      String($0.drop { $0 == " " })
    }
  }

  private var missing: ParameterViolation {
    violation("required", "is missing")
  }

  private var repeated: ParameterViolation {
    violation("repeated", "is there more than once")
  }

  private var malformed: ParameterViolation {
    violation("encoding", "is not percent-encoded UTF-8")
  }
}
