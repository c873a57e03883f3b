// SPDX-License-Identifier: Apache-2.0

/// One thing that an OpenAPI document or an error table gets wrong, said so that its author can
/// mend it.
package struct DocumentMistake: Sendable, Equatable {
  /// The document's path as it was given.
  package var document: String
  /// The line in it, from 1; `nil` where the format gives none (a JSON document, a file that cannot
  /// be read).
  package var line: Int?
  /// Where in the document, as a JSON Pointer (RFC 6901); empty for the whole of it.
  package var pointer: String
  /// What is wrong.
  package var message: String
  /// What to do about it.
  package var remedy: String

  /// A mistake at a place of a document.
  package init(document: String, line: Int? = nil, pointer: String, message: String, remedy: String)
  {
    self.document = document
    self.line = line
    self.pointer = pointer
    self.message = message
    self.remedy = remedy
  }
}

extension DocumentMistake: CustomStringConvertible {
  /// `apis/a.yaml:12: /paths/~1v3: …. Remedy`.
  package var description: String {
    let place = line.map { "\(document):\($0)" } ?? document
    return "\(place): \(pointer.isEmpty ? "" : "\(pointer): ")\(message). \(remedy)"
  }
}

/// Every mistake of the documents that were loaded together, in the order of the documents and
/// their lines.
package struct DocumentMistakes: Error, Sendable, Equatable {
  /// Never empty when it is thrown.
  package var mistakes: [DocumentMistake]

  /// Mistakes in the order in which they are to be told.
  package init(_ mistakes: [DocumentMistake]) {
    self.mistakes = mistakes
  }
}
