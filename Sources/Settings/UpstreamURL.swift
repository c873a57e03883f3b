// SPDX-License-Identifier: Apache-2.0

/// The origin of an upstream: scheme, host and port. The path of each call comes from its
/// operation.
package struct UpstreamURL: Sendable, Hashable {
  /// `http` only for loopback hosts. Source: CONTRACT section 4.
  package let isTLS: Bool
  package let host: HostName
  /// 443 or 80 when the URL names none.
  package let port: UInt16

  /// What is wrong with a text that should be such a URL, for a person.
  struct Problem: Error, Equatable {
    let message: String
    let remedy: String
  }

  init(isTLS: Bool, host: HostName, port: UInt16) {
    self.isTLS = isTLS
    self.host = host
    self.port = port
  }

  init(_ text: String) throws(Problem) {
    let example = "write it like \"https://api.mch.weixin.qq.com\""
    let lower = text.lowercased()
    let rest: Substring
    if lower.hasPrefix("https://") {
      isTLS = true
      rest = text.dropFirst("https://".count)
    } else if lower.hasPrefix("http://") {
      isTLS = false
      rest = text.dropFirst("http://".count)
    } else {
      throw Problem(message: "is not an https URL", remedy: example)
    }

    let authority = rest.prefix { !"/?#".contains($0) }
    let path = rest.dropFirst(authority.count)
    // Not quoted: it may hold a password.
    guard !authority.contains("@") else {
      throw Problem(message: "holds a user name", remedy: example)
    }
    guard path.isEmpty || path == "/" else {
      throw Problem(
        message: "has a path, a query or a fragment",
        remedy: "end it after the host: an operation's own path is sent and signed as it is")
    }
    var hostText = String(authority)
    var portText: String?
    if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
      hostText = String(authority[..<colon])
      portText = String(authority[authority.index(after: colon)...])
    }
    guard let host = HostName(hostText) else {
      throw Problem(message: "has no valid host", remedy: example)
    }
    self.host = host
    if let portText {
      guard let port = portNumber(portText), port > 0 else {
        throw Problem(message: "has no valid port", remedy: "use a port from 1 to 65535")
      }
      self.port = port
    } else {
      port = isTLS ? 443 : 80
    }
    guard isTLS || host.isLoopback else {
      throw Problem(
        message: "is http, which is accepted for loopback addresses only", remedy: "use https")
    }
  }
}

extension UpstreamURL: CustomStringConvertible {
  /// The origin without a trailing slash and without a default port, e.g.
  /// `https://api.mch.weixin.qq.com`.
  package var description: String {
    let isDefaultPort = port == (isTLS ? 443 : 80)
    return (isTLS ? "https://" : "http://") + host.bracketed + (isDefaultPort ? "" : ":\(port)")
  }
}
