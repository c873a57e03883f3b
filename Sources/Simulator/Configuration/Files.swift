// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// Files and paths, whole and simple.
enum Files {
  static func read(_ path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path).map { Array($0) }
  }

  /// The folder part of a path; `.` when there is none.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  static func absolute(_ path: String, in folder: String) -> String {
    path.hasPrefix("/") ? path : "\(folder)/\(path)"
  }
}

/// Values that a configuration names instead of holding: `file:PATH`, `env:NAME`.
struct Secrets {
  let folder: String
  let environment: [String: String]

  /// The bytes of a file; `file:` before the path may be left out.
  func file(_ text: String) -> [UInt8]? {
    let path = text.hasPrefix("file:") ? String(text.dropFirst(5)) : text
    return Files.read(Files.absolute(path, in: folder))
  }

  /// A secret: what `file:` or `env:` name, else the text itself; a line feed at its end does not
  /// count.
  func secret(_ text: String) -> [UInt8]? {
    var bytes: [UInt8]
    if text.hasPrefix("file:") {
      guard let content = file(text) else { return nil }
      bytes = content
    } else if text.hasPrefix("env:") {
      guard let value = environment[String(text.dropFirst(4))] else { return nil }
      bytes = Array(value.utf8)
    } else {
      bytes = Array(text.utf8)
    }
    while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") {
      bytes.removeLast()
    }
    return bytes
  }
}
