// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import TestSupport
import Testing

@Suite("The page for people", .timeLimit(.minutes(2)))
struct StatusPageTests {
  /// Debian's; installed by `scripts/install-packages test`.
  static let chromium = "/usr/bin/chromium"
  static var hasChromium: Bool { FileManager.default.isExecutableFile(atPath: chromium) }

  /// The page's elements after its scripts have run.
  static func rendered(_ deployment: Deployment, language: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: chromium)
    process.arguments = [
      "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--virtual-time-budget=2500",
      "--user-data-dir=\(deployment.folder.path)/chromium-\(language)", "--lang=\(language)",
      "--accept-lang=\(language)", "http://\(deployment.admin)/",
    ]
    process.environment = ProcessInfo.processInfo.environment.merging(["LANGUAGE": language]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text
  }

  @Test(
    "a browser shows merchants, problems with their advice, and hosts, in its language",
    .enabled(if: hasChromium),
    arguments: [
      ("en-US", "Latest problems", "refused (4xx) 1", "says which members are wrong"),
      ("zh-CN", "最近的问题", "被拒绝(4xx) 1", "参数"),
    ])
  func browser(_ language: String, _ heading: String, _ refused: String, _ advice: String)
    async throws
  {
    let deployment = try await Deployment()
    #expect(try await deployment.upload(["A1"], number: "n-1").status == 200)
    #expect(try await deployment.upload([], number: "n-2").status == 400)
    let page = try Self.rendered(deployment, language: language)
    for text in [heading, refused, "PARAM_ERROR", "1900000001", deployment.simulatorAddress] {
      #expect(page.contains(text), "\(text) is not in \(page.suffix(4000))")
    }
    await deployment.stop()
  }

  @Test("it loads nothing from elsewhere, and no script but its own may run")
  func selfContained() async throws {
    let deployment = try await Deployment()
    let page = try await deployment.call("GET", "/", at: deployment.admin)
    #expect(page.status == 200)
    #expect(page.headers["Content-Type"] == "text/html; charset=utf-8")
    #expect(page.headers["Content-Security-Policy"]?.hasPrefix("default-src 'none'") == true)
    let text = String(decoding: page.body, as: UTF8.self)
    let links = text.matches(of: /(?:src|href|fetch)\s*[=(]\s*["']([^"']+)/).map(\.1)
    #expect(links.contains("status.json"))
    #expect(links.allSatisfy { $0.hasPrefix("data:") || !$0.contains(":") && !$0.hasPrefix("/") })
    #expect(!text.contains("innerHTML"), "what comes from outside is text")
    await deployment.stop()
  }
}
