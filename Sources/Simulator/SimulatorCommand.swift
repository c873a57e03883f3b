// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import FoundationEssentials

/// The command line of `wxpay-simulator`.
@main
struct SimulatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wxpay-simulator",
    abstract: "A stand-in for WeChat Pay on loopback, as strict as the real one.",
    discussion: """
      Checks every request's signature, keeps the uploaded coupon codes, signs its answers, serves \
      /v3/certificates, and misbehaves when it is told to on its control address.

      When it is ready it prints one line of JSON with the addresses it listens on. It runs until \
      SIGTERM or SIGINT. docs/simulator.md explains the configuration and the control address.
      """)

  @Option(
    name: .long, help: ArgumentHelp("The configuration, a JSON file.", valueName: "file"),
    completion: .file())
  var config: String

  func run() async throws {
    let settings: SimulatorConfiguration
    do {
      settings = try SimulatorConfiguration.load(
        path: config, environment: ProcessInfo.processInfo.environment)
    } catch {
      Console.error(error.description)
      throw ExitCode(1)
    }
    let signals = StopSignals()
    let listeners: Listeners
    do {
      listeners = try Listeners(settings)
    } catch {
      Console.error("cannot start: \(error)")
      throw ExitCode(1)
    }
    Console.print(listeners.readyLine)
    await signals.wait()
    listeners.stop()
  }
}
