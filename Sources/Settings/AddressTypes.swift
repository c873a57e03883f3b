// SPDX-License-Identifier: Apache-2.0

extension ValueType where Value == ListenAddress {
  static let listenAddress = ValueType.string(
    "\"HOST:PORT\", \"[::1]:PORT\" or \"unix:PATH\"",
    parse: { text, keyPath, place, findings in
      if let address = ListenAddress(text, relativeTo: findings.folder) { return address }
      let remedy =
        text.hasPrefix(":")
        ? "write the host too, \"127.0.0.1\(text)\" for this machine only"
        : "a socket's path may have \(ListenAddress.maximumUnixPathBytes) bytes, a port is at most 65535"
      findings.mistake(
        keyPath, at: place,
        "is \(quoted(text)); it must be \"HOST:PORT\", \"[::1]:PORT\" or \"unix:PATH\"",
        remedy: remedy)
      return nil
    }, write: { tomlString("\($0)") })
}

extension ValueType where Value == UpstreamURL {
  static let upstreamURL = ValueType.string(
    "an https URL without a path (http for loopback hosts)",
    parse: { text, keyPath, place, findings in
      do throws(UpstreamURL.Problem) {
        return try UpstreamURL(text)
      } catch {
        findings.mistake(keyPath, at: place, error.message, remedy: error.remedy)
        return nil
      }
    }, write: { tomlString("\($0)") })
}

extension ValueType where Value == StoreAddress {
  static let storeAddress = ValueType.string(
    "\"memory:\", \"sqlite:PATH\" or \"redis://HOST:PORT/DB\"",
    parse: { text, keyPath, place, findings in
      if let address = StoreAddress(text, relativeTo: findings.folder) { return address }
      // Not quoted: the URL of a store may hold a password.
      findings.mistake(
        keyPath, at: place, "is not the address of a store",
        remedy: "write \"memory:\", \"sqlite:PATH\" or \"redis://HOST:PORT/DB\"")
      return nil
    }, write: { tomlString("\($0)") })
}
