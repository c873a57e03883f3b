// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import Synchronization

/// Log lines: one JSON object a line (CONTRACT 7), or plain text for people at a terminal.
///
/// Messages are constant; what varies is a field. Nothing that comes here holds a key, a token, a
/// signature, a coupon code or a body: the callers pass names, numbers and codes only.
package struct Log: Sendable {
  package enum Level: String, Sendable, CaseIterable {
    case debug, info, warning, error
  }

  /// What kind of line it is.
  package enum Kind: Sendable {
    /// A request was answered.
    case access
    /// A signature was made: who, for which merchant, for what.
    case audit
    case event
  }

  package enum Format: String, Sendable, CaseIterable {
    case json, text
  }

  /// Gets whole lines, line feed included; must not block.
  package typealias Sink = @Sendable ([UInt8]) -> Void

  private let severity: Int
  private let format: Format
  private let sampling: Sampling?
  private let write: Sink
  private let auditFormat: Format
  private let writeAudit: Sink

  /// - Parameters:
  ///   - accessSampling: of so many access lines that may be left out one is written; 1: all are.
  ///   - audit: gets the audit lines, which are always JSON then; `nil`: they go with the others.
  package init(
    level: Level, format: Format, accessSampling: Int = 1, audit: Sink? = nil,
    write: @escaping Sink
  ) {
    severity = level.severity
    self.format = format
    sampling = accessSampling > 1 ? Sampling(every: accessSampling) : nil
    writeAudit = audit ?? write
    auditFormat = audit == nil ? format : .json
    self.write = write
  }

  /// An event, with its fields in their order.
  package func callAsFunction(
    _ level: Level, _ message: StaticString,
    _ fields: @autoclosure () -> KeyValuePairs<String, LogValue?> = [:]
  ) {
    guard level.severity >= severity else { return }
    var line = line(format, level, .event, message)
    for (name, value) in fields() {
      if let value { line.add(name, value) }
    }
    line.finish()
    write(line.bytes)
  }

  /// A request was answered.
  ///
  /// - Parameter mayBeLeftOut: it is one of many like it; what failed or was odd never is.
  package func access(
    _ level: Level, _ message: StaticString, mayBeLeftOut: Bool = false,
    _ add: (inout LogLine) -> Void
  ) {
    guard level.severity >= severity, !mayBeLeftOut || sampling?.isTurn() ?? true else { return }
    var line = line(format, level, .access, message)
    add(&line)
    line.finish()
    write(line.bytes)
  }

  /// A signature was made. Written whatever the level.
  package func audit(_ message: StaticString, _ add: (inout LogLine) -> Void) {
    var line = line(auditFormat, .info, .audit, message)
    add(&line)
    line.finish()
    writeAudit(line.bytes)
  }

  private func line(
    _ format: Format, _ level: Level, _ kind: Kind, _ message: StaticString
  ) -> LogLine {
    LogLine(format, level, kind, message, unixMilliseconds: UnixTime.milliseconds())
  }
}

/// Every so many times it is somebody's turn, starting with the first.
private final class Sampling: Sendable {
  private let every: Int
  private let count = Atomic(0)

  init(every: Int) { self.every = every }

  func isTurn() -> Bool { count.wrappingAdd(1, ordering: .relaxed).oldValue % every == 0 }
}

extension Log.Level {
  var severity: Int {
    switch self {
    case .debug: 0
    case .info: 1
    case .warning: 2
    case .error: 3
    }
  }

  var name: StaticString {
    switch self {
    case .debug: "debug"
    case .info: "info"
    case .warning: "warning"
    case .error: "error"
    }
  }

  /// For a terminal: as wide as the others.
  var padded: StaticString {
    switch self {
    case .debug: "DEBUG  "
    case .info: "INFO   "
    case .warning: "WARNING"
    case .error: "ERROR  "
    }
  }
}

extension Log.Kind {
  var name: StaticString {
    switch self {
    case .access: "access"
    case .audit: "audit"
    case .event: "event"
    }
  }
}
