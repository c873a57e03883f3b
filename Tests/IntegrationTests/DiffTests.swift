// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TestSupport
import Testing

/// `wxpay-gateway diff` between a gateway that runs and files.
@Suite("diff", .timeLimit(.minutes(3)))
struct DiffTests {
  private let folder: TemporaryFolder
  private let token = "marked-token-0123456789"

  init() throws {
    folder = try TemporaryFolder()
    try makeCredentials(in: folder.file("merchant"), of: "1900000001")
    _ = try folder.write(
      """
      [server]
      listen = "127.0.0.1:0"
      [admin]
      listen = "unix:admin.sock"
      [api]
      documents = ["\(Repository.path("apis/busifavor.openapi.yaml"))"]
      [upstream]
      url = "http://127.0.0.1:9"
      [store]
      url = "memory:"
      [policies.deduplicate]
      ttl = "168h"
      [[merchant]]
      id = "1900000001"
      certificate = "file:merchant/apiclient_cert.pem"
      private_key = "file:merchant/apiclient_key.pem"
      api_v3_key = "file:merchant/api_v3_key"
      [[caller]]
      name = "coupon"
      token = "env:TOKEN"
      merchants = ["1900000001"]
      """, to: "gateway.conf")
  }

  private func serve() async throws -> ChildProgram {
    let gateway = try ChildProgram(
      "wxpay-gateway", ["serve", "--config", folder.file("gateway.conf")],
      environment: ["TOKEN": token])
    try #require(await gateway.line(containing: "\"listening\"") != nil, "\(gateway.lines)")
    return gateway
  }

  private func stop(_ gateway: ChildProgram) async {
    gateway.signal(SIGTERM)
    #expect(await gateway.end() == 0)
  }

  /// - Returns: the exit status and what was printed.
  private func diff(
    _ file: String = "gateway.conf", format: String = "json", admin: String? = nil,
    token: String? = nil
  ) async throws -> (status: Int32, text: String) {
    let program = try ChildProgram(
      "wxpay-gateway",
      ["diff", "--config", folder.file(file), "--format", format]
        + (admin.map { ["--admin", $0] } ?? []),
      environment: ["TOKEN": token ?? self.token])
    let status = await program.end()
    return (status, program.lines.joined(separator: "\n"))
  }

  private func changed(_ changes: (String, String)..., to name: String = "new.conf") throws {
    var text = String(decoding: try folder.read("gateway.conf"), as: UTF8.self)
    for (old, new) in changes {
      try #require(text.contains(old))
      text = text.replacing(old, with: new)
    }
    _ = try folder.write(text, to: name)
  }

  @Test("the file that a gateway runs with is the same, however its values are spelled")
  func same() async throws {
    let gateway = try await serve()
    #expect(try await diff().status == 0)
    try changed(("ttl = \"168h\"", "ttl = \"7d\""))
    let answer = try await diff("new.conf")
    #expect(answer.status == 0)
    let document = try JSONValue(parsing: Array(answer.text.utf8))
    #expect(document["same"] == true)
    #expect(document["running"]?["sha256"] == document["file"]?["sha256"])
    await stop(gateway)
  }

  @Test("keys, merchants, callers and operations that differ are told, with what needs a restart")
  func different() async throws {
    let gateway = try await serve()
    _ = try folder.write(
      try folder.read("merchant/apiclient_cert.pem"), to: "merchant/copy.pem")
    try changed(
      ("\"127.0.0.1:0\"", "\"127.0.0.1:8099\""), ("\"168h\"", "\"24h\""),
      ("name = \"coupon\"", "name = \"other\""),
      (Repository.path("apis/busifavor"), Repository.path("Examples/transactions")))
    let answer = try await diff("new.conf")
    #expect(answer.status == 1)
    let document = try JSONValue(parsing: Array(answer.text.utf8))
    #expect(document["same"] == false && document["needs_restart"] == true)
    let differences = document["differences"]?.arrayValue ?? []
    func difference(_ kind: String, _ key: String) -> JSONValue? {
      differences.first { $0["kind"]?.stringValue == kind && $0["key"]?.stringValue == key }
    }
    let listen = difference("changed", "server.listen")
    #expect(listen?["running"] == "127.0.0.1:0" && listen?["file"] == "127.0.0.1:8099")
    #expect(listen?["needs_restart"] == true)
    let ttl = difference("changed", "policies.deduplicate.ttl")
    #expect(ttl?["running"] == "168h" && ttl?["file"] == "24h" && ttl?["needs_restart"] == false)
    #expect(difference("removed", "caller.coupon")?["running"]?["token"] == "env:TOKEN")
    #expect(difference("added", "caller.other")?["file"]?["merchants"] == ["1900000001"])
    #expect(difference("removed", "operation.uploadCouponCodes") != nil)
    #expect(difference("content_changed", "api.documents") != nil)
    await stop(gateway)
  }

  @Test("a renewed certificate is told by its serial number, and a secret by its fingerprint")
  func credentials() async throws {
    let gateway = try await serve()
    try makeCredentials(in: folder.file("renewed"), of: "1900000001")
    try changed(("file:merchant/", "file:renewed/"))
    let answer = try await diff("new.conf", format: "text", token: "another-token-0123456789")
    #expect(answer.status == 1)
    #expect(answer.text.contains("changed content of merchant.1900000001.certificate"))
    #expect(answer.text.contains("serial_no = "))
    #expect(answer.text.contains("changed content of merchant.1900000001.api_v3_key"))
    #expect(answer.text.contains("changed content of caller.coupon.token"))
    #expect(answer.text.contains("fingerprint = "))
    let secret = String(decoding: try folder.read("merchant/api_v3_key"), as: UTF8.self)
    for marked in [secret, token, "another-token"] { #expect(!answer.text.contains(marked)) }
    await stop(gateway)
  }

  @Test("after a reload what was reloaded is the same, and what waits for a restart still differs")
  func reload() async throws {
    let gateway = try await serve()
    try changed(
      ("\"127.0.0.1:0\"", "\"127.0.0.1:8099\""), ("\"168h\"", "\"24h\""), to: "gateway.conf")
    gateway.signal(SIGHUP)
    try #require(await gateway.line(containing: "\"reloaded\"") != nil)
    let answer = try await diff()
    #expect(answer.status == 1)
    let differences = try JSONValue(parsing: Array(answer.text.utf8))["differences"]?.arrayValue
    #expect(differences?.compactMap { $0["key"]?.stringValue } == ["server.listen"])
    await stop(gateway)
  }

  @Test("what cannot be told has an exit status of its own")
  func cannotTell() async throws {
    // Nobody listens there.
    let nobody = try await diff(admin: "unix:\(folder.file("absent.sock"))")
    #expect(nobody.status == 2 && nobody.text.contains("no gateway answers"))
    let other = try ScriptedServer { connection in
      _ = connection.readRequest()
      _ = connection.answer(body: "{}")
    }
    defer { other.stop() }
    let stranger = try await diff(admin: other.origin)
    #expect(stranger.status == 2 && stranger.text.contains("is not the admin listener"))
    try changed(("[policies.deduplicate]", "[policies.dedupicate]"))
    let wrong = try await diff("new.conf")
    #expect(wrong.status == 2 && wrong.text.contains("did you mean \"deduplicate\"?"))
  }
}
