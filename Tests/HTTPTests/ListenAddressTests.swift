// SPDX-License-Identifier: Apache-2.0
import HTTP
import Testing

@Suite struct ListenAddressTests {
  @Test(
    "an address is read and written back",
    arguments: [
      ("127.0.0.1:8080", "127.0.0.1:8080", true), ("0.0.0.0:80", "0.0.0.0:80", false),
      ("localhost:0", "127.0.0.1:0", true), ("127.8.9.10:1", "127.8.9.10:1", true),
      ("192.168.1.20:65535", "192.168.1.20:65535", false), ("[::1]:8080", "[::1]:8080", true),
      ("[::]:8080", "[::]:8080", false),
      ("[2001:DB8:0:0:1:0:0:1]:9", "[2001:db8::1:0:0:1]:9", false),
      ("[::ffff:127.0.0.1]:7", "[::ffff:7f00:1]:7", true),
      ("unix:/run/gateway.sock", "unix:/run/gateway.sock", true),
      ("unix:relative.sock", "unix:relative.sock", true),
    ])
  func reads(text: String, written: String, isLocal: Bool) throws {
    let address = try ListenAddress.parse(text)
    #expect(address.description == written)
    #expect(address.isLocal == isLocal)
    #expect(try ListenAddress.parse(written) == address)
  }

  @Test(
    "what is not an address is refused",
    arguments: [
      "", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+80", "127.0.0.1:8 0",
      "127.0.0.256:80", "127.0.1:80", "127.0.0.01:80", "example.com:80", "*:80", ":80", "::1:80",
      "[::1]", "[::1:80", "[1:2:3:4:5:6:7]:80", "[1:2:3:4:5:6:7:8:9]:80", "[::1::2]:80", "[:::]:80",
      "[12345::]:80", "[fe80::1%eth0]:80", "[1:2:3:4:5:6:7::8]:80", "unix:", "unix:/a\u{0}b",
      "unix:/" + String(repeating: "a", count: 107),
    ])
  func refuses(text: String) {
    #expect(throws: ListenAddress.Mistake.self) { try ListenAddress.parse(text) }
  }

  @Test("the longest path of a unix socket is accepted")
  func longestPath() throws {
    let path = "/" + String(repeating: "a", count: ListenAddress.longestSocketPath - 1)
    #expect(try ListenAddress.parse("unix:" + path) == .unix(path: path))
  }
}

@Suite struct IPAddressTests {
  @Test("the text of random IPv6 addresses is read back as the same bytes")
  func roundTrip() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(state: seed)
    for _ in 0..<2000 {
      // Many zero bytes, so that runs of zero groups of every length and place occur.
      let bytes = (0..<16).map { _ in
        random.next() & 3 == 0 ? UInt8(truncatingIfNeeded: random.next()) : 0
      }
      let text = IPAddress.text(ofIPv6: bytes)
      #expect(IPAddress.parseIPv6(text[...]) == bytes, "seed \(seed), text \(text)")
    }
  }

  @Test(
    "the canonical text follows RFC 5952",
    arguments: [
      ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
      ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
      ("0:0:0:0:0:0:0:0", "::"), ("1:0:0:0:0:0:0:0", "1::"),
    ])
  func canonical(text: String, expected: String) throws {
    let bytes = try #require(IPAddress.parseIPv6(text[...]))
    #expect(IPAddress.text(ofIPv6: bytes) == expected)
  }
}

private struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
