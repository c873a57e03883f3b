// SPDX-License-Identifier: Apache-2.0
import HTTP

/// A path of a document, taken apart: `/stocks/{stock_id}/couponcodes`.
struct PathTemplate: Sendable, Equatable {
  enum Segment: Sendable, Equatable {
    /// Decoded, and as it is sent.
    case literal(String, raw: String)
    case parameter(String)
  }

  /// What a path is put together of: the slashes and literals between two parameters are one piece.
  enum Piece: Sendable, Equatable {
    /// As it is sent.
    case text(String)
    case parameter(String)
  }

  let text: String
  let segments: [Segment]
  let pieces: [Piece]

  var parameterNames: [String] {
    segments.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
  }

  struct Mistake: Error, Equatable {
    var message: String
    var remedy: String
  }

  init(_ text: String) throws(Mistake) {
    guard text.hasPrefix("/") else {
      throw Mistake(
        message: "does not begin with a slash",
        remedy: "Write the whole path, such as /v3/things/{id}.")
    }
    var segments: [Segment] = []
    for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      segments.append(try Self.segment(part))
    }
    self.text = text
    self.segments = segments
    pieces = Self.pieces(of: segments)
    let names = parameterNames
    guard Set(names).count == names.count else {
      throw Mistake(
        message: "has a parameter name twice", remedy: "Give each parameter its own name.")
    }
  }

  private static func pieces(of segments: [Segment]) -> [Piece] {
    var pieces: [Piece] = []
    var text = ""
    for segment in segments {
      text += "/"
      switch segment {
      case .literal(_, let raw): text += raw
      case .parameter(let name):
        pieces += [.text(text), .parameter(name)]
        text = ""
      }
    }
    return text.isEmpty ? pieces : pieces + [.text(text)]
  }

  private static func segment(_ part: Substring) throws(Mistake) -> Segment {
    guard part.contains("{") || part.contains("}") else {
      guard
        part.utf8.allSatisfy({
          $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
        }),
        let decoded = PercentEncoding.decode(part), decoded != ".", decoded != ".."
      else {
        throw Mistake(
          message: "has a segment that no request can have: \(part)",
          remedy: "Percent-encode what is not ASCII; a query and a fragment are not part of a path."
        )
      }
      return .literal(decoded, raw: String(part))
    }
    let name = part.dropFirst().dropLast()
    guard part.hasPrefix("{"), part.hasSuffix("}"), !name.isEmpty, !name.contains("{"),
      !name.contains("}")
    else {
      throw Mistake(
        message: "has a segment that is only in part a parameter: \(part)",
        remedy: "Let a parameter be a whole segment: /{name}/.")
    }
    return .parameter(String(name))
  }

  /// Whether both match the same paths, whatever their parameters are called.
  func matchesSamePaths(as other: PathTemplate) -> Bool {
    segments.count == other.segments.count
      && zip(segments, other.segments).allSatisfy { a, b in
        switch (a, b) {
        case (.literal(let a, _), .literal(let b, _)): a == b
        case (.parameter, .parameter): true
        default: false
        }
      }
  }

  /// Whether some path matches both, and neither is the more concrete: `/a/{x}/c` and `/a/b/{y}`.
  func isAmbiguous(with other: PathTemplate) -> Bool {
    guard segments.count == other.segments.count else { return false }
    var firstIsMoreConcrete = false
    var secondIsMoreConcrete = false
    for (a, b) in zip(segments, other.segments) {
      switch (a, b) {
      case (.literal(let a, _), .literal(let b, _)):
        if a != b { return false }
      case (.literal, .parameter): firstIsMoreConcrete = true
      case (.parameter, .literal): secondIsMoreConcrete = true
      case (.parameter, .parameter): break
      }
    }
    return firstIsMoreConcrete && secondIsMoreConcrete
  }
}
