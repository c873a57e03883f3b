// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HTTP
import JSON

/// Opens documents, follows references between them, and collects everything that is wrong with
/// them.
///
/// Used while loading only, by one caller.
final class DocumentLoader {
  private var documents: [String: SourceDocument?] = [:]
  private var order: [String] = []
  private var collected: [DocumentMistake] = []
  private var reported: Set<String> = []

  /// Everything that was reported, once each, by document and line.
  var mistakes: [DocumentMistake] {
    let rank = Dictionary(
      order.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
    let keyed = collected.enumerated().map {
      (rank[$0.element.document] ?? .max, $0.element.line ?? 0, $0.offset)
    }
    return keyed.sorted { $0 < $1 }.map { collected[$0.2] }
  }

  /// Every document that was opened.
  var opened: [SourceDocument] {
    documents.values.compactMap(\.self)
  }

  /// Their paths as they were given, in the order in which they were opened.
  var openedPaths: [String] { order }

  /// Reads a document, once; `nil` when it has mistakes, which are reported then.
  func open(_ path: String) -> SourceDocument? {
    let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
    if let known = documents[absolute] { return known }
    order.append(path)
    do {
      let document = try SourceDocument.read(path: path, absolutePath: absolute)
      documents[absolute] = .some(document)
      return document
    } catch {
      documents[absolute] = .some(nil)
      error.mistakes.forEach(add)
      return nil
    }
  }

  /// Opens every document that an opened one refers to, directly or not.
  func openReferenced() {
    var done: Set<String> = []
    while let document = opened.first(where: { !done.contains($0.absolutePath) }) {
      done.insert(document.absolutePath)
      openReferences(in: document.root, of: document)
    }
  }

  private func openReferences(in value: JSONValue, of document: SourceDocument) {
    switch value {
    case .array(let items):
      for item in items { openReferences(in: item, of: document) }
    case .object(let object):
      for member in object.members {
        if member.name == "$ref", let file = Self.file(of: member.value) {
          _ = open(file, relativeTo: document)
        } else {
          openReferences(in: member.value, of: document)
        }
      }
    default: break
    }
  }

  /// The file that a `$ref` names; `nil` for a place in the same document and for the network.
  private static func file(of reference: JSONValue) -> String? {
    guard let text = reference.stringValue, !text.contains("://") else { return nil }
    let file = text.prefix { $0 != "#" }
    return file.isEmpty ? nil : PercentEncoding.decode(file)
  }

  /// Opens a document that another names, by a path relative to the latter.
  func open(_ reference: String, relativeTo document: SourceDocument) -> SourceDocument? {
    guard !reference.hasPrefix("/") else { return open(reference) }
    let folder = document.path.lastIndex(of: "/").map { document.path[...$0] } ?? ""
    return open(folder + reference)
  }

  func report(_ node: DocumentNode, _ message: String, remedy: String) {
    report(node.document, node.pointer, message, remedy: remedy)
  }

  func report(_ document: SourceDocument, _ pointer: JSONPointer, _ message: String, remedy: String)
  {
    add(
      DocumentMistake(
        document: document.path, line: document.line(of: pointer), pointer: pointer.description,
        message: message,
        remedy: remedy))
  }

  func add(_ mistake: DocumentMistake) {
    if reported.insert("\(mistake.document)\u{0}\(mistake.pointer)\u{0}\(mistake.message)").inserted
    {
      collected.append(mistake)
    }
  }

  /// The node itself, or what its `$ref` leads to, through any number of references; `nil` when it
  /// leads nowhere.
  func resolve(_ node: DocumentNode) -> DocumentNode? {
    var current = node
    var seen: Set<String> = []
    while let reference = current["$ref"] {
      guard seen.insert(current.identity).inserted else {
        report(node, "refers to itself", remedy: "Break the circle of $ref.")
        return nil
      }
      guard let next = follow(reference) else { return nil }
      current = next
    }
    return current
  }

  /// What the text of a `$ref` points to; `nil` when that is nothing, or not by JSON Pointer.
  ///
  /// - Parameter isReported: `false` where someone else reports it.
  func follow(_ reference: DocumentNode, isReported: Bool = true) -> DocumentNode? {
    func report(_ node: DocumentNode, _ message: String, remedy: String) {
      if isReported { self.report(node, message, remedy: remedy) }
    }
    guard let text = reference.value.stringValue else {
      report(reference, "is not a string", remedy: "Write the reference as a string.")
      return nil
    }
    let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let file = parts.first.map(String.init) ?? ""
    let fragment = parts.count > 1 ? String(parts[1]) : ""
    guard !file.contains("://") else {
      report(
        reference, "refers to the network",
        remedy: "Copy the document beside this one, and refer to the file.")
      return nil
    }
    let target: SourceDocument?
    if file.isEmpty {
      target = reference.document
    } else if let decoded = PercentEncoding.decode(file) {
      target = open(decoded, relativeTo: reference.document)
    } else {
      target = nil
    }
    guard let target else {
      report(
        reference, "refers to \(file), which cannot be read",
        remedy: "Correct the path or the document.")
      return nil
    }
    guard let decoded = PercentEncoding.decode(fragment),
      let pointer = try? JSONPointer(parsing: decoded)
    else {
      report(
        reference, "is not a reference by JSON Pointer",
        remedy: "Write it as #/components/schemas/Name.")
      return nil
    }
    guard let value = pointer.evaluate(on: target.root) else {
      report(
        reference, "refers to \(text), which does not exist",
        remedy: "Correct the reference, or add its target.")
      return nil
    }
    return DocumentNode(target, pointer: pointer, value: value)
  }
}
