// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Files of the repository, found beside this source file.
package enum Repository {
  /// Without a slash at its end.
  package static let folder: String = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().standardizedFileURL.path

  /// The absolute path of a file.
  package static func path(_ relative: String) -> String { "\(folder)/\(relative)" }

  /// Everything in a file.
  package static func bytes(_ relative: String) throws -> [UInt8] {
    try bytes(at: path(relative))
  }

  /// Everything in a file, by its absolute path.
  package static func bytes(at path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path)))
  }

  /// Everything in a file of UTF-8.
  package static func text(_ relative: String) throws -> String {
    String(decoding: try bytes(relative), as: UTF8.self)
  }
}
