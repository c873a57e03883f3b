// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// Clients that upload without a pause, each on a connection that it keeps.
private final class Load: Sendable {
  private let deployment: Deployment
  private let isOver = Guarded(false)
  private let next = Guarded(0)
  private let seen = Guarded<[Int: Result<Answer, TransportFailure>]>([:])

  init(on deployment: Deployment) { self.deployment = deployment }

  /// Until `end`, or until the gateway is gone.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { await self.client() } }
    }
  }

  func end() { isOver.withLock { $0 = true } }

  /// Waits until so many more requests were answered.
  func progress(_ count: Int = 30) async {
    let wanted = seen.withLock { $0.count } + count
    while seen.withLock({ $0.count }) < wanted { await Task.yield() }
  }

  /// What became of each number.
  var results: [Int: Result<Answer, TransportFailure>] { seen.withLock { $0 } }

  private func client() async {
    while !isOver.withLock({ $0 }) {
      let number = next.withLock { next in
        defer { next += 1 }
        return next
      }
      let result: Result<Answer, TransportFailure>
      do {
        result = .success(try await deployment.upload(["L\(number)"], number: "l-\(number)"))
      } catch {
        guard let failure = error as? TransportFailure else { return }
        result = .failure(failure)
      }
      seen.withLock { $0[number] = result }
      if case .failure = result { return }
    }
  }
}

@Suite("Reloading and draining under load", .timeLimit(.minutes(5)))
struct ReloadTests {
  private func serial(of deployment: Deployment) async throws -> String? {
    try await deployment.status()["merchants"]?.arrayValue?.first?["serial_no"]?.stringValue
  }

  private func renew(_ file: String, of deployment: Deployment) throws {
    let bytes = try deployment.folder.read("renewed/\(file)")
    let new = try deployment.folder.write(bytes, to: "merchant/\(file).new")
    let code = unsafe rename(new, deployment.folder.file("merchant/\(file)"))
    try #require(code == 0)
  }

  @Test("SIGHUP swaps settings, documents and credentials, and fails no request")
  func reload() async throws {
    let deployment = try await Deployment(.init(credentials: ["merchant", "renewed"]))
    let documents = deployment.folder.file("apis")
    try FileManager.default.copyItem(atPath: Repository.path("apis"), toPath: documents)
    try await deployment.reconfigure {
      $0.replacing(Repository.path("apis/"), with: "apis/")
    }
    let load = Load(on: deployment)
    async let running: Void = load.run()
    await load.progress()

    try await deployment.reconfigure { $0.replacing("retries = 2", with: "retries = 3") }
    await load.progress()

    let good = try deployment.configuration
    _ = try deployment.folder.write(good + "\nnonsense = 1\n", to: "gateway.conf")
    deployment.gateway.signal(SIGHUP)
    #expect(
      await deployment.gateway.line(containing: "the new configuration is refused") != nil)
    await load.progress()

    let four = ["A", "B", "C", "D"]
    #expect(try await deployment.upload(four, number: "four-1").status == 200)
    let document = "apis/busifavor.openapi.yaml"
    let text = String(decoding: try deployment.folder.read(document), as: UTF8.self)
    try #require(text.contains("maxItems: 200"))
    _ = try deployment.folder.write(
      text.replacing("maxItems: 200", with: "maxItems: 3"), to: document)
    try await deployment.reconfigure { _ in
      good.replacing("[admin]", with: "server_timing = true\n[admin]")
    }
    #expect(try await deployment.upload(four, number: "four-2").code == "PARAM_ERROR")
    #expect(try await deployment.upload(["A"], number: "one").headers["Server-Timing"] != nil)
    await load.progress()

    let before = try await serial(of: deployment)
    for file in ["apiclient_cert.pem", "apiclient_key.pem"] { try renew(file, of: deployment) }
    try await deployment.reconfigure { $0 }
    #expect(try await serial(of: deployment) != before)
    await load.progress()

    load.end()
    await running
    for (number, result) in load.results {
      #expect((try? result.get())?.status == 200, "\(number): \(result)")
    }
    #expect(try await deployment.books()["signatures_refused"] == 0)
    #expect(await deployment.stop() == 0)
  }

  @Test("a renewed certificate is noticed without a signal, once its key is there too")
  func watch() async throws {
    let deployment = try await Deployment(.init(credentials: ["merchant", "renewed"]))
    let before = try await serial(of: deployment)
    try renew("apiclient_cert.pem", of: deployment)
    let refusal = await deployment.gateway.line(containing: "the new configuration is refused")
    #expect(refusal?.contains("is not the key of") == true)
    #expect(try await serial(of: deployment) == before)
    #expect(try await deployment.upload(["A"], number: "a").status == 200)
    try renew("apiclient_key.pem", of: deployment)
    #expect(await deployment.gateway.line(containing: "\"reloaded\"") != nil)
    #expect(try await serial(of: deployment) != before)
    #expect(try await deployment.upload(["B"], number: "b").status == 200)
    #expect(try await deployment.books()["signatures_refused"] == 0)
    await deployment.stop()
  }

  @Test("a reload forgets no certificate: WeChat Pay's host may be gone at that moment")
  func certificatesStay() async throws {
    let deployment = try await Deployment()
    #expect(try await deployment.upload(["A"], number: "a").status == 200)
    let fault: JSONValue = [
      "match": ["path_prefix": "/v3/certificates"], "times": 0,
      "fault": ["kind": "status", "status": 500],
    ]
    let set = try await deployment.call(
      "POST", "/faults", body: fault.serialized(), at: deployment.control)
    #expect(set.status == 204)
    try await deployment.reconfigure { $0.replacing("retries = 2", with: "retries = 1") }
    #expect(try await deployment.upload(["B"], number: "b").status == 200)
    #expect(try await deployment.readiness().status == 200)
    await deployment.stop()
  }

  @Test("SIGTERM under load loses no request: each is answered, or was not read at all")
  func drain() async throws {
    let deployment = try await Deployment()
    let load = Load(on: deployment)
    async let running: Void = load.run()
    await load.progress(100)
    deployment.gateway.signal(SIGTERM)
    #expect(await deployment.gateway.end() == 0)
    load.end()
    await running
    let last = await deployment.gateway.line(containing: "\"stopped\"")
    #expect(last?.contains("\"drained\":true") == true)

    try await deployment.restart()
    for (number, result) in load.results {
      switch result {
      case .success(let answer):
        #expect(answer.status == 200, "\(number): \(answer.json)")
        let again = try await deployment.upload(["L\(number)"], number: "l-\(number)")
        #expect(again.isReplayed && again.body == answer.body, "\(number)")
      case .failure(let failure):
        #expect(!failure.mayHaveBeenSent, "\(number): \(failure)")
        #expect(try await deployment.timesDone("l-\(number)") == 0)
      }
    }
    await deployment.stop()
  }

  @Test("WeChat Pay's certificates change in the middle of traffic, and no request fails")
  func rotation() async throws {
    let deployment = try await Deployment()
    let load = Load(on: deployment)
    async let running: Void = load.run()
    for _ in 0..<10 {
      await load.progress(15)
      let rotated = try await deployment.call(
        "POST", "/certificates/rotate", at: deployment.control)
      #expect(rotated.status == 200)
    }
    load.end()
    await running
    for (number, result) in load.results {
      let answer = try? result.get()
      #expect(answer?.status == 200 && answer?.isRecovered == false, "\(number): \(result)")
    }
    await deployment.stop()
  }
}
