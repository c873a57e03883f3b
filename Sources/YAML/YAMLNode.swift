// SPDX-License-Identifier: Apache-2.0

/// A value of a YAML document as it was written: nothing is resolved but aliases.
package struct YAMLNode: Sendable {
  package enum Content: Sendable {
    /// - Parameter isPlain: without quotes, so that a reader may take it for more than a string.
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    /// In the order of the document.
    case mapping([(key: YAMLNode, value: YAMLNode)])
  }

  package let content: Content
  /// As written and expanded, e.g. `tag:yaml.org,2002:str` or `!`; `nil` when there is none.
  package let tag: String?
  /// Where it begins, from 1; of what an alias stands for, not of the alias.
  package let line: Int

  /// Reads the one document of a text. `nil` when there is none.
  ///
  /// An alias gives the very node that it names, so that many of them take no room; whoever walks
  /// the tree must bound how much it visits.
  ///
  /// - Throws: `YAMLError` for what is no YAML, for a second document, for names that are in a
  ///   mapping twice, and for nesting that no document of use has.
  package static func document(_ text: String) throws(YAMLError) -> YAMLNode? {
    var composer = try Composer(text)
    return try composer.document()
  }
}

/// Makes a tree of libyaml's events.
private struct Composer: ~Copyable {
  private static let maximumDepth = 256

  private var events: Events
  private var anchors: [String: YAMLNode] = [:]
  private var depth = 0

  init(_ text: String) throws(YAMLError) {
    events = try Events(Array(text.utf8))
  }

  mutating func document() throws(YAMLError) -> YAMLNode? {
    var event = try events.next()
    if event.kind == .streamStart { event = try events.next() }
    guard event.kind == .documentStart else { return nil }
    guard let root = try node(from: events.next()) else {
      throw YAMLError("did not find a value", line: event.line)
    }
    // The document's end; libyaml sees to it that nothing else can come here.
    _ = try events.next()
    let last = try events.next()
    guard last.kind == .streamEnd else {
      throw YAMLError("but found another document", line: last.line)
    }
    return root
  }

  /// `nil` for the end of a collection or of the document.
  private mutating func node(from event: Event) throws(YAMLError) -> YAMLNode? {
    let content: YAMLNode.Content
    switch event.kind {
    case .alias(let name):
      guard let node = anchors[name] else {
        throw YAMLError("found undefined alias", line: event.line)
      }
      return node
    case .scalar(let text, let isPlain):
      content = .scalar(text, isPlain: isPlain)
    case .sequenceStart:
      content = .sequence(
        try nested(at: event.line) { composer throws(YAMLError) in
          var items: [YAMLNode] = []
          while let item = try composer.next() { items.append(item) }
          return items
        })
    case .mappingStart:
      content = .mapping(
        try nested(at: event.line) { composer throws(YAMLError) in
          var pairs: [(key: YAMLNode, value: YAMLNode)] = []
          while let key = try composer.next(), let value = try composer.next() {
            pairs.append((key, value))
          }
          try Self.checkNames(of: pairs)
          return pairs
        })
    case .streamStart, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd, .streamEnd:
      return nil
    }
    let node = YAMLNode(content: content, tag: event.tag, line: event.line)
    // Not before it is whole: an alias inside of it would never end.
    if let anchor = event.anchor { anchors[anchor] = node }
    return node
  }

  private mutating func next() throws(YAMLError) -> YAMLNode? {
    try node(from: events.next())
  }

  private mutating func nested<Items>(
    at line: Int, _ read: (inout Composer) throws(YAMLError) -> Items
  ) throws(YAMLError) -> Items {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw YAMLError("nests deeper than \(Self.maximumDepth)", line: line)
    }
    return try read(&self)
  }

  private static func checkNames(
    of pairs: [(key: YAMLNode, value: YAMLNode)]
  ) throws(YAMLError) {
    var lines: [String: Int] = [:]
    var twice: Set<String> = []
    for (key, _) in pairs {
      guard case .scalar(let name, _) = key.content else { continue }
      if lines[name] != nil { twice.insert(name) } else { lines[name] = key.line }
    }
    guard let first = twice.min() else { return }
    throw YAMLError(
      "has a name twice in one mapping", line: lines[first],
      kind: .duplicateNames(twice.sorted()))
  }
}
