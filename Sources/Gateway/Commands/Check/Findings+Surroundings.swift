// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore
internal import HTTP
internal import HTTPServer
internal import Settings
internal import Storage

/// What a gateway would find on this machine when it starts.
extension Findings {
  mutating func checkSurroundings(of settings: GatewaySettings) async {
    await checkAddresses(of: settings)
    guard case .sqlite(let path) = settings.store.url else { return }
    do throws(StoreFailure) {
      try SQLiteStore.check(path: path)
    } catch {
      mistake(
        "store.url", in: settings, error.detail,
        remedy: error.code == .unavailable
          ? "let the gateway's user write the file and its folder" : "name another file")
    }
  }

  private mutating func checkAddresses(of settings: GatewaySettings) async {
    var taken: [(name: String, error: ListenError)] = []
    for (name, address) in [
      ("server.listen", settings.server.listen), ("admin.listen", settings.admin.listen),
    ] {
      do throws(ListenError) {
        try HTTPServer.check(address)
      } catch {
        if error.code == .inUse {
          taken.append((name, error))
        } else {
          mistake(name, in: settings, error.message, remedy: error.remedy)
        }
      }
    }
    guard !taken.isEmpty else { return }
    // A gateway that this configuration is meant for may well be running.
    let running = try? await RunningConfiguration.ask(AdminAddress(settings.admin.listen))
    for (name, error) in taken {
      if let running, running.listens(name, in: settings) {
        warning(
          name, in: settings, "is used by the gateway that runs now, process \(running.process)",
          remedy: "nothing is wrong when this configuration is meant for it")
      } else {
        mistake(name, in: settings, error.message, remedy: error.remedy)
      }
    }
  }
}

extension RunningConfiguration {
  /// Whether it has the address that `settings` give for a key.
  fileprivate func listens(_ name: String, in settings: GatewaySettings) -> Bool {
    configuration.entries[name]?.value
      == EffectiveConfiguration.value(of: name, in: settings)
  }
}
