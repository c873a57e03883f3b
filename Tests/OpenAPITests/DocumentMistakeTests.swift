// SPDX-License-Identifier: Apache-2.0
import OpenAPI
import Testing

@Suite("What a document gets wrong")
struct DocumentMistakeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var paths: String
    var components = ""
    var pointer: String
    var word: String

    init(_ paths: String, components: String = "", at pointer: String, saying word: String) {
      self.paths = paths
      self.components = components
      self.pointer = pointer
      self.word = word
    }

    var testDescription: String { "\(pointer) \(word)" }
  }

  static let ok = #"responses: {"200": {description: ok}}"#

  @Test(
    "each mistake is told with its place, its line and what to do",
    arguments: [
      Case("a: {get: {\(ok)}}", at: "/paths/a", saying: "slash"),
      Case("/a?b: {get: {\(ok)}}", at: "/paths/~1a?b", saying: "segment"),
      Case("/a/..: {get: {\(ok)}}", at: "/paths/~1a~1..", saying: "segment"),
      Case("/a%2: {get: {\(ok)}}", at: "/paths/~1a%2", saying: "segment"),
      Case("/a{b}: {get: {\(ok)}}", at: "/paths/~1a{b}", saying: "in part"),
      Case("/{b}/{b}: {get: {\(ok)}}", at: "/paths/~1{b}~1{b}", saying: "twice"),
      Case("/a: 1", at: "/paths/~1a", saying: "path item"),
      Case("/a: {got: {\(ok)}}", at: "/paths/~1a/got", saying: "not a member"),
      Case("/a: {head: {\(ok)}}", at: "/paths/~1a/head", saying: "method"),
      Case("/a: {get: []}", at: "/paths/~1a/get", saying: "operation"),
      Case("/a: {get: {}}", at: "/paths/~1a/get", saying: "responses"),
      Case(
        "/a: {get: {operationID: x, \(ok)}}", at: "/paths/~1a/get/operationID",
        saying: "not a member"),
      Case("/a: {get: {operationId: 1, \(ok)}}", at: "/paths/~1a/get/operationId", saying: "name"),
      Case("/a/{b}: {get: {\(ok)}}", at: "/paths/~1a~1{b}/get", saying: "path parameter b"),
      Case(
        "/a: {get: {parameters: {}, \(ok)}}", at: "/paths/~1a/get/parameters", saying: "list"),
      Case(
        "/a: {get: {parameters: [{in: query, schema: {}}], \(ok)}}",
        at: "/paths/~1a/get/parameters/0", saying: "name"),
      Case(
        "/a: {get: {parameters: [{name: x, in: cookie, schema: {}}], \(ok)}}",
        at: "/paths/~1a/get/parameters/0/in",
        saying: "where"),
      Case(
        "/a: {get: {parameters: [{name: x, in: query}], \(ok)}}", at: "/paths/~1a/get/parameters/0",
        saying: "schema"),
      Case(
        "/a: {get: {parameters: [{name: x, in: path, required: true, schema: {}}], \(ok)}}",
        at: "/paths/~1a/get/parameters/0", saying: "not in the path"),
      Case(
        "/{x}: {get: {parameters: [{name: x, in: path, schema: {}}], \(ok)}}",
        at: "/paths/~1{x}/get/parameters/0",
        saying: "not required"),
      Case(
        "/a: {get: {parameters: [{name: x, in: query, style: deepObject, schema: {}}], \(ok)}}",
        at: "/paths/~1a/get/parameters/0/style", saying: "style"),
      Case(
        "/a: {get: {parameters: [{name: x, in: query, schema: {type: object}}], \(ok)}}",
        at: "/paths/~1a/get/parameters/0/schema", saying: "type"),
      Case(
        "/a: {get: {parameters: [{name: x, in: query, schema: {type: array, items: {type: object}}}], \(ok)}}",
        at: "/paths/~1a/get/parameters/0/schema", saying: "list"),
      Case(
        "/a: {get: {parameters: [{name: x, in: query, schema: {}}, {name: x, in: query, schema: {}}], \(ok)}}",
        at: "/paths/~1a/get/parameters/1", saying: "second"),
      Case(
        "/a: {get: {parameters: [{name: Accept, in: header, schema: {}}], \(ok)}}",
        at: "/paths/~1a/get/parameters/0", saying: "ignores"),
      Case(
        "/a: {get: {requestBody: {content: {application/json: {schema: {}}}}, \(ok)}}",
        at: "/paths/~1a/get/requestBody", saying: "GET"),
      Case(
        "/a: {post: {requestBody: {}, \(ok)}}", at: "/paths/~1a/post/requestBody", saying: "content"
      ),
      Case(
        "/a: {post: {requestBody: {content: {text/plain: {schema: {}}}}, \(ok)}}",
        at: "/paths/~1a/post/requestBody/content/text~1plain", saying: "media type"),
      Case(
        "/a: {post: {requestBody: {content: {application/json: {}}}, \(ok)}}",
        at: "/paths/~1a/post/requestBody/content/application~1json", saying: "schema"),
      Case(
        "/a: {post: {requestBody: {required: yes, content: {application/json: {schema: {}}}}, \(ok)}}",
        at: "/paths/~1a/post/requestBody/required", saying: "true nor false"),
      Case(
        #"/a: {get: {responses: {"20": {description: ok}}}}"#, at: "/paths/~1a/get/responses/20",
        saying: "status"),
      Case(
        #"/a: {get: {responses: {"200": {}}}}"#, at: "/paths/~1a/get/responses/200",
        saying: "description"),
      Case(
        "/a: {get: {x-rate-limit: {limit: 0, per: 1s}, \(ok)}}",
        at: "/paths/~1a/get/x-rate-limit/limit", saying: "limit"),
      Case(
        "/a: {get: {x-rate-limit: {limit: 5, per: 1}, \(ok)}}",
        at: "/paths/~1a/get/x-rate-limit/per", saying: "time"),
      Case(
        "/a: {get: {x-rate-limit: {limit: 5, per: 1s, burst: 1}, \(ok)}}",
        at: "/paths/~1a/get/x-rate-limit/burst",
        saying: "not a member"),
      Case(
        "/a: {get: {x-ratelimit: {limit: 5, per: 1s}, \(ok)}}", at: "/paths/~1a/get/x-ratelimit",
        saying: "misspelled"),
      Case(
        "/a: {post: {x-request-number: no, \(ok)}}", at: "/paths/~1a/post/x-request-number",
        saying: "where"),
      Case(
        "/a: {post: {x-request-number: /no, \(ok)}}", at: "/paths/~1a/post/x-request-number",
        saying: "not declared as a string"),
      Case(
        "/a: {get: {x-rate-limit: {rate: 5, per: 1s, burst: 0}, \(ok)}}",
        at: "/paths/~1a/get/x-rate-limit/burst", saying: "burst"),
      Case(
        "/a: {post: {x-request-number: {in: query, name: no}, \(ok)}}",
        at: "/paths/~1a/post/x-request-number",
        saying: "not declared"),
      Case(
        "/a: {post: {x-request-number: {in: body, pointer: /no}, requestBody: {content: {application/json: {schema: "
          + "{type: object, properties: {no: {type: integer}}}}}}, \(ok)}}",
        at: "/paths/~1a/post/x-request-number", saying: "not declared as a string"),
      Case(
        ##"/a: {get: {parameters: [{$ref: "#/components/parameters/X"}], \##(ok)}}"##,
        at: "/paths/~1a/get/parameters/0/$ref", saying: "does not exist"),
      Case(
        ##"/a: {get: {parameters: [{$ref: "other.yaml#/x"}], \##(ok)}}"##,
        at: "/paths/~1a/get/parameters/0/$ref",
        saying: "cannot be read"),
      Case(
        ##"/a: {get: {parameters: [{$ref: "https://example.com/x"}], \##(ok)}}"##,
        at: "/paths/~1a/get/parameters/0/$ref", saying: "network"),
      Case(
        ##"/a: {get: {parameters: [{$ref: "#/components/parameters/X"}], \##(ok)}}"##,
        components: "parameters:\n  X: {$ref: \"#/components/parameters/X\"}",
        at: "/paths/~1a/get/parameters/0",
        saying: "itself"),
      Case(
        "/a: {post: {requestBody: {content: {application/json: {schema: {type: strnig}}}}, \(ok)}}",
        at: "/paths/~1a/post/requestBody/content/application~1json/schema/type", saying: "type"),
      Case(
        "/a: {get: {\(ok)}}", components: "schemas:\n  X: {pattern: '['}",
        at: "/components/schemas/X/pattern",
        saying: "regular expression"),
      Case(
        "/a: {get: {\(ok)}}", components: ##"schemas: {X: {$ref: "#/components/schemas/Y"}}"##,
        at: "/components/schemas/X/$ref", saying: "Y"),
      Case(
        "/a: {post: {requestBody: {content: {application/json: {schema: {type: string, maxLength: 1}, example: abc}}}, "
          + "\(ok)}}", at: "/paths/~1a/post/requestBody/content/application~1json/example",
        saying: "example"),
      Case(
        "/a: {get: {\(ok)}}\n/b/../c: {get: {\(ok)}}", at: "/paths/~1b~1..~1c", saying: "segment"),
      Case(
        "/a: {get: {\(ok)}}", components: "schema: {}", at: "/components/schema",
        saying: "not a member"),
    ])
  func mistake(example: Case) throws {
    let document = Documents.document(paths: example.paths, components: example.components)
    let mistakes = try Documents.mistakes(["api.yaml": document])
    let found = mistakes.filter { $0.pointer == example.pointer }
    #expect(
      found.contains { $0.message.contains(example.word) }, "found \(mistakes.map(\.description))")
    #expect(
      found.allSatisfy { $0.line != nil && !$0.remedy.isEmpty && $0.document.hasSuffix("api.yaml") }
    )
  }

  @Test(
    "operations that answer to the same requests are refused",
    arguments: [
      ("/a/{x}: {get: {parameters: [P], R}}\n/a/{y}: {get: {parameters: [Q], R}}", "same requests"),
      (
        "/a/{x}: {get: {parameters: [P], R}}\n/a/{y}: {post: {parameters: [Q], R}}",
        "other parameter names"
      ),
      (
        "/a/{x}/c: {get: {parameters: [P], R}}\n/a/b/{y}: {get: {parameters: [Q], R}}",
        "more concrete"
      ),
      ("/a: {get: {operationId: x, R}}\n/b: {get: {operationId: x, R}}", "id x"),
    ])
  func conflicts(paths: String, word: String) throws {
    let text = paths.replacing("P]", with: "{name: x, in: path, required: true, schema: {}}]")
      .replacing("Q]", with: "{name: y, in: path, required: true, schema: {}}]")
      .replacing("R}", with: Self.ok + "}")
    let mistakes = try Documents.mistakes(["api.yaml": Documents.document(paths: text)])
    #expect(mistakes.count == 1)
    #expect(mistakes.first?.message.contains(word) == true)
    #expect(mistakes.first?.line == 6)
  }

  @Test(
    "paths that only look alike are not refused",
    arguments: [
      "/a/{x}: {get: {parameters: [P], R}}\n/a/b: {get: {R}}",
      "/a/{x}/c: {get: {parameters: [P], R}}\n/a/b/{y}: {post: {parameters: [Q], R}}",
      "/a/{x}: {get: {parameters: [P], R}}\n/b/{y}: {get: {parameters: [Q], R}}",
      "/a/{x}: {get: {parameters: [P], R}}\n/a/{x}/b: {get: {parameters: [P], R}}",
    ])
  func noConflict(paths: String) throws {
    let text = paths.replacing("P]", with: "{name: x, in: path, required: true, schema: {}}]")
      .replacing("Q]", with: "{name: y, in: path, required: true, schema: {}}]")
      .replacing("R}", with: Self.ok + "}")
    #expect(try Documents.mistakes(["api.yaml": Documents.document(paths: text)]) == [])
  }

  @Test("the same operation in two documents is refused, with both places")
  func twoDocuments() throws {
    let paths = "/a: {get: {\(Self.ok)}}"
    let mistakes = try Documents.mistakes(
      ["one.yaml": Documents.document(paths: paths), "two.yaml": Documents.document(paths: paths)],
      load: 2)
    #expect(mistakes.count == 2)
    #expect(mistakes.allSatisfy { $0.document.hasSuffix("two.yaml") && $0.line == 5 })
    #expect(mistakes.contains { $0.message.contains("one.yaml:5") })
  }

  @Test("everything is told at once, by document and line")
  func everything() throws {
    let mistakes = try Documents.mistakes(
      [
        "one.yaml":
          "openapi: 3.0.3\ninfo: {title: 1}\npaths:\n  a: {}\n  /b: {get: {}}\ncolour: red\n",
        "two.json": #"{"openapi": "3.1.0", "openapi": "3.1.0"}"#, "three.yaml": "a: [",
      ], load: 3)
    let places = mistakes.map { mistake in
      "\(mistake.document.split(separator: "/").last ?? "") \(mistake.line ?? 0) \(mistake.pointer)"
    }
    #expect(
      places == [
        "one.yaml 1 /openapi", "one.yaml 2 /info", "one.yaml 2 /info",
        "one.yaml 4 /paths/a",
        "one.yaml 5 /paths/~1b/get", "one.yaml 6 /colour", "two.json 1 ", "three.yaml 2 ",
      ])
  }

  @Test("a file that is not there, or not text, is a mistake")
  func unreadable() throws {
    // Reading /dev/zero would never end.
    for path in ["/does/not/exist.yaml", "/", "/dev/null", "/dev/zero"] {
      #expect(throws: DocumentMistakes.self) { try Catalog.load(documents: [path]) }
    }
    #expect(throws: DocumentMistakes.self) { try Catalog.load(documents: []) }
  }

  @Test("without an error table the built-in one serves; one document's table serves them all")
  func errorTable() throws {
    let plain = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {/b: {get: {\(Self.ok)}}}\n"
    #expect(try Documents.mistakes(["a.yaml": plain]) == [])
    let other = Documents.document(paths: "/a: {get: {\(Self.ok)}}")
    #expect(try Documents.mistakes(["a.yaml": plain, "b.yaml": other], load: 2) == [])
    let missing = try Documents.mistakes(["a.yaml": plain + "x-error-table: nowhere.yaml\n"])
    #expect(missing.contains { $0.pointer == "/x-error-table" && $0.line == 4 })
  }
}
