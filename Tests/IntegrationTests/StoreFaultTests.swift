// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("When the store of the running gateway breaks", .timeLimit(.minutes(5)))
struct StoreFaultTests {
  /// Starts a second gateway on the same configuration, which has to give up.
  private func refusedStart(of deployment: Deployment) async throws -> String {
    let second = try ChildProgram(
      "wxpay-gateway", ["serve", "--config", deployment.folder.file("gateway.conf")])
    #expect(await second.end() == 1)
    return second.lines.joined(separator: "\n")
  }

  @Test("a damaged file is refused at the start, with what to do, and left as it is")
  func damaged() async throws {
    let deployment = try await Deployment()
    #expect(try await deployment.uploads(0..<50, "a", atOnce: 5).allSatisfy { $0.status == 200 })
    deployment.gateway.signal(SIGTERM)
    _ = await deployment.gateway.end()
    let whole = try deployment.folder.read("state/gateway.db")
    var bytes = whole
    for position in 8192..<min(bytes.count, 20_000) { bytes[position] = 0xAA }
    _ = try deployment.folder.write(bytes, to: "state/gateway.db")
    let words = try await refusedStart(of: deployment)
    #expect(words.contains("state/gateway.db") && words.contains("move it away"), "\(words)")
    #expect(try deployment.folder.read("state/gateway.db") == bytes)

    _ = try deployment.folder.write(whole, to: "state/gateway.db")
    try await deployment.restart()
    for answer in try await deployment.uploads(0..<50, "a", atOnce: 5) {
      #expect(answer.isReplayed)
    }
    await deployment.stop()
  }

  @Test("a second gateway on the same file is refused, and the first goes on")
  func twoGateways() async throws {
    let deployment = try await Deployment()
    let words = try await refusedStart(of: deployment)
    #expect(words.contains("another gateway uses this store"), "\(words)")
    #expect(try await deployment.upload(["A"], number: "n").status == 200)
    await deployment.stop()
  }

  /// What is done to the store's file system, and undone.
  enum Trouble: String, CaseIterable, Sendable {
    /// `ENOSPC` of a real file system.
    case fullDisk
    /// `EFBIG`, which SQLite takes for an I/O error.
    case writeErrors

    /// What the metric calls it.
    var code: String {
      switch self {
      case .fullDisk: "full"
      case .writeErrors: "unavailable"
      }
    }
  }

  @Test(
    "a full disk and write errors: requests go through or get 503, as configured, and nothing is lost",
    .enabled("mounts a file system, which needs root") { getuid() == 0 && mayMount() },
    arguments: Trouble.allCases, ["forward", "reject"])
  func trouble(_ trouble: Trouble, onFailure: String) async throws {
    let disk = try SmallDisk(bytes: 2 << 20)
    let deployment = try await Deployment(
      .init(store: "sqlite:\(disk.path)/gateway.db\"\non_store_failure = \"\(onFailure)"))
    let first = try await deployment.upload(["A"], number: "n")
    #expect(first.status == 200)
    let process = deployment.gateway.processIdentifier
    switch trouble {
    case .fullDisk: try disk.fill()
    case .writeErrors:
      let size = try #require(disk.size(of: "gateway.db-wal"))
      try limit("fsize", of: process, to: "\(size)")
    }
    let calls = try await deployment.callsReceived()
    let failures = "store_errors_total{code=\"\(trouble.code)\"}"
    for number in 0..<20 {
      let answer = try await deployment.upload(["B\(number)"], number: "b-\(number)")
      if onFailure == "forward" {
        #expect(answer.status == 200)
      } else {
        #expect(answer.status == 503 && answer.code == "OVERLOADED")
        #expect(answer.outcome == "not_sent" && answer.headers["Retry-After"] == "1")
      }
    }
    #expect(try await deployment.metric(failures) ?? 0 >= 20)
    #expect(await deployment.gateway.line(containing: "the store failed") != nil)
    let ready = try await deployment.readiness()
    #expect(ready.status == 200)
    #expect("\(ready.json["warnings"] ?? .null)".contains("the store failed"))
    #expect(try await deployment.callsReceived() == calls + (onFailure == "forward" ? 20 : 0))
    // What was answered before is known all the same.
    let again = try await deployment.upload(["A"], number: "n")
    #expect(again.isReplayed && again.body == first.body)
    #expect(try await deployment.upload(["X"], number: "n").status == 422)

    switch trouble {
    case .fullDisk: try disk.clear()
    case .writeErrors: try limit("fsize", of: process, to: "unlimited")
    }
    for number in 0..<20 {
      let answer = try await deployment.upload(["B\(number)"], number: "b-\(number)")
      #expect(answer.status == 200 && !answer.isReplayed)
      let repeated = try await deployment.upload(["B\(number)"], number: "b-\(number)")
      #expect(repeated.isReplayed && repeated.body == answer.body)
    }
    deployment.gateway.signal(SIGKILL)
    _ = await deployment.gateway.end()
    try await deployment.restart()
    #expect(try await deployment.upload(["A"], number: "n").body == first.body)
    #expect(await deployment.stop() == 0)
  }
}

/// A file system in memory with little room, mounted while this lives.
private final class SmallDisk: Sendable {
  private let folder: TemporaryFolder
  var path: String { folder.file("disk") }

  init(bytes: Int) throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.file("disk"), withIntermediateDirectories: false)
    try runToEnd("mount", ["-t", "tmpfs", "-o", "size=\(bytes)", "tmpfs", folder.file("disk")])
  }

  deinit { try? runToEnd("umount", ["--lazy", path]) }

  /// Leaves no byte of room.
  func fill() throws {
    guard let file = unsafe fopen("\(path)/ballast", "w") else {
      throw SocketError(call: "fopen", number: errno)
    }
    defer { unsafe fclose(file) }
    unsafe setvbuf(file, nil, _IONBF, 0)
    let block = [UInt8](repeating: 0, count: 1024)
    while unsafe fwrite(block, 1, block.count, file) == block.count {}
    try #require(errno == ENOSPC)
  }

  func clear() throws { try FileManager.default.removeItem(atPath: "\(path)/ballast") }

  func size(of name: String) -> Int? {
    (try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)"))?[.size] as? Int
  }
}

/// Whether this process may mount; a container's root often may not.
private func mayMount() -> Bool {
  guard let disk = try? SmallDisk(bytes: 4096) else { return false }
  return disk.size(of: ".") != nil
}
