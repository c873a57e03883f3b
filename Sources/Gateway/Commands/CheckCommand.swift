// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Glibc
internal import OpenAPI

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract:
      "Checks the configuration and everything it names; exits 0 when a gateway would start with it.",
    discussion: "Every mistake is printed at once, with file, line, key path and what to do.")

  @OptionGroup var configuration: ConfigurationOption

  func run() async throws {
    let preparation = try configuration.prepare()
    print(
      "\(configuration.config): \(preparation.catalog.operations.count) operations, "
        + "\(preparation.credentials.count) merchants, no mistakes")
  }
}

extension Findings {
  func printWarnings() {
    for warning in faults + warnings { standardError("warning: \(warning)") }
  }

  func printMistakes() {
    for mistake in mistakes { standardError("error: \(mistake)") }
    standardError("\(mistakes.count) \(mistakes.count == 1 ? "mistake" : "mistakes")")
  }
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
