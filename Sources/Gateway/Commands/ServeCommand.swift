// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Cryptography
internal import EventLoop
internal import GatewayCore
internal import Glibc
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
      SIGUSR1 opens the audit log anew, after it was moved away.
      """)

  @OptionGroup var configuration: ConfigurationOption

  @Option(help: "json, or text for people at a terminal, whatever log.format says.")
  var logFormat: Log.Format?

  @Option(
    help: "The least level that is logged, whatever log.level says: debug, info, warning or error.")
  var logLevel: Log.Level?

  func run() async throws {
    let (preparation, findings) = try configuration.read()
    KeyMemory.settleCoreDumps(allowed: preparation.settings.process.coreDumps)
    // A reader of the log that goes away must not end the gateway.
    signal(SIGPIPE, SIG_IGN)
    // Nor must a limit on the size of files: the store's write then fails, and says so.
    signal(SIGXFSZ, SIG_IGN)
    let logs: LogFiles
    do throws(LogFileError) {
      logs = try LogFiles(preparation.settings.log)
    } catch {
      standardError("error: log.audit: \(error.path) cannot be written: \(error.reason)")
      throw ExitCode(1)
    }
    let log = logs.log(preparation.settings.log, level: logLevel, format: logFormat)
    findings.log(to: log)
    let connections = preparation.settings.server.maxConnections
    let descriptors = FileDescriptors.raiseLimit()
    // As many again go to WeChat Pay when every connection has a request inside.
    if descriptors < 2 * connections {
      log(
        .warning, "few file descriptors for so many connections",
        ["limit": .whole(descriptors), "max_connections": .whole(connections)])
    }
    let store: any RequestNumberStore
    do throws(StoreFailure) {
      store = try await preparation.settings.store.open(log)
    } catch {
      standardError("error: store.url: \(error.detail)")
      let isTemporary = error.code == .unavailable && preparation.settings.store.url.isServer
      throw ExitCode(isTemporary ? EX_TEMPFAIL : 1)
    }
    let loop = try EventLoop(threads: preparation.settings.server.threads, name: "loop")
    log.reportKeyMemory()
    let lasting = LastingState(
      loop: loop, store: store, log: log, metrics: GatewaySeries(), logs: logs)
    // Before the listeners: whoever sees the port open may send a signal.
    let signals = Signals.stream([SIGTERM, SIGINT, SIGHUP, SIGUSR1])
    let running: RunningGateway
    do {
      running = try RunningGateway(
        preparation, configuration: configuration.config, lasting: lasting,
        supervisor: Supervisor())
    } catch let error as ListenError {
      standardError("error: \(error)")
      await store.close()
      throw ExitCode(1)
    }
    await running.untilStopped(signals)
    await store.close()
    await logs.flush()
  }
}

extension Log {
  /// Says when keys could be swapped out to a disk.
  fileprivate func reportKeyMemory() {
    guard let shortage = KeyMemory.shortage else { return }
    self(
      .warning, "not all keys are locked in memory",
      [
        "used_bytes": .whole(shortage.usedBytes), "locked_bytes": .whole(shortage.lockedBytes),
        "advice": .text("raise RLIMIT_MEMLOCK (LimitMEMLOCK= in systemd), or turn swap off"),
      ])
  }
}

extension Log.Format: ExpressibleByArgument {}
extension Log.Level: ExpressibleByArgument {}
