// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON

/// A document as it was read: what it says, and the line of each value where the format gives one.
struct SourceDocument {
  /// As it was given, for messages.
  let path: String
  /// Absolute and without `.` and `..`: what a document is recognized by.
  let absolutePath: String
  let root: JSONValue
  private let lines: [String: Int]

  init(path: String, absolutePath: String, root: JSONValue, lines: [String: Int]) {
    self.path = path
    self.absolutePath = absolutePath
    self.root = root
    self.lines = lines
  }

  /// `file:` and the absolute path: what relative references are resolved against.
  var baseURI: String {
    Self.baseURI(ofAbsolutePath: absolutePath)
  }

  static func baseURI(ofAbsolutePath path: String) -> String {
    URL(fileURLWithPath: path).absoluteString
  }

  /// The line of the value, or of the nearest value around it that has one.
  func line(of pointer: JSONPointer) -> Int? {
    var tokens = pointer.tokens
    while true {
      if let line = lines[JSONPointer(tokens: tokens).description] { return line }
      guard tokens.popLast() != nil else { return nil }
    }
  }

  /// No document of use is larger.
  private static let maximumBytes = 8 << 20

  /// Reads YAML, or JSON when the name ends in `.json`.
  static func read(path: String, absolutePath: String) throws(DocumentMistakes) -> SourceDocument {
    func mistake(_ message: String, _ remedy: String) -> DocumentMistakes {
      DocumentMistakes([
        DocumentMistake(document: path, line: nil, pointer: "", message: message, remedy: remedy)
      ])
    }
    // A device or a pipe, named by accident or by a `$ref`, might never end.
    let file = URL(fileURLWithPath: absolutePath).resolvingSymlinksInPath().path
    let attributes = try? FileManager.default.attributesOfItem(atPath: file)
    guard let attributes else {
      throw mistake(
        "does not exist", "Correct the path; it is relative to the file that names it.")
    }
    guard attributes[.type] as? FileAttributeType == .typeRegular else {
      throw mistake("is not a regular file", "Name a file.")
    }
    guard (attributes[.size] as? Int).map({ $0 <= maximumBytes }) ?? false else {
      throw mistake("is larger than \(maximumBytes >> 20) MiB", "Split the document.")
    }
    guard let data = FileManager.default.contents(atPath: file) else {
      throw mistake("cannot be read", "Name a file that the gateway's user may read.")
    }
    return try read([UInt8](data), path: path, absolutePath: absolutePath)
  }

  /// As above, from bytes that stand for the file.
  static func read(
    _ bytes: [UInt8], path: String, absolutePath: String
  ) throws(DocumentMistakes) -> SourceDocument {
    func mistake(_ message: String, _ remedy: String, line: Int? = nil) -> DocumentMistakes {
      DocumentMistakes([
        DocumentMistake(document: path, line: line, pointer: "", message: message, remedy: remedy)
      ])
    }
    if absolutePath.hasSuffix(".json") {
      do {
        let root = try JSONValue(parsing: bytes, maximumDepth: 128)
        return SourceDocument(path: path, absolutePath: absolutePath, root: root, lines: [:])
      } catch {
        throw mistake("is not JSON: \(error.message)", "Correct the JSON.", line: error.line)
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw mistake("is not UTF-8", "Save the document in UTF-8.")
    }
    var reader = YAMLReader()
    guard let root = reader.read(text) else {
      throw DocumentMistakes(
        reader.mistakes.map {
          DocumentMistake(
            document: path, line: $0.line, pointer: $0.pointer, message: $0.message,
            remedy: $0.remedy)
        })
    }
    return SourceDocument(path: path, absolutePath: absolutePath, root: root, lines: reader.lines)
  }
}
