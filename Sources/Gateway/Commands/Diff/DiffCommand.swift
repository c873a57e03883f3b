// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import JSON
internal import Settings

struct DiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compares the configuration that a gateway runs with to a file.",
    discussion: """
      Asks the running gateway on its admin listener, and says what would be different with the \
      file: keys, merchants, callers, operations, and the content of documents, certificates and \
      secrets. Secrets are compared by fingerprints and never shown. The exit status is 0 when both \
      are the same, 1 when they differ, and 2 when that cannot be told.
      """)

  @OptionGroup var configuration: ConfigurationOption

  @Option(
    help: ArgumentHelp(
      "The admin listener of the running gateway: http://HOST:PORT or unix:PATH. By default the "
        + "file's own admin.listen.", valueName: "url"))
  var admin: String?

  @Option(help: "How to print: text; or json, one object on standard output for programs.")
  var format = OutputFormat.text

  private static let cannotTell = ExitCode(2)

  func run() async throws {
    let reading = configuration.reading()
    guard let preparation = reading.preparation else {
      reading.findings.printMistakes()
      throw Self.cannotTell
    }
    let address: AdminAddress
    if let admin {
      guard let given = AdminAddress(admin) else {
        throw ValidationError("--admin is http://HOST:PORT or unix:PATH.")
      }
      address = given
    } else {
      address = AdminAddress(preparation.settings.admin.listen)
    }
    let running: RunningConfiguration
    do throws(RunningConfiguration.Unanswered) {
      running = try await RunningConfiguration.ask(address)
    } catch {
      standardError("error: \(error.message); name its admin listener with --admin")
      throw Self.cannotTell
    }
    let file = EffectiveConfiguration(
      preparation.settings, preparation.catalog, salt: running.salt)
    let report = DifferenceReport(
      address: address, running: running, path: configuration.config, file: file)
    switch format {
    case .text: report.printText()
    case .json: print(String(decoding: report.document.serialized(), as: UTF8.self))
    }
    if !report.differences.isEmpty { throw ExitCode(1) }
  }
}
