// SPDX-License-Identifier: Apache-2.0
internal import CTOML

/// The first place where a text is not TOML 1.0.
struct TOMLSyntaxError: Error, Equatable {
  let place: Place
  let message: String
}

extension TOMLNode {
  /// 100,000 merchants take 22 MB; keeps the parser's memory bounded.
  static let maximumBytes = 32 << 20
  /// Room for a list of two thousand merchants in one line.
  static let maximumLineBytes = 32 << 10
  /// A dot in a key makes one more table inside the other, and both toml++ and the walk below
  /// recurse over them.
  static let maximumDotsInLine = 32

  /// Parses a document.
  ///
  /// - Returns: the root table; entries of a table in the order of the text.
  /// - Throws: the first mistake, since TOML cannot be read past one. Its message quotes single
  ///   characters and names of tables and keys, never a value: that could be a secret without its
  ///   quotes.
  static func parse(_ text: [UInt8]) throws(TOMLSyntaxError) -> TOMLNode {
    try checkBounds(text)
    let bytes = text.map { CChar(bitPattern: $0) }
    guard let document = unsafe ctoml_parse(bytes, bytes.count) else {
      throw TOMLSyntaxError(place: Place(line: 0, column: 0), message: "there is not enough memory")
    }
    defer { unsafe ctoml_free(document) }

    var line: UInt32 = 0
    var column: UInt32 = 0
    if let message = unsafe ctoml_error(document, &line, &column) {
      throw TOMLSyntaxError(
        place: Place(line: Int(line), column: Int(column)),
        message: inOurWords(unsafe String(cString: message)))
    }
    var nodes = unsafe FlatNodes(document: document)
    return nodes.next().node
  }

  private static func checkBounds(_ text: [UInt8]) throws(TOMLSyntaxError) {
    guard text.count <= maximumBytes else {
      throw TOMLSyntaxError(
        place: Place(line: 0, column: 0),
        message: "the file has more than \(maximumBytes >> 20) MiB")
    }
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      guard line.count <= maximumLineBytes else {
        throw TOMLSyntaxError(
          place: Place(line: index + 1, column: 1),
          message: "the line has more than \(maximumLineBytes) bytes")
      }
      guard dotsOutsideOfStrings(line) <= maximumDotsInLine else {
        throw TOMLSyntaxError(
          place: Place(line: index + 1, column: 1),
          message: "the line has a key of more than \(maximumDotsInLine) parts")
      }
    }
  }

  /// Keys begin in a line of their own or in an inline table, so the line's own quotes decide.
  private static func dotsOutsideOfStrings(_ line: ArraySlice<UInt8>) -> Int {
    var quote: UInt8?
    var isEscaped = false
    var dots = 0
    for byte in line {
      if let open = quote {
        if isEscaped {
          isEscaped = false
        } else if byte == open {
          quote = nil
        } else {
          isEscaped = byte == UInt8(ascii: "\\") && open == UInt8(ascii: "\"")
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
      case UInt8(ascii: "#"): return dots
      case UInt8(ascii: "."): dots += 1
      default: break
      }
    }
    return dots
  }

  /// toml++ begins with "Error while parsing …: ", which says too little at the end of a path.
  private static func inOurWords(_ message: String) -> String {
    let prefix = "Error while "
    guard message.hasPrefix(prefix) else { return "is not TOML: \(withoutValues(message))" }
    return "is not TOML: while \(withoutValues(String(message.dropFirst(prefix.count))))"
  }

  /// toml++ quotes numbers that it cannot read, and an APIv3 key may consist of digits.
  private static func withoutValues(_ message: String) -> String {
    if message.contains("redefine") || message.contains("cannot insert") { return message }
    var parts = message.split(separator: "'", omittingEmptySubsequences: false)
    for index in parts.indices where !index.isMultiple(of: 2) && parts[index].count > 8 {
      parts[index] = "…"
    }
    return parts.joined(separator: "'")
  }
}

/// Walks the flat list of nodes once, front to back, and builds the tree.
@safe private struct FlatNodes {
  // Outlived by the document, which `parse` frees after the walk.
  private let document: OpaquePointer
  private var index = 0

  init(document: OpaquePointer) {
    unsafe self.document = document
  }

  mutating func next() -> (name: String, node: TOMLNode) {
    // Within bounds: toml++'s own counts of children lead from the root through every node once.
    let raw = unsafe ctoml_at(document, index)
    index += 1
    let place = unsafe Place(line: Int(raw.line), column: Int(raw.column))
    let name = unsafe Self.string(raw.key, raw.key_length)
    return (name, TOMLNode(value: unsafe value(of: raw), place: place))
  }

  private mutating func value(of raw: ctoml_node) -> TOMLNode.Value {
    switch unsafe raw.kind {
    case ctoml_table:
      let entries = unsafe (0..<raw.children).map { _ in
        let (name, node) = next()
        return TOMLNode.Entry(name: name, node: node)
      }
      return .table(
        entries.sorted {
          ($0.node.place.line, $0.node.place.column) < ($1.node.place.line, $1.node.place.column)
        })
    case ctoml_array: return unsafe .array((0..<raw.children).map { _ in next().node })
    case ctoml_string: return unsafe .string(Self.string(raw.text, raw.text_length))
    case ctoml_integer: return unsafe .integer(raw.integer)
    case ctoml_floating: return unsafe .floating(raw.floating)
    case ctoml_boolean: return unsafe .boolean(raw.integer != 0)
    default: return .dateOrTime
    }
  }

  private static func string(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
    guard let start = unsafe start, length > 0 else { return "" }
    return unsafe String(
      decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
  }
}
