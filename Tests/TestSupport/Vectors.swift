// SPDX-License-Identifier: Apache-2.0
package import Foundation

/// The files of `Tests/Vectors`: known answers from elsewhere, with their sources beside them.
package enum Vectors {
  package static let folder = URL(filePath: Repository.path("Tests/Vectors"))

  /// Everything in a file.
  package static func bytes(_ path: String) throws -> [UInt8] {
    try Repository.bytes("Tests/Vectors/\(path)")
  }

  /// Everything in a file of UTF-8.
  package static func text(_ path: String) throws -> String {
    try Repository.text("Tests/Vectors/\(path)")
  }

  /// The names in a folder, sorted.
  package static func names(in path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: path).path).sorted()
  }
}
