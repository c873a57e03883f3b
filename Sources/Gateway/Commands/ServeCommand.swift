// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Foundation
internal import GatewayCore
internal import HTTP
internal import HTTPServer
internal import Settings
internal import Storage
internal import Telemetry

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Runs the gateway.",
    discussion: """
      SIGTERM and SIGINT drain: no new connections, every request inside is answered, exit 0.
      SIGHUP reads the configuration anew; a bad one is refused and the old one stays.
      """)

  @OptionGroup var configuration: ConfigurationOption

  @Option(help: "json, or text for people at a terminal.")
  var logFormat = Log.Format.json

  @Option(help: "The least level that is logged: debug, info, warning or error.")
  var logLevel = Log.Level.info

  func run() async throws {
    let (preparation, findings) = try configuration.read()
    // A reader of the log that goes away must not end the gateway.
    signal(SIGPIPE, SIG_IGN)
    let lines = LineWriter()
    let log = Log(level: logLevel, format: logFormat) { lines.write($0) }
    findings.log(to: log)
    let store: any RequestNumberStore
    do throws(StoreFailure) {
      store = try await preparation.settings.store.open()
    } catch {
      standardError("error: store.url: \(error.detail)")
      throw ExitCode(1)
    }
    let lasting = LastingState(store: store, log: log, metrics: Metrics(GatewayMetrics.all))
    // Before the listeners: whoever sees the port open may send a signal.
    let signals = Signals.stream([SIGTERM, SIGINT, SIGHUP])
    let running: RunningGateway
    do {
      running = try RunningGateway(
        preparation, configuration: configuration.config, lasting: lasting)
    } catch let error as ListenError {
      standardError("error: \(error)")
      await store.close()
      throw ExitCode(1)
    }
    await running.untilStopped(signals)
    await store.close()
    lines.flush()
  }
}

extension Log.Format: ExpressibleByArgument {}
extension Log.Level: ExpressibleByArgument {
  public init?(argument: String) {
    guard let level = Log.Level.allCases.first(where: { $0.name == argument }) else { return nil }
    self = level
  }
}

extension StoreSettings {
  fileprivate func open() async throws(StoreFailure) -> any RequestNumberStore {
    switch url {
    case .memory:
      return MemoryStore()
    case .sqlite(let path):
      // When this fails, opening says what is wrong.
      try? FileManager.default.createDirectory(
        at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      return try SQLiteStore(path: path)
    case .redis:
      throw StoreFailure(
        .unavailable, detail: "redis:// is not supported yet; use sqlite:PATH or memory:")
    }
  }
}
