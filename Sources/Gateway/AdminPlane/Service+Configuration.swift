// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import GatewayCore
internal import JSON
internal import Settings

/// What operators see of the configuration that is used.
extension Service {
  /// `/configuration.json`, which `wxpay-gateway diff` compares a file with.
  func configurationDocument(_ loads: ConfigurationLoads.State) -> JSONValue {
    var document: JSONObject = [
      "version": .string(gatewayVersion),
      "pid": .number(JSONNumber(Int(ProcessInfo.processInfo.processIdentifier))),
    ]
    for member in configurationStatus(loads).objectValue?.members ?? [] {
      document[member.name] = member.value
    }
    for member in configuration.document(salt: .ofProcess).members {
      document[member.name] = member.value
    }
    return .object(document)
  }

  /// In `/status.json`.
  func configurationStatus(_ loads: ConfigurationLoads.State) -> JSONValue {
    [
      "file": .string(settings.file), "sha256": .string(configuration.sha256),
      "loaded": .string(time(loads.loadedAt)),
      "last_reload": ["succeeded": .bool(loads.succeeded), "at": .string(time(loads.triedAt))],
    ]
  }
}

private func time(_ unixSeconds: Int64) -> String {
  Date(timeIntervalSince1970: Double(unixSeconds)).ISO8601Format()
}
