// SPDX-License-Identifier: Apache-2.0
import Telemetry
import Testing

@Suite("Metrics")
struct MetricsTests {
  static let requests = MetricFamily(
    .counter, "requests_total", "Requests.", labels: ["operation", "code"])
  static let ready = MetricFamily(.gauge, "ready", "Whether it is ready.")
  static let times = MetricFamily(.histogram, "seconds", "Times.", labels: ["stage"])
  let metrics = Metrics([requests, ready, times])

  func lines() -> [String] { metrics.text().split(separator: "\n").map(String.init) }

  @Test("every metric has HELP and TYPE before it is used, and the text ends with a line feed")
  func empty() {
    #expect(
      metrics.text() == """
        # HELP wxpay_gateway_requests_total Requests.
        # TYPE wxpay_gateway_requests_total counter
        # HELP wxpay_gateway_ready Whether it is ready.
        # TYPE wxpay_gateway_ready gauge
        # HELP wxpay_gateway_seconds Times.
        # TYPE wxpay_gateway_seconds histogram

        """)
  }

  @Test("counters add up by their labels, gauges are set")
  func values() {
    metrics.add(Self.requests, ["upload", "OK"])
    metrics.add(Self.requests, ["upload", "OK"], 2)
    metrics.add(Self.requests, ["upload", "INTERNAL"], 0.5)
    metrics.set(Self.ready, to: 1)
    metrics.set(Self.ready, to: 0)
    let lines = lines()
    #expect(lines.contains(#"wxpay_gateway_requests_total{operation="upload",code="OK"} 3"#))
    #expect(
      lines.contains(#"wxpay_gateway_requests_total{operation="upload",code="INTERNAL"} 0.5"#))
    #expect(lines.contains("wxpay_gateway_ready 0"))
    #expect(lines.count == 9)
  }

  @Test(
    "what the format reserves is escaped in a label",
    arguments: [
      (#"a\b"#, #"a\\b"#), (#"a"b"#, #"a\"b"#), ("a\nb", #"a\nb"#), ("a\r\nb", "a\r" + #"\nb"#),
      ("a\"\u{301}b", #"a\""# + "\u{301}b"), ("商家", "商家"), ("", ""),
    ])
  func escaping(_ value: String, _ escaped: String) {
    metrics.add(Self.requests, [value, "x"])
    let wanted = "wxpay_gateway_requests_total{operation=\"\(escaped)\",code=\"x\"} 1\n"
    let text = metrics.text()
    #expect(
      text.unicodeScalars.split(separator: "\n").contains {
        $0.elementsEqual(wanted.unicodeScalars.dropLast())
      })
  }

  @Test("a histogram's buckets are cumulative, end with +Inf, and agree with its count")
  func histogram() throws {
    for milliseconds in [0, 1, 1, 3, 700, 40_000] {
      metrics.observe(Self.times, ["sign"], .milliseconds(milliseconds))
    }
    let lines = lines().filter { $0.hasPrefix("wxpay_gateway_seconds") }
    let buckets = lines.filter { $0.contains("_bucket{") }
    let counts = try buckets.map { try #require(Int($0.split(separator: " ").last ?? "")) }
    #expect(counts == counts.sorted())
    #expect(buckets.count == Metrics.buckets.count + 1)
    #expect(buckets[0] == #"wxpay_gateway_seconds_bucket{stage="sign",le="0.0005"} 1"#)
    #expect(
      buckets[1] == #"wxpay_gateway_seconds_bucket{stage="sign",le="0.001"} 3"#,
      "a bound belongs to its bucket")
    #expect(buckets.contains(#"wxpay_gateway_seconds_bucket{stage="sign",le="1"} 5"#))
    #expect(buckets.last == #"wxpay_gateway_seconds_bucket{stage="sign",le="+Inf"} 6"#)
    #expect(lines.contains(#"wxpay_gateway_seconds_count{stage="sign"} 6"#))
    let sum = try #require(
      lines.first { $0.contains("_sum") }?.split(separator: " ").last.flatMap { Double($0) })
    #expect(abs(sum - 40.705) < 1e-9)
  }

  @Test("input cannot make metrics grow without end")
  func bounded() {
    for number in 0..<6000 { metrics.add(Self.requests, [String(number), "x"]) }
    let lines = lines().filter { $0.contains("operation=") }
    #expect(lines.count <= 5001)
    #expect(lines.contains(#"wxpay_gateway_requests_total{operation="other",code="other"} 1000"#))
  }
}
