// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Foundation
import GatewayCore
import JSON
import Testing

@testable internal import Telemetry

@Suite("Log lines")
struct LogLineTests {
  private let lines = Guarded<[String]>([])

  private func log(_ format: Log.Format = .json) -> Log {
    Log(level: .info, format: format) { [lines] line in
      lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
    }
  }

  private func onlyLine() throws -> String {
    let lines = lines.withLock { $0 }
    return try #require(lines.count == 1 ? lines.first : nil)
  }

  @Test("every kind of field becomes JSON, in order, and an absent one is left out")
  func fieldsBecomeJSON() throws {
    log()(
      .warning, "something happened",
      [
        "text": .text("plain"), "escaped": .text("a \"b\" \\ \n é 码"), "absent": nil,
        "whole": .whole(-7),
        "decimal": .decimal(1.0000016), "negative": .decimal(-0.25), "flag": .flag(true),
        "list": .list(["x", "y"]),
        "nothing": .list([]),
      ])
    let line = try onlyLine()
    let object = try #require(line.firstIndex(of: ",").map { line[$0...] })
    #expect(
      object == """
        ,"level":"warning","kind":"event","message":"something happened","text":"plain",\
        "escaped":"a \\"b\\" \\\\ \\n é 码","whole":-7,"decimal":1.000002,"negative":-0.250000,"flag":true,\
        "list":["x","y"],"nothing":[]}

        """)
    #expect(throws: Never.self) { try JSONValue(parsing: Array(line.utf8)) }
  }

  @Test("the lines of a request have the same forms, and leave out what is absent")
  func requestFields() throws {
    log().access(.info, "answered") { line in
      line.add("id", "a \"b\"")
      line.add("none", nil as String?)
      line.add("status", 200)
      line.add("no_status", nil as Int?)
      line.add("replayed", true)
      line.add("seconds", nanoseconds: 1_250_001_499)
      line.add("stages", [.init(.sign, nanoseconds: 811_000), .init(.verify, nanoseconds: 0)])
      line.add("nothing", [] as [Journal.StageTime])
      line.add("observed", ["validate: PARAM_ERROR"])
    }
    #expect(
      try onlyLine().hasSuffix(
        """
        "level":"info","kind":"access","message":"answered","id":"a \\"b\\"","status":200,\
        "replayed":true,"seconds":1.250001,"stages":{"sign":0.000811,"verify":0.000000},\
        "observed":["validate: PARAM_ERROR"]}

        """))
  }

  @Test("of lines that may be left out one in so many is written, of the others every one")
  func sampling() {
    let log = Log(level: .info, format: .json, accessSampling: 10) { [lines] line in
      lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
    }
    for _ in 0..<100 {
      log.access(.info, "answered", mayBeLeftOut: true) { $0.add("kept", false) }
      log.access(.info, "answered") { $0.add("kept", true) }
    }
    #expect(lines.withLock { $0.count { $0.contains(#""kept":false"#) } } == 10)
    #expect(lines.withLock { $0.count { $0.contains(#""kept":true"#) } } == 100)
  }

  @Test("audit lines go to their own place, as JSON, whatever the level and the format")
  func audit() throws {
    let audited = Guarded<[String]>([])
    let log = Log(
      level: .error, format: .text,
      audit: { line in audited.withLock { $0.append(String(decoding: line, as: UTF8.self)) } },
      write: { [lines] line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    )
    log.audit("signed") { $0.add("merchant", "1900000001") }
    let line = try #require(audited.withLock { $0.first })
    #expect(try JSONValue(parsing: Array(line.utf8))["merchant"] == "1900000001")
    #expect(lines.withLock { $0.isEmpty })
  }

  @Test("text for a terminal has the same values")
  func textHasTheSameValues() throws {
    log(.text)(
      .error, "it broke", ["code": .text("INTERNAL"), "absent": nil, "attempts": .whole(2)])
    #expect(try onlyLine().hasSuffix("Z ERROR   it broke code=\"INTERNAL\" attempts=2\n"))
  }

  @Test("a line below the level is not written")
  func quietLinesAreNotWritten() {
    log()(.debug, "a detail")
    #expect(lines.withLock { $0.isEmpty })
  }

  @Test(
    "a time is written as Foundation writes it",
    arguments: [
      0, 951_782_399_999, 951_782_400_000, 951_868_800_001, 1_709_164_800_000, 1_735_689_599_999,
      1_763_907_367_042, 4_107_542_400_000, 13_574_563_200_000,
    ])
  func timesAreRight(milliseconds: Int) {
    let line = LogLine(.text, .info, .event, "x", unixMilliseconds: milliseconds)
    let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    // The middle of the millisecond, which no rounding of a Double reaches the edge of.
    #expect(
      String(decoding: line.bytes, as: UTF8.self)
        == style.format(date.addingTimeInterval(0.0004)) + " INFO    x")
  }
}
