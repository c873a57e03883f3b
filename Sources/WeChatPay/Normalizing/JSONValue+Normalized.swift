// SPDX-License-Identifier: Apache-2.0
package import JSON
package import OpenAPI

extension JSONValue {
  /// The value made to fit what a response schema declares (CONTRACT 2.1); what is not declared
  /// stays untouched.
  package func normalized(to shape: Shape) -> JSONValue {
    switch self {
    case .object(let object) where !shape.properties.isEmpty || shape.additionalProperties != nil:
      return .object(object.normalized(to: shape))
    case .array(let items):
      guard let itemShape = shape.items else { return self }
      return .array(items.map { $0.normalized(to: itemShape) })
    case .null:
      guard let value = shape.defaultValue, value != .null, !shape.types.contains(.null) else {
        return self
      }
      return value.normalized(to: shape)
    case .string(let text):
      if shape.types.contains(.string) || shape.types.isEmpty {
        return shape.format == "date-time" ? .string(rfc3339(text) ?? text) : self
      }
      if shape.types.contains(.integer), let number = JSONNumber(wholeNumber: text) {
        return .number(number)
      }
      return asItem(of: shape)
    case .number:
      return shape.types.isDisjoint(with: .anyNumber) ? asItem(of: shape) : self
    case .bool:
      return shape.types.contains(.boolean) ? self : asItem(of: shape)
    case .object:
      return shape.types.contains(.object) ? self : asItem(of: shape)
    }
  }

  /// A list of this one value where a list is declared.
  private func asItem(of shape: Shape) -> JSONValue {
    guard shape.types.contains(.array) else { return self }
    return .array([shape.items.map(normalized) ?? self])
  }
}

extension JSONObject {
  fileprivate func normalized(to shape: Shape) -> JSONObject {
    var result = members.map { member in
      guard let declared = shape.property(named: member.name) ?? shape.additionalProperties else {
        return member
      }
      return Member(name: member.name, value: member.value.normalized(to: declared))
    }
    for property in shape.properties where index(of: property.name) == nil {
      guard let value = property.shape.defaultValue else { continue }
      result.append(Member(name: property.name, value: value.normalized(to: property.shape)))
    }
    return JSONObject(result)
  }
}

extension JSONNumber {
  /// A decimal string that fits 64 bits, signed or unsigned.
  fileprivate init?(wholeNumber text: String) {
    guard text.utf8.first != UInt8(ascii: "+"),
      let plain = Int64(text).map({ String($0) }) ?? UInt64(text).map({ String($0) })
    else { return nil }
    self.init(text: plain)
  }
}
