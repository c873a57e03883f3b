// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Foundation
import JSON
import Telemetry
import TestSupport
import Testing

@Suite("Log")
struct LogTests {
  let written = Guarded<[String]>([])

  func log(_ level: Log.Level = .debug, _ format: Log.Format = .json) -> Log {
    Log(level: level, format: format) { line in
      written.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
    }
  }

  @Test("a line is one JSON object with time, level, kind, message and fields, in that order")
  func line() throws {
    log()(
      .warning, "circuit opened",
      [
        "origin": .text("a\n\"b\"\u{2028}\u{1}"), "count": .whole(-3), "ok": .flag(true),
        "names": .list(["x", "y"]),
        "missing": nil, "seconds": .seconds(.microseconds(1_250_001)),
      ])
    let line = try #require(written.withLock { $0.first })
    #expect(line.last == "\n")
    #expect(line.dropLast().unicodeScalars.allSatisfy { $0 != "\n" && $0 != "\r" })
    let object = try #require(JSONValue(parsing: Array(line.utf8)).objectValue)
    #expect(
      object.members.map(\.name)
        == [
          "time", "level", "kind", "message", "origin", "count", "ok", "names", "seconds",
        ])
    #expect(object["level"] == "warning" && object["kind"] == "event")
    #expect(object["message"] == "circuit opened")
    #expect(object["origin"] == .string("a\n\"b\"\u{2028}\u{1}"))
    #expect(object["count"] == -3 && object["ok"] == true && object["names"] == ["x", "y"])
    #expect(object["seconds"]?.numberValue?.text == "1.250001")
  }

  @Test("the time is a whole RFC 3339 moment, with the date, in UTC")
  func time() throws {
    log()(.info, "x")
    let line = try #require(written.withLock { $0.first })
    let time = try #require(JSONValue(parsing: Array(line.utf8))["time"]?.stringValue)
    #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(time)")
  }

  @Test("what is below the level is not written, and its fields are not made")
  func level() {
    let made = Guarded(0)
    func field() -> LogValue {
      made.withLock { $0 += 1 }
      return .flag(true)
    }
    let log = log(.warning)
    log(.debug, "a", ["x": field()])
    log(.info, "b", ["x": field()])
    #expect(written.withLock { $0.isEmpty } && made.withLock { $0 } == 0)
    log(.warning, "c", ["x": field()])
    log(.error, "d", ["x": field()])
    #expect(written.withLock { $0.count } == 2 && made.withLock { $0 } == 2)
  }

  @Test("text for a terminal is one line as well")
  func text() throws {
    log(.info, .text)(.info, "answered", ["id": .text("a\nb")])
    let line = try #require(written.withLock { $0.first })
    #expect(line.hasSuffix("INFO    answered id=\"a\\nb\"\n"))
    #expect(line.filter { $0.isNewline }.count == 1)
  }

  @Test(
    "a negative and a small duration keep their value",
    arguments: [(-1500, "-0.001500"), (1, "0.000001"), (0, "0.000000")])
  func durations(_ microseconds: Int, _ text: String) throws {
    log()(.info, "x", ["d": .seconds(.microseconds(microseconds))])
    let line = try #require(written.withLock { $0.first })
    #expect(try JSONValue(parsing: Array(line.utf8))["d"]?.numberValue?.text == text)
  }
}
