// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import Telemetry
import TestSupport
import Testing

@testable import Gateway

/// The dashboard and the alerts that come with the gateway.
@Suite("Dashboard and alerts")
struct MonitoringFilesTests {
  private static let rules = "packaging/prometheus/wxpay-gateway.rules.yml"
  private static let dashboard = "packaging/grafana/wxpay-gateway.json"
  private static let promtool = "/usr/bin/promtool"
  private static let hasPromtool = FileManager.default.isExecutableFile(atPath: promtool)

  private static func text(_ path: String) throws -> String {
    try String(contentsOfFile: Repository.path(path), encoding: .utf8)
  }

  /// - Returns: promtool's exit status and what it says.
  private static func promtool(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: promtool)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  @Test("every metric that they name exists", arguments: [rules, dashboard])
  func metricsExist(_ path: String) throws {
    let known = GatewayMetrics.all.reduce(into: Set<String>()) { known, family in
      known.insert(family.name)
      if family.kind == .histogram {
        known.formUnion(["_bucket", "_sum", "_count"].map { family.name + $0 })
      }
    }
    let named = try Set(Self.text(path).matches(of: /wxpay_gateway_\w+/).map { String($0.0) })
    #expect(named.count > 10)
    #expect(named.isSubset(of: known), "\(named.subtracting(known).sorted())")
  }

  @Test("the dashboard shows every metric")
  func dashboardIsComplete() throws {
    let text = try Self.text(Self.dashboard)
    let missing = GatewayMetrics.all.map(\.name).filter { !text.contains($0) }
    #expect(missing.isEmpty)
  }

  @Test("every query of the dashboard is PromQL", .enabled(if: hasPromtool))
  func queries() throws {
    let dashboard = try JSONValue(parsing: Array(Self.text(Self.dashboard).utf8))
    let queries = (dashboard["panels"]?.arrayValue ?? []).flatMap { panel in
      (panel["targets"]?.arrayValue ?? []).compactMap { $0["expr"]?.stringValue }
    }
    #expect(queries.count > 30)
    let rules = queries.enumerated().map { index, query -> JSONValue in
      let plain = query.replacing("$__rate_interval", with: "5m")
        .replacing(/\$(instance|operation|merchant)/, with: ".*")
      return ["record": .string("query:\(index)"), "expr": .string(plain)]
    }
    let folder = try TemporaryFolder()
    let document: JSONValue = ["groups": [["name": "queries", "rules": .array(rules)]]]
    // JSON is YAML.
    let path = try folder.write(document.serialized(), to: "queries.yml")
    let (status, output) = try Self.promtool(["check", "rules", path])
    #expect(status == 0, "\(output)")
  }

  @Test(
    "promtool finds no mistake in the alerts, and each fires when it should",
    .enabled(if: hasPromtool))
  func alerts() throws {
    let check = try Self.promtool(["check", "rules", Repository.path(Self.rules)])
    #expect(check.status == 0, "\(check.output)")
    let tests = Self.rules.replacing(".rules.yml", with: ".rules.test.yml")
    let run = try Self.promtool(["test", "rules", Repository.path(tests)])
    #expect(run.status == 0, "\(run.output)")
    let alerts = try Self.text(Self.rules).matches(of: /alert: (\w+)/).map { $0.1 }
    let tested = try Self.text(tests)
    for alert in alerts {
      #expect(tested.contains("\(alert) fires") && tested.contains("\(alert) stays quiet"))
    }
  }
}
