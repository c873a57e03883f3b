// SPDX-License-Identifier: Apache-2.0
import JSON

/// The published document as a page to read: every operation with its parameters, body and answers,
/// then the schemas and the errors. One file, without scripts, and nothing of it comes from
/// elsewhere.
struct PublishedPage {
  let document: JSONValue
  let errorTable: ErrorTable

  var html: String {
    let title = Self.escaped(document["info"]?["title"]?.stringValue ?? "")
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title)</title>
      <style>\(Self.style)</style>
      </head>
      <body>
      <main>
      <h1>\(title)</h1>
      \(Self.paragraphs(document["info"]?["description"]?.stringValue))
      \(contents)
      \(operations.map(section).joined())
      \(schemas)
      \(errors)
      </main>
      </body>
      </html>

      """
  }

  // MARK: operations

  private struct Entry {
    let method: String
    let path: String
    let value: JSONValue

    var id: String { value["operationId"]?.stringValue ?? "\(method) \(path)" }
  }

  private var operations: [Entry] {
    (document["paths"]?.objectValue?.members ?? []).flatMap { path in
      (path.value.objectValue?.members ?? []).map {
        Entry(method: $0.name.uppercased(), path: path.name, value: $0.value)
      }
    }
  }

  private var contents: String {
    let rows = operations.map { entry in
      """
      <li><a href="#op-\(Self.escaped(entry.id))"><b class="method">\(Self.escaped(entry.method))</b> \
      <code>\(Self.escaped(entry.path))</code></a> \(Self.escaped(entry.value["summary"]?.stringValue ?? ""))</li>
      """
    }
    return "<nav><ul>\n\(rows.joined(separator: "\n"))\n</ul></nav>"
  }

  private func section(_ entry: Entry) -> String {
    var parts = [
      "<section id=\"op-\(Self.escaped(entry.id))\">",
      "<h2><b class=\"method\">\(Self.escaped(entry.method))</b> <code>\(Self.escaped(entry.path))</code></h2>",
      "<p><b>\(Self.escaped(entry.value["summary"]?.stringValue ?? entry.id))</b> "
        + "<code>\(Self.escaped(entry.id))</code></p>",
      Self.paragraphs(entry.value["description"]?.stringValue),
      parameters(entry.value["parameters"]?.arrayValue ?? []),
    ]
    if let body = entry.value["requestBody"] {
      parts.append("<h3>Body</h3>\n\(content(resolve(body)))")
    }
    for response in entry.value["responses"]?.objectValue?.members ?? [] {
      let value = resolve(response.value)
      parts.append("<h3>Answer \(Self.escaped(response.name))</h3>")
      parts.append(Self.paragraphs(value["description"]?.stringValue))
      parts.append(content(value))
    }
    return parts.joined(separator: "\n") + "\n</section>\n"
  }

  private func parameters(_ list: [JSONValue]) -> String {
    let rows = list.map(resolve).map { parameter in
      row([
        "<code>\(Self.escaped(parameter["name"]?.stringValue ?? ""))</code>",
        Self.escaped(parameter["in"]?.stringValue ?? "")
          + (parameter["required"] == true ? ", required" : ""),
        type(parameter["schema"] ?? true),
        Self.escaped(
          parameter["description"]?.stringValue ?? parameter["schema"]?["description"]?.stringValue
            ?? ""),
      ])
    }
    return "<h3>Parameters</h3>\n" + table(["name", "where", "type", "meaning"], rows)
  }

  private func content(_ value: JSONValue) -> String {
    (value["content"]?.objectValue?.members ?? []).map { media in
      let examples = (media.value["examples"]?.objectValue?.members ?? []).map {
        let example = resolve($0.value)["value"] ?? .null
        return "<pre>\(Self.escaped(String(decoding: example.serialized(), as: UTF8.self)))</pre>"
      }
      return
        "<p><code>\(Self.escaped(media.name))</code>: \(type(media.value["schema"] ?? true))</p>\n"
        + members(media.value["schema"] ?? true) + examples.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  // MARK: schemas

  private var schemas: String {
    let sections = (document["components"]?["schemas"]?.objectValue?.members ?? []).map { schema in
      """
      <section id="schema-\(Self.escaped(schema.name))">
      <h3>\(Self.escaped(schema.name))</h3>
      <p>\(type(schema.value))</p>
      \(Self.paragraphs(schema.value["description"]?.stringValue))
      \(members(schema.value))
      </section>
      """
    }
    return "<h2>Schemas</h2>\n" + sections.joined(separator: "\n")
  }

  /// A table of an object's members; nothing for other schemas.
  private func members(_ schema: JSONValue) -> String {
    guard let properties = schema["properties"]?.objectValue?.members, !properties.isEmpty else {
      return ""
    }
    let required = schema["required"]?.arrayValue ?? []
    let rows = properties.map { property in
      row([
        "<code>\(Self.escaped(property.name))</code>",
        type(property.value) + (required.contains(.string(property.name)) ? ", required" : ""),
        Self.escaped(property.value["description"]?.stringValue ?? "") + members(property.value)
          + (property.value["items"].map(members) ?? ""),
      ])
    }
    return table(["member", "type", "meaning"], rows)
  }

  /// A schema in a few words: `string, 1 to 32 characters, pattern ^…$`.
  private func type(_ schema: JSONValue) -> String {
    var words: [String] = []
    if let reference = schema["$ref"]?.stringValue, let name = reference.split(separator: "/").last
    {
      words.append(
        "<a href=\"#schema-\(Self.escaped(String(name)))\">\(Self.escaped(String(name)))</a>")
    }
    if let type = schema["type"] {
      let names = type.stringValue.map { [$0] } ?? (type.arrayValue ?? []).compactMap(\.stringValue)
      words.append(Self.escaped(names.joined(separator: " or ")))
    }
    if let items = schema["items"], items.objectValue != nil {
      words.append("of " + self.type(items))
    }
    if let values = schema["enum"]?.arrayValue {
      words.append("one of " + values.map { "<code>\(text($0))</code>" }.joined(separator: ", "))
    }
    for (keyword, before, behind) in Self.limits {
      if let value = schema[keyword] {
        words.append("\(before)<code>\(text(value))</code>\(behind)")
      }
    }
    return words.isEmpty ? "anything" : words.joined(separator: ", ")
  }

  /// Keyword, and the words before and behind its value.
  private static let limits = [
    ("format", "format ", ""), ("minLength", "at least ", " characters"),
    ("maxLength", "at most ", " characters"),
    ("pattern", "pattern ", ""), ("minItems", "at least ", " items"),
    ("maxItems", "at most ", " items"),
    ("minimum", "from ", ""), ("maximum", "to ", ""), ("exclusiveMinimum", "above ", ""),
    ("exclusiveMaximum", "below ", ""), ("multipleOf", "a multiple of ", ""),
    ("const", "always ", ""),
    ("default", "default ", ""),
  ]

  // MARK: errors

  private var errors: String {
    let documented = errorTable.documentation
    let own = documented.gateway.map { cells([String($0.status), $0.code], $0) }
    let upstream = documented.upstream.map {
      cells(["\($0.status) \($0.code)", "\($0.row.status) \($0.row.code)"], $0.row)
    }
    return """
      <h2>Errors</h2>
      <h3>Of the gateway</h3>
      \(table(["status", "code", "outcome", "action", "title", "advice"], own))
      <h3>Of WeChat Pay</h3>
      \(table(["answer", "becomes", "outcome", "action", "title", "advice"], upstream))
      """
  }

  private func cells(_ first: [String], _ error: ErrorRow) -> String {
    row(
      first.map(Self.escaped) + [
        error.outcome.rawValue, error.action.rawValue,
        Self.escaped(error.title.chinese) + "<br>" + Self.escaped(error.title.english),
        Self.escaped(error.advice.chinese) + "<br>" + Self.escaped(error.advice.english),
      ])
  }

  // MARK: text

  /// What a reference in the document points to, or the value itself. The document's references are
  /// its own.
  private func resolve(_ value: JSONValue) -> JSONValue {
    guard let reference = value["$ref"]?.stringValue, reference.hasPrefix("#"),
      let pointer = try? JSONPointer(parsing: String(reference.dropFirst()))
    else { return value }
    return pointer.evaluate(on: document) ?? value
  }

  private func text(_ value: JSONValue) -> String {
    Self.escaped(value.stringValue ?? String(decoding: value.serialized(), as: UTF8.self))
  }

  private func table(_ heads: [String], _ rows: [String]) -> String {
    let head = heads.map { "<th>\($0)</th>" }.joined()
    return
      "<table>\n<thead><tr>\(head)</tr></thead>\n<tbody>\n\(rows.joined(separator: "\n"))\n</tbody>\n</table>\n"
  }

  private func row(_ cells: [String]) -> String {
    "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
  }

  private static func paragraphs(_ text: String?) -> String {
    (text ?? "").split(separator: "\n").map { "<p>\(escaped(String($0)))</p>" }.joined(
      separator: "\n")
  }

  /// For HTML text and attributes in double quotes.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static let style = """
    :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
    body { margin: 0; } main { max-width: 70rem; margin: 0 auto; padding: 1rem; }
    nav ul { list-style: none; padding: 0; } section { margin-top: 2.5rem; }
    h2 { border-bottom: 1px solid; overflow-wrap: anywhere; } .method { display: inline-block; min-width: 4.5rem; }
    table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
    th, td { border: 1px solid #8886; padding: .25rem .5rem; text-align: left; vertical-align: top; }
    code, pre { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; white-space: pre-wrap; }
    """
}
