// SPDX-License-Identifier: Apache-2.0
import JSON
import JSONSchema
import Testing

@Suite("What is said about a schema") struct MistakeTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let schema: String
    let pointer: String
    let message: String
    let remedy: String

    init(_ schema: String, _ pointer: String, _ message: String, _ remedy: String) {
      (self.schema, self.pointer, self.message, self.remedy) = (schema, pointer, message, remedy)
    }

    var testDescription: String { schema }
  }

  static let rows: [Row] = [
    Row("5", "", "neither an object nor a boolean", "write a schema"),
    Row(#"{"type":"strng"}"#, "/type", #""strng" is not a type"#, "string or integer"),
    Row(#"{"type":{}}"#, "/type", "neither a name nor a list", "array"),
    Row(
      #"{"properties":{"a":{"minLength":-1}}}"#, "/properties/a/minLength", "not a whole number",
      "from 0"),
    Row(#"{"maxItems":"2"}"#, "/maxItems", "not a whole number", "from 0"),
    Row(#"{"minimum":"2"}"#, "/minimum", "not a number", "write a number"),
    Row(#"{"exclusiveMinimum":true}"#, "/exclusiveMinimum", "not a number", "older draft"),
    Row(#"{"multipleOf":0}"#, "/multipleOf", "not above zero", "above zero"),
    Row(#"{"enum":[]}"#, "/enum", "not a list of values", "at least one"),
    Row(#"{"required":true}"#, "/required", "not a list of member names", "the object around it"),
    Row(#"{"required":[1]}"#, "/required", "not a list of member names", "as strings"),
    Row(#"{"properties":[]}"#, "/properties", "not an object", "names"),
    Row(#"{"allOf":{}}"#, "/allOf", "not a list of schemas", "array"),
    Row(#"{"items":[{}]}"#, "/items", "neither an object nor a boolean", "write a schema"),
    Row(#"{"uniqueItems":1}"#, "/uniqueItems", "not a boolean", "true or false"),
    Row(#"{"format":1}"#, "/format", "not a string", "name of a format"),
    Row(#"{"pattern":"("}"#, "/pattern", "a group is not closed", "closing parenthesis"),
    Row(
      #"{"patternProperties":{"a{2,1}":{}}}"#, "/patternProperties/a{2,1}", "n up to m", "correct"),
    Row(#"{"dependentRequired":{"a":"b"}}"#, "/dependentRequired/a", "not a list", "array"),
    Row(##"{"$ref":"#/$defs/x"}"##, "/$ref", "nothing at /$defs/x", "correct the path"),
    Row(##"{"$ref":"#x"}"##, "/$ref", "no schema has the $anchor", "correct the name"),
    Row(#"{"$ref":"other.json"}"#, "/$ref", "no document", "add that document"),
    Row(#"{"$ref":7}"#, "/$ref", "not a string", "URI"),
    Row(##"{"$ref":"#"}"##, "", "without end", "property or an item"),
    Row(
      ##"{"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"anyOf":[{"$ref":"#"}]}}}"##, "",
      "without end", "property"),
    Row(#"{"$defs":{"a":{"type":1}}}"#, "/$defs/a/type", "neither a name", "several in an array"),
    Row(##"{"$id":"x#y"}"##, "/$id", "has a fragment", "$anchor"),
    Row(#"{"$anchor":"1a"}"#, "/$anchor", "not a name for an anchor", "letter"),
  ]

  func mistakes(
    _ text: String, _ options: SchemaOptions = SchemaOptions()
  ) throws -> [SchemaMistake] {
    do {
      _ = try schema(text, options)
      return []
    } catch let error as SchemaMistakes {
      return error.mistakes
    }
  }

  @Test("each mistake has its place and a remedy", arguments: rows)
  func row(row: Row) throws {
    let found = try mistakes(row.schema)
    let mistake = try #require(found.first)
    #expect(found.count == 1)
    #expect(mistake.pointer.description == row.pointer)
    #expect(mistake.message.contains(row.message), "\(mistake.message)")
    #expect(mistake.remedy.contains(row.remedy), "\(mistake.remedy)")
    #expect(mistake.document == "schema.json")
  }

  @Test("all mistakes are told at once")
  func all() throws {
    let text = ##"{"type":"x","minLength":-1,"items":{"pattern":"[","$ref":"#/no"}}"##
    #expect(
      try Set(mistakes(text).map(\.pointer.description))
        == ["/type", "/minLength", "/items/pattern", "/items/$ref"])
  }

  @Test(
    "where unknown keywords are refused, the right one is offered",
    arguments: [
      ("maxLenght", "did you mean maxLength?"), ("propertes", "did you mean properties?"),
      ("nullable", #"["string", "null"]"#), ("definitions", "$defs"), ("colour", "x-"),
    ])
  func unknownKeywords(name: String, remedy: String) throws {
    let strict = SchemaOptions(refusesUnknownKeywords: true)
    let found = try mistakes(#"{"\#(name)":true}"#, strict)
    #expect(found.count == 1)
    #expect(found.first?.remedy.contains(remedy) == true)
    #expect(try mistakes(#"{"\#(name)":true}"#).isEmpty)
    let known =
      #"{"x-\#(name)":1,"description":"","example":1,"discriminator":{},"deprecated":true}"#
    #expect(try mistakes(known, strict).isEmpty)
  }

  @Test("a schema that refers to itself inside the value is no mistake")
  func recursive() throws {
    let tree = try schema(##"{"properties":{"next":{"$ref":"#"}},"additionalProperties":false}"##)
    #expect(tree.accepts(["next": ["next": [:]]]))
    #expect(
      tree.violations(in: ["next": ["next": ["x": 1]]]).map(\.pointer.description) == [
        "/next/next/x"
      ])
  }
}
