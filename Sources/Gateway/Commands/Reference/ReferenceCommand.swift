// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import GatewayCore
internal import OpenAPI

struct ReferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference",
    abstract: "Prints the reference of this version: of the configuration, errors or metrics.",
    discussion: """
      The pages in docs/ are this command's output (make docs), made from the same definitions that \
      the gateway works with.
      """)

  enum Subject: String, ExpressibleByArgument, CaseIterable {
    case configuration
    case errors
    case metrics
  }

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case markdown
    case man
  }

  @Argument(help: "What to print the reference of.")
  var subject: Subject

  @Option(help: "The language of the errors.")
  var language = Language.english

  @Option(help: "Markdown; or the manual page gateway.conf(5), for the configuration only.")
  var format = Form.markdown

  func validate() throws {
    guard format == .markdown || subject == .configuration else {
      throw ValidationError("Only the configuration has a manual page.")
    }
    guard language == .english || subject == .errors else {
      throw ValidationError("Only the errors are told in another language.")
    }
  }

  func run() {
    print(text, terminator: "")
  }

  private var text: String {
    switch subject {
    case .configuration:
      format == .man
        ? ConfigurationReference().manual(version: gatewayVersion)
        : ConfigurationReference().markdown
    case .errors: ErrorReference(language: language, table: .builtIn).markdown
    case .metrics: MetricsReference().markdown
    }
  }
}

extension Language: ExpressibleByArgument {
  public init?(argument: String) { self.init(rawValue: argument) }
}
