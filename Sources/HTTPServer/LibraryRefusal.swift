// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import Concurrency
internal import HTTP

/// A request that libmicrohttpd refuses by itself, as told by the line that it logs right before: not
/// which connection's it is.
///
/// The library's own answer is HTML, and for a wrong Content-Length its head is sent twice
/// (0.9.75).
enum LibraryRefusal: Equatable {
  case length(isTooLarge: Bool)
  case chunks(isTooLarge: Bool)
  case headers

  /// - Returns: `nil` for other lines, and where a first line may be meant, whose connection has not
  ///   been heard of yet.
  init?(line: String) {
    let prefix = "Error processing request (HTTP response code is "
    guard line.hasPrefix(prefix) else { return nil }
    let status = line.dropFirst(prefix.count).prefix(3)
    if line.contains("<b>Content-Length</b>") {
      self = .length(isTooLarge: status == "413")
    } else if line.contains("chunk") {
      self = .chunks(isTooLarge: status == "413")
    } else if status == "431" {
      self = .headers
    } else {
      return nil
    }
  }

  func rejection(_ configuration: HTTPServer.Configuration) -> Rejection {
    switch self {
    case .length(isTooLarge: true), .chunks(isTooLarge: true):
      .bodyTooLarge(limit: configuration.maximumBodyBytes)
    case .length: .malformed(RequestFraming.noNumber.reason)
    case .chunks: .malformed("has a body whose chunks are not as HTTP has them")
    case .headers:
      .malformed("has headers of more than the \(configuration.maximumHeaderBytes) bytes allowed")
    }
  }
}

extension Engine {
  /// Connections among which the one that is meant is looked for.
  private static let mostCandidates = 256

  /// Answers a request in our words before the library does in its own, when there is no doubt which
  /// it is. Called within a turn.
  ///
  /// - Returns: whether it was answered.
  func refuse(_ refusal: LibraryRefusal) -> Bool {
    let connections = livingConnections
    guard connections.count <= Self.mostCandidates else { return false }
    let meant = connections.filter { $0.isMeant(by: refusal) }
    guard meant.count == 1 else { return false }
    meant[0].refuseBeforeLibrary(refusal.rejection(configuration))
    return true
  }
}

extension Connection {
  fileprivate func isMeant(by refusal: LibraryRefusal) -> Bool {
    let awaited = state.withLock { $0.awaited }
    switch refusal {
    case .chunks: return awaited == .chunks
    case .headers: return awaited == .head
    case .length:
      guard awaited == .head,
        let text = unsafe cmhd_header(handle.pointer, "Content-Length")
      else { return false }
      let length = try? RequestFraming.length(unsafe String(cString: text))
      return length == nil || length == .max
    }
  }
}
