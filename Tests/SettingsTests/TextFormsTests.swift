// SPDX-License-Identifier: Apache-2.0
import Testing

@testable internal import Settings

@Suite("Durations, hosts, URLs and stores as text")
struct TextFormsTests {
  @Test(
    "a duration is numbers with units, the largest first",
    arguments: [
      ("0s", .zero), ("500ms", .milliseconds(500)), ("10s", .seconds(10)), ("2m", .seconds(120)),
      ("168h", .seconds(604_800)), ("7d", .seconds(604_800)), ("1m30s", .seconds(90)),
      ("1.5s", .milliseconds(1500)), ("0.05s", .milliseconds(50)), ("1.25m", .seconds(75)),
      ("1h0m1s", .seconds(3601)), ("10us", .microseconds(10)), ("1.000000s", .seconds(1)),
      ("1.00000000s", .seconds(1)), ("36500d", .seconds(36_500 * 86_400)),
    ] as [(String, Duration)])
  func durations(text: String, expected: Duration) {
    #expect(DurationText.parse(text) == expected)
  }

  @Test(
    "anything else is not a duration",
    arguments: [
      "", "s", "10", "10 s", " 10s", "10s ", "-1s", "+1s", "1,5s", "1.s", ".5s", "1..5s", "1s1m",
      "1s1s", "10S", "10sec", "1e3s", "0.0000001s", "99999999999d", "9999999999999999999s", "١s",
      "1s\n", "36501d", "0x1s",
    ])
  func notDurations(text: String) {
    #expect(DurationText.parse(text) == nil)
  }

  @Test("a duration that was written is read back as it was")
  func durationRoundTrip() {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: .min ... .max, using: &generator)
    var random = Seeded(state: seed)
    for _ in 0..<2000 {
      let exponent = Int.random(in: 0...15, using: &random)
      let bound = (0..<exponent).reduce(1 as Int64) { power, _ in power * 10 }
      let duration = Duration.microseconds(Int64.random(in: 0...bound, using: &random))
      #expect(DurationText.parse(DurationText.write(duration)) == duration, "seed \(seed)")
    }
  }

  @Test(
    "a URL of an upstream is https, or http to this machine, and ends after the host",
    arguments: [
      ("https://api.mch.weixin.qq.com", "https://api.mch.weixin.qq.com"),
      ("HTTPS://API.mch.weixin.qq.com:443/", "https://api.mch.weixin.qq.com"),
      ("https://10.0.0.1:8443", "https://10.0.0.1:8443"),
      ("http://127.0.0.1:9999", "http://127.0.0.1:9999"),
      ("http://127.9.8.7", "http://127.9.8.7"), ("http://localhost:1/", "http://localhost:1"),
      ("http://[::1]:2", "http://[::1]:2"), ("https://[2001:db8::1]", "https://[2001:db8::1]"),
    ])
  func urls(text: String, expected: String) throws {
    #expect(try UpstreamURL(text).description == expected)
  }

  @Test(
    "any other URL of an upstream is refused",
    arguments: [
      "", "https://", "api.mch.weixin.qq.com", "ftp://127.0.0.1", "http://api.mch.weixin.qq.com",
      "http://0.0.0.0", "http://128.0.0.1", "http://localhost.example.com",
      "http://127.0.0.1.nip.io",
      "https://host/v3", "https://host?x", "https://host#x", "https://user:password@host",
      "https://host:0", "https://host:65536", "https://host:", "https://ho st", "https://-host",
      "https://[::1", "https://::1", "https://1.2.3", "https://host..com", "https://[127.0.0.1]",
      "https://host\n", "https://例子.com",
    ])
  func notURLs(text: String) {
    let problem = #expect(throws: UpstreamURL.Problem.self) { try UpstreamURL(text) }
    #expect(problem?.remedy.isEmpty == false)
    #expect(problem?.message.contains("password") == false)
  }

  @Test(
    "a store's address is memory, a file or a Redis",
    arguments: [
      ("memory:", .memory), ("sqlite:a.db", .sqlite(path: "/f/a.db")),
      ("sqlite:/a.db", .sqlite(path: "/a.db")),
      ("redis://h", .redis(host: .name("h"), port: 6379, database: 0)),
      ("redis://127.0.0.1:7/3", .redis(host: .ipv4("127.0.0.1"), port: 7, database: 3)),
      ("redis://[::1]/", .redis(host: .ipv6("::1"), port: 6379, database: 0)),
      ("memory", nil), ("sqlite:", nil), ("redis://", nil), ("redis://h:0", nil),
      ("redis://h/x", nil), ("redis://:secret@h", nil), ("file:a", nil), ("", nil),
    ] as [(String, StoreAddress?)])
  func stores(text: String, expected: StoreAddress?) {
    #expect(StoreAddress(text, relativeTo: "/f") == expected)
  }

  @Test(
    "the nearest name is the one that was probably meant",
    arguments: [
      ("brust", "burst"), ("max-wait", "max_wait"), ("maxwait", "max_wait"), ("RATE", "rate"),
      ("rates", "rate"), ("perr", "per"), ("adaptative", "adaptive"), ("zzz", nil), ("", nil),
      (String(repeating: "rate", count: 100), nil),
    ] as [(String, String?)])
  func nearest(word: String, expected: String?) {
    let names = ["rate", "per", "burst", "max_wait", "adaptive"]
    #expect(nearestName(to: word, among: names) == expected)
  }

  @Test(
    "paths start from the folder of the file that names them",
    arguments: [
      ("gateway.conf", "a", "a"), ("./gateway.conf", "a", "./a"), ("/etc/g.conf", "a", "/etc/a"),
      ("/g.conf", "a", "/a"), ("x/g.conf", "../a", "x/../a"), ("x/g.conf", "/a", "/a"),
    ])
  func paths(file: String, path: String, expected: String) {
    #expect(FilePath.join(FilePath.folder(of: file), path) == expected)
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014), so that a printed seed repeats a test.
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
