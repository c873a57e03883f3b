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
    // What is wrong already has its default here, which nobody wrote.
    guard !hasMistake(at: "store.url", in: settings) else { return }
    switch settings.store.url {
    case .memory: break
    case .sqlite(let path): check(path, of: settings)
    case .redis(let host, let port, let database):
      check(RedisAddress(host: host.text, port: port, database: database), of: settings)
    }
  }

  private mutating func check(_ path: String, of settings: GatewaySettings) {
    do throws(StoreFailure) {
      try SQLiteStore.check(path: path)
    } catch {
      mistake(
        "store.url", in: settings, error.detail,
        remedy: error.code == .unavailable
          ? "let the gateway's user write the file and its folder" : "name another file")
    }
  }

  private mutating func check(_ address: RedisAddress, of settings: GatewaySettings) {
    guard !hasMistake(at: "store.password", in: settings) else { return }
    do throws(StoreFailure) {
      let password = try settings.store.readPassword()
      if let weakness = try RedisStore.check(address, password: password) {
        warning(
          "store.url", in: settings, "\(address) \(weakness)",
          remedy:
            "set appendonly yes and appendfsync always, or numbers may be lost with the server")
      }
    } catch {
      // The failure says what to do. A server that cannot be reached now is no mistake of the
      // configuration, which a running gateway may be told to read.
      if error.code == .unavailable {
        warning("store.url", in: settings, error.detail, remedy: "")
      } else {
        mistake("store.url", in: settings, error.detail, remedy: "")
      }
    }
  }

  private mutating func checkAddresses(of settings: GatewaySettings) async {
    var taken: [(name: String, error: ListenError)] = []
    for (name, address) in [
      ("server.listen", settings.server.listen), ("admin.listen", settings.admin.listen),
    ] where !hasMistake(at: name, in: settings) {
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
