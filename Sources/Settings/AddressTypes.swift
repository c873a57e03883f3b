// SPDX-License-Identifier: Apache-2.0
internal import HTTP

extension ValueType where Value == ListenAddress {
  static let listenAddress = ValueType.string(
    "\"HOST:PORT\", \"[::1]:PORT\" or \"unix:PATH\"",
    parse: { text, keyPath, place, findings in
      do throws(ListenAddress.Mistake) {
        let address = try ListenAddress.parse(text)
        guard case .unix(let path) = address else { return address }
        // Parsed again with its folder, since a socket's path is limited in length.
        return try ListenAddress.parse("unix:" + FilePath.join(findings.folder, path))
      } catch {
        // Some say themselves what to write.
        let parts = error.message.split(separator: "; ", maxSplits: 1)
        findings.mistake(
          keyPath, at: place, String(parts.first ?? ""),
          remedy: parts.count > 1
            ? String(parts[1]) : "write \"127.0.0.1:8080\", \"[::1]:8080\" or \"unix:PATH\"")
        return nil
      }
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
