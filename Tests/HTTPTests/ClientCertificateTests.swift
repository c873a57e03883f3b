// SPDX-License-Identifier: Apache-2.0
import HTTP
import Testing

@Suite struct ClientCertificateTests {
  private static let certificate = ClientCertificate(
    subject: DistinguishedName("CN=coupon-service,OU=Payments,OU=Cards,O=Shop\\, Inc.")!,
    names: [.dns("coupon.internal"), .uri("spiffe://shop/coupon"), .email("a@shop.test")],
    digest: [UInt8](repeating: 0xAB, count: 32))

  @Test(
    "a rule accepts a certificate that has all that it names",
    arguments: [
      "CN=coupon-service", "cn=coupon-service", "OU=Cards", "OU=Cards,CN=coupon-service",
      "O=Shop\\, Inc.", "O=Shop\\2c Inc.", "CN=coupon-service + OU=Payments",
      "CN = coupon-service ",
      "dns:coupon.internal", "dns:Coupon.Internal", "uri:spiffe://shop/coupon",
      "email:a@shop.test", "sha256:" + String(repeating: "ab", count: 32),
      "sha256:" + String(repeating: "AB:", count: 31) + "AB",
    ])
  func accepted(_ rule: String) throws {
    #expect(try #require(CertificateRule(rule)).accepts(Self.certificate))
  }

  @Test(
    "and no other",
    arguments: [
      "CN=coupon", "CN=Coupon-Service", "CN=coupon-service,OU=Other", "OU=coupon-service",
      "O=Shop", "dns:*.internal", "dns:internal", "dns:coupon-service", "uri:spiffe://shop",
      "uri:coupon.internal", "email:b@shop.test", "sha256:" + String(repeating: "ac", count: 32),
    ])
  func notAccepted(_ rule: String) throws {
    #expect(try !#require(CertificateRule(rule)).accepts(Self.certificate))
  }

  @Test("a name in a certificate is not a pattern either")
  func noPatterns() throws {
    let wildcard = ClientCertificate(
      subject: DistinguishedName("")!, names: [.dns("*.internal")])
    #expect(try !#require(CertificateRule("dns:coupon.internal")).accepts(wildcard))
  }

  @Test(
    "what is no rule is none",
    arguments: [
      "", "coupon-service", "dns:", "CN", "CN=", "=x", "CN=a,", "CN=a,,O=b", "C N!=a", "CN=a\\",
      "CN=a\\4", "sha256:ab", "sha256:" + String(repeating: "xy", count: 32),
    ])
  func noRule(_ text: String) { #expect(CertificateRule(text) == nil) }

  @Test("escapes and spaces of names are read as RFC 4514 has them")
  func names() {
    #expect(DistinguishedName("")?.attributes.isEmpty == true)
    #expect(
      DistinguishedName("CN=\\E5\\BE\\AE,O= a b ,L=x\\ ,EMAILADDRESS=a@b")?.attributes == [
        .init(type: "CN", value: "微"), .init(type: "O", value: "a b"),
        .init(type: "L", value: "x "), .init(type: "EMAIL", value: "a@b"),
      ])
    #expect(DistinguishedName("CN=a\\+b")?.attributes == [.init(type: "CN", value: "a+b")])
  }
}
