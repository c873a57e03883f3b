// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Glibc
internal import JSON
internal import Settings

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks the configuration and everything it names.",
    discussion: """
      Every mistake is told at once, with file, line, key path and what to do. The exit status is 0 \
      when a gateway would start with the configuration and could serve every merchant, else 1. \
      Run it as the user that the gateway runs as: whether files can be read is a part of it.
      """)

  @OptionGroup var configuration: ConfigurationOption

  @Option(help: "How to print: text; or json, one object on standard output for programs.")
  var format = OutputFormat.text

  @Flag(
    help: """
      Also asks WeChat Pay for the platform certificates of every merchant, verifies them, and \
      compares the clocks.
      """)
  var online = false

  func run() async throws {
    let reading = configuration.reading()
    var findings = reading.findings
    if let settings = reading.settings { await findings.checkSurroundings(of: settings) }
    var answers: OnlineAnswers?
    if online, let preparation = reading.preparation {
      answers = try await OnlineAnswers(preparation, findings: &findings)
    }
    let report = CheckReport(
      file: configuration.config, preparation: reading.preparation, findings: findings,
      online: answers)
    switch format {
    case .text: report.printText()
    case .json: print(String(decoding: report.document.serialized(), as: UTF8.self))
    }
    if !report.isGood { throw ExitCode(1) }
  }
}

extension Findings {
  func printWarnings() {
    for warning in faults + warnings { standardError("warning: \(warning)") }
  }

  func printMistakes() {
    for mistake in mistakes { standardError("error: \(mistake)") }
    standardError(count(mistakes.count, "mistake"))
  }
}

/// `1 mistake`, `2 mistakes`.
func count(_ number: Int, _ noun: String) -> String {
  "\(number) \(noun)\(number == 1 ? "" : "s")"
}

/// Prints a line for a person, apart from a command's own output.
func standardError(_ line: String) {
  var rest = Array((line + "\n").utf8)[...]
  while !rest.isEmpty {
    let count = unsafe rest.withUnsafeBytes { bytes in
      unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
    }
    // What cannot be told has nobody to be told to.
    guard count > 0 || errno == EINTR else { return }
    rest = rest.dropFirst(max(0, count))
  }
}
