// SPDX-License-Identifier: Apache-2.0
import JSON
import JSONSchema

/// A compiled schema, or what stands for one that could not be compiled while the rest is still
/// checked.
struct SchemaCheck: Sendable {
  let schema: Schema?

  func violations(in value: JSONValue, limit: Int) -> [Violation] {
    schema?.violations(in: value, limit: limit) ?? []
  }
}
