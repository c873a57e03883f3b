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

  @Test("counters add up by their labels, samples are shown as they are given")
  func values() {
    metrics.counter(Self.requests, ["upload", "OK"]).add()
    metrics.counter(Self.requests, ["upload", "OK"]).add(2)
    metrics.counter(Self.requests, ["upload", "INTERNAL"]).add()
    let text = metrics.text([Self.ready.sample(0.5)])
    let lines = text.split(separator: "\n")
    #expect(lines.contains(#"wxpay_gateway_requests_total{operation="upload",code="OK"} 3"#))
    #expect(
      lines.contains(#"wxpay_gateway_requests_total{operation="upload",code="INTERNAL"} 1"#))
    #expect(lines.contains("wxpay_gateway_ready 0.5"))
    #expect(lines.count == 9)
    #expect(!metrics.text().contains("ready 0.5"), "a sample is shown once")
  }

  @Test(
    "what the format reserves is escaped in a label",
    arguments: [
      (#"a\b"#, #"a\\b"#), (#"a"b"#, #"a\"b"#), ("a\nb", #"a\nb"#), ("a\r\nb", "a\r" + #"\nb"#),
      ("a\"\u{301}b", #"a\""# + "\u{301}b"), ("商家", "商家"), ("", ""),
    ])
  func escaping(_ value: String, _ escaped: String) {
    metrics.counter(Self.requests, [value, "x"]).add()
    let wanted = "wxpay_gateway_requests_total{operation=\"\(escaped)\",code=\"x\"} 1\n"
    let text = metrics.text()
    #expect(
      text.unicodeScalars.split(separator: "\n").contains {
        $0.elementsEqual(wanted.unicodeScalars.dropLast())
      })
  }

  @Test("a histogram's buckets are cumulative, end with +Inf, and agree with its count")
  func histogram() throws {
    let sign = metrics.histogram(Self.times, ["sign"])
    for milliseconds in [0, 1, 1, 3, 700, 40_000] as [Int64] {
      sign.observe(nanoseconds: milliseconds * 1_000_000)
    }
    sign.observe(nanoseconds: 1)
    let lines = lines().filter { $0.hasPrefix("wxpay_gateway_seconds") }
    let buckets = lines.filter { $0.contains("_bucket{") }
    let counts = try buckets.map { try #require(Int($0.split(separator: " ").last ?? "")) }
    #expect(counts == counts.sorted())
    #expect(buckets.count == Histogram.boundsNanoseconds.count + 1)
    #expect(buckets[0] == #"wxpay_gateway_seconds_bucket{stage="sign",le="0.0001"} 2"#)
    #expect(
      buckets[3] == #"wxpay_gateway_seconds_bucket{stage="sign",le="0.001"} 4"#,
      "a bound belongs to its bucket")
    #expect(buckets.contains(#"wxpay_gateway_seconds_bucket{stage="sign",le="1"} 6"#))
    #expect(buckets.last == #"wxpay_gateway_seconds_bucket{stage="sign",le="+Inf"} 7"#)
    #expect(lines.contains(#"wxpay_gateway_seconds_count{stage="sign"} 7"#))
    #expect(lines.contains(#"wxpay_gateway_seconds_sum{stage="sign"} 40.705000001"#), "exact")
  }

  @Test("what many tasks count at once is all there")
  func concurrent() async {
    let (counter, histogram) = (
      metrics.counter(Self.requests, ["a", "b"]), metrics.histogram(Self.times, ["x"])
    )
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for number in 0..<1000 as Range<Int64> {
            counter.add()
            histogram.observe(nanoseconds: number * 1_000_000)
          }
        }
      }
    }
    #expect(counter.value == 8000)
    let lines = lines()
    #expect(lines.contains(#"wxpay_gateway_seconds_count{stage="x"} 8000"#))
    #expect(lines.contains(#"wxpay_gateway_seconds_sum{stage="x"} 3996"#))
  }

  @Test("input cannot make metrics grow without end")
  func bounded() {
    for number in 0..<6000 { metrics.counter(Self.requests, [String(number), "x"]).add() }
    let lines = lines().filter { $0.contains("operation=") }
    #expect(lines.count <= 5001)
    #expect(lines.contains(#"wxpay_gateway_requests_total{operation="other",code="other"} 1000"#))
  }
}
