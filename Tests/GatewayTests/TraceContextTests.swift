// SPDX-License-Identifier: Apache-2.0
import HTTP
import Testing

@testable import Gateway

@Suite("Trace context")
struct TraceContextTests {
  static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  static let parent = "00-\(trace)-00f067aa0ba902b7-01"

  @Test(
    "a trace is continued with a span of this gateway's own",
    arguments: [
      "00-\(trace)-00f067aa0ba902b7-01", "00-\(trace)-00f067aa0ba902b7-00",
      "01-\(trace)-00f067aa0ba902b7-01-more",
    ])
  func traced(_ header: String) throws {
    let context = try #require(TraceContext(["traceparent": header]))
    #expect(context.traceID == Self.trace && context.parentSpanID == "00f067aa0ba902b7")
    #expect(context.spanID.wholeMatch(of: /[0-9a-f]{16}/) != nil)
    #expect(context.spanID != TraceContext(["traceparent": header])?.spanID)
    #expect(context.state == nil)
  }

  @Test(
    "what is no traceparent starts no trace",
    arguments: [
      nil, "", "00", "00-\(trace)-00f067aa0ba902b7", "ff-\(trace)-00f067aa0ba902b7-01",
      "00-\(String(repeating: "0", count: 32))-00f067aa0ba902b7-01",
      "00-\(trace)-0000000000000000-01",
      "00-\(trace.uppercased())-00f067aa0ba902b7-01", "00-\(trace)-00f067aa0ba902bX-01",
      "00-\(trace)0-00f067aa0ba902b7-01", "zz-\(trace)-00f067aa0ba902b7-01",
      "00-\(trace)-00f067aa0ba902b7-01-more",
      "00-\(trace)-00f067aa0ba902b7-1",
    ])
  func untraced(_ header: String?) {
    var headers = Headers()
    headers["traceparent"] = header
    #expect(TraceContext(headers) == nil)
  }

  @Test("two traceparents are none")
  func twice() {
    var headers: Headers = ["traceparent": Self.parent]
    headers.append("traceparent", Self.parent)
    #expect(TraceContext(headers) == nil)
  }

  @Test("tracestate goes along when it can be one, several as a list")
  func state() {
    var headers: Headers = ["traceparent": Self.parent]
    headers.append("tracestate", "rojo=00f067aa0ba902b7")
    headers.append("tracestate", "congo=t61rcWkgMzE")
    #expect(TraceContext(headers)?.state == "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")
    for bad in ["a=\u{E9}", String(repeating: "x", count: 513)] {
      headers["tracestate"] = bad
      #expect(TraceContext(headers)?.state == nil)
    }
    #expect(TraceContext(["tracestate": "rojo=1"]) == nil)
  }
}
