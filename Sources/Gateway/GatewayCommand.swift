// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Cryptography
internal import GatewayCore

@main
struct GatewayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wxpay-gateway",
    abstract:
      "A signing gateway for WeChat Pay APIv3: plain JSON in, signed and verified calls out.",
    discussion: """
      Begin with a configuration (a complete example is gateway.conf, and every key is explained by \
      `wxpay-gateway reference configuration`), let `check` find its mistakes, and `serve` it.
      """,
    version: gatewayVersion,
    subcommands: [
      ServeCommand.self, CheckCommand.self, DiffCommand.self, SignCommand.self, ExplainCommand.self,
      CertificatesCommand.self, ReferenceCommand.self,
    ])
}

/// How a command says what it found.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text
  case json
}

/// What every command needs to find the configuration.
struct ConfigurationOption: ParsableArguments {
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The configuration file.", valueName: "file"),
    completion: .file())
  var config = "gateway.conf"

  /// Everything that the configuration names; its warnings go to stderr.
  /// - Throws: `ExitCode(1)` after printing every mistake.
  func prepare() throws -> Preparation {
    let (preparation, findings) = try read()
    findings.printWarnings()
    return preparation
  }

  /// As `prepare`, with the warnings left to the caller.
  func read() throws -> (Preparation, Findings) {
    let reading = reading()
    guard let preparation = reading.preparation else {
      reading.findings.printWarnings()
      reading.findings.printMistakes()
      throw ExitCode(1)
    }
    return (preparation, reading.findings)
  }

  /// Everything that could be read, with the mistakes left to the caller.
  func reading() -> Preparation.Reading {
    KeyMemory.start()
    return Preparation.read(configuration: config)
  }
}
