// SPDX-License-Identifier: Apache-2.0
internal import Settings
internal import TestSupport

/// A folder with everything that `Fixture.text` names, and a gateway.conf of one's own in it.
struct Fixture {
  let folder: TemporaryFolder
  var environment: [String: String] = [:]

  /// The shortest configuration without a mistake.
  static let text = """
    [api]
    documents = ["api.yaml"]
    [[merchant]]
    id = "1900000001"
    certificate = "file:cert.pem"
    private_key = "file:key.pem"
    api_v3_key = "file:v3"

    """

  /// The parts of it, for tests that replace one.
  static let api = "[api]\ndocuments = [\"api.yaml\"]\n"
  static let merchant = String(text.dropFirst(api.count))

  /// One whose token is its name, which the fixture's environment knows as TOKEN.
  static let caller = """
    [[caller]]
    name = "coupon-service"
    token = "env:TOKEN"
    merchants = ["1900000001"]

    """

  init() throws {
    folder = try TemporaryFolder()
    for name in ["cert.pem", "key.pem", "api.yaml"] { _ = try folder.write("x", to: name) }
    _ = try folder.write("0123456789abcdef0123456789ABCDEF\n", to: "v3")
    environment["TOKEN"] = "a-token-of-a-service"
  }

  /// Reads a text as the gateway.conf of the folder.
  func read(_ text: String) -> SettingsReading {
    GatewaySettings.read(
      Array(text.utf8), path: folder.file("gateway.conf"), environment: Environment(environment))
  }

  /// One line a mistake: `LINE KEYPATH: MESSAGE; REMEDY`, with the folder's path left out.
  func mistakes(_ text: String) -> [String] {
    read(text).mistakes.map(summary)
  }

  func warnings(_ text: String) -> [String] {
    read(text).warnings.map(summary)
  }

  private func summary(_ mistake: Mistake) -> String {
    let text =
      "\(mistake.line ?? 0) \(mistake.keyPath): \(mistake.message); \(mistake.remedy)"
    return text.split(separator: folder.path + "/", omittingEmptySubsequences: false).joined()
  }
}
