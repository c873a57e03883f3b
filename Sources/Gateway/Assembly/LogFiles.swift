// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import FoundationEssentials
internal import GatewayCore
internal import Settings
internal import Telemetry

/// Where log lines go: standard error, and the audit log's own file where `log.audit` names one.
struct LogFiles: Sendable {
  private let main = LineWriter()
  private let audit: LineWriter?

  /// Makes the audit log's folder where there is none.
  /// - Throws: when the audit log cannot be opened.
  init(_ settings: LogSettings) throws(LogFileError) {
    guard let path = settings.audit else {
      audit = nil
      return
    }
    // When this fails, opening says what is wrong.
    try? FileManager.default.createDirectory(
      at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o750])
    audit = LineWriter(try LogFile(path: path))
  }

  /// - Parameters:
  ///   - level: instead of the configuration's.
  ///   - format: instead of the configuration's.
  func log(_ settings: LogSettings, level: Log.Level?, format: Log.Format?) -> Log {
    var writeAudit: Log.Sink?
    if let audit { writeAudit = { audit.write($0) } }
    return Log(
      level: level ?? Log.Level(rawValue: settings.level.rawValue) ?? .info,
      format: format ?? Log.Format(rawValue: settings.format.rawValue) ?? .json,
      accessSampling: settings.accessSampling,
      audit: writeAudit, write: { [main] in main.write($0) })
  }

  /// Each with its name in metrics.
  var named: [(name: String, writer: LineWriter)] {
    [("main", main)] + (audit.map { [("audit", $0)] } ?? [])
  }

  /// What operators should know: lines are lost, or will be.
  var warnings: [String] {
    named.compactMap { name, writer in
      writer.statistics.failure.map { "the \(name) log cannot be written: \($0)" }
    }
  }

  /// Opens the audit log anew.
  /// - Returns: why it could not be, if it could not.
  func reopen() async -> String? { await audit?.reopen() }

  /// How long the last lines may take: a reader that does not read must not keep the gateway.
  private static let patience = Duration.seconds(2)

  /// Returns when what was logged is written, or cannot be.
  func flush() async {
    _ = await result(before: .now + Self.patience) {
      await main.flush()
      await audit?.flush()
    }
  }
}
