// SPDX-License-Identifier: Apache-2.0
import JSON
import JSONSchema

/// A JSON text in a test, in its raw form.
func json(_ text: String) throws -> JSONValue {
  try JSONValue(parsing: Array(text.utf8))
}

/// A schema from its text.
func schema(_ text: String, _ options: SchemaOptions = SchemaOptions()) throws -> Schema {
  try Schema(compiling: json(text), options: options)
}
