// SPDX-License-Identifier: Apache-2.0
package import JSON
package import OpenAPI

extension JSONValue {
  /// The value made to fit what a response schema declares (CONTRACT 2.1); what is not declared stays untouched.
  package func normalized(to shape: Shape) -> JSONValue {
    switch self {
    case .object(let object) where !shape.properties.isEmpty || shape.additionalProperties != nil:
      return .object(object.normalized(to: shape))
    case .array(let items):
      guard let itemShape = shape.items else { return self }
      return .array(items.map { $0.normalized(to: itemShape) })
    case .null where shape.defaultValue != nil && !shape.types.contains(.null):
      return shape.defaultValue ?? .null
    case .string(let text) where shape.types.contains(.string):
      return shape.format == "date-time" ? .string(rfc3339(text) ?? text) : self
    case .string(let text) where shape.types.contains(.integer):
      return JSONNumber(wholeNumber: text).map(JSONValue.number) ?? self
    case .string, .number, .bool, .object, .null:
      guard shape.types == .array, self != .null else { return self }
      return .array([shape.items.map(normalized) ?? self])
    }
  }
}

extension JSONObject {
  fileprivate func normalized(to shape: Shape) -> JSONObject {
    var result = members.map { member in
      guard let declared = shape.property(named: member.name) ?? shape.additionalProperties else { return member }
      return Member(name: member.name, value: member.value.normalized(to: declared))
    }
    for property in shape.properties where self[property.name] == nil {
      if let value = property.shape.defaultValue { result.append(Member(name: property.name, value: value)) }
    }
    return JSONObject(result)
  }
}


extension JSONNumber {
  /// A decimal string that fits 64 bits, signed or unsigned.
  fileprivate init?(wholeNumber text: String) {
    guard let plain = Int64(text).map({ String($0) }) ?? UInt64(text).map({ String($0) }) else { return nil }
    self.init(text: plain)
  }
}
