// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

#if ADDRESS_SANITIZER || THREAD_SANITIZER
  private let isSanitized = true
#else
  private let isSanitized = false
#endif

@Suite(
  "The memory of keys", .timeLimit(.minutes(2)),
  .disabled(if: isSanitized, "sanitizers make mlock(2) do nothing and fill terabytes of addresses"))
struct KeyMemoryTests {
  @Test("nothing is dumped, and the keys' pages are locked and left out of dumps")
  func hardening() async throws {
    let deployment = try await Deployment()
    let process = try ProcessState(of: deployment.gateway)
    #expect(process.limit("Max core file size") == ["0", "0"])
    // Whatever the limit is here: something was locked, unless nothing may be.
    if process.limit("Max locked memory").first != "0" { #expect(process.lockedKilobytes > 0) }
    let heap = try #require(process.mappings.first { $0.isLeftOutOfDumps && $0.isWritable })
    #expect(heap.isLocked || process.limit("Max locked memory").first == "0")
    await deployment.stop()
  }

  @Test("core dumps can be allowed for looking for a defect")
  func allowed() async throws {
    let deployment = try await Deployment(.init(policies: "[process]\ncore_dumps = true"))
    let own = try String(contentsOfFile: "/proc/self/limits", encoding: .utf8)
    let process = try ProcessState(of: deployment.gateway)
    #expect(
      process.limit("Max core file size")
        == ProcessState.limit("Max core file size", in: own))
    await deployment.stop()
  }

  @Test(
    "where little or nothing may be locked it works all the same, and says so",
    arguments: [0, 65536])
  func limits(bytes: Int) async throws {
    let deployment = try await Deployment()
    deployment.gateway.signal(SIGTERM)
    _ = await deployment.gateway.end()
    // Whoever may lock without limit loses that right too.
    let launcher =
      (geteuid() == 0 ? ["setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock"] : [])
      + ["prlimit", "--memlock=\(bytes):\(bytes)"]
    let gateway = try ChildProgram(
      "wxpay-gateway", ["serve", "--config", deployment.folder.file("gateway.conf")],
      launcher: launcher)
    let ready = await gateway.line(containing: "\"listening\"")
    #expect(ready != nil, "\(gateway.lines)")
    #expect(try ProcessState(of: gateway).lockedKilobytes * 1024 == bytes)
    // The one key here takes less than the larger limit.
    #expect(gateway.lines.contains { $0.contains("not all keys are locked") } == (bytes == 0))
    gateway.signal(SIGTERM)
    #expect(await gateway.end() == 0)
    await deployment.stop()
  }

  @Test(
    "the primes of a key are nowhere else in the process, after a hundred signatures and a reload",
    .enabled(if: geteuid() == 0, "only root may read the memory of a process that is not dumped"))
  func primes() async throws {
    let deployment = try await Deployment()
    for index in 0..<50 { _ = try await deployment.upload(["A\(index)"], number: "n-\(index)") }
    deployment.gateway.signal(SIGHUP)
    _ = await deployment.gateway.line(containing: "\"reloaded\"")
    for index in 50..<100 { _ = try await deployment.upload(["A\(index)"], number: "n-\(index)") }
    let prime = try Self.firstPrime(of: deployment.folder.file("merchant/apiclient_key.pem"))
    let process = try ProcessState(of: deployment.gateway)
    var found = 0
    for mapping in process.mappings where mapping.isWritable {
      let memory = process.read(mapping)
      // As key files have it, and as OpenSSL computes with it.
      let count = [prime, prime.reversed()].count { memory.holds($0) }
      if mapping.isLeftOutOfDumps { found += count } else { #expect(count == 0, "\(mapping.name)") }
    }
    #expect(found > 0)
    await deployment.stop()
  }

  /// Big-endian.
  private static func firstPrime(of key: String) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl", "rsa", "-in", key, "-noout", "-text"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let lines = text.split(separator: "\n").drop { !$0.hasPrefix("prime1:") }.dropFirst()
    let digits = lines.prefix { $0.hasPrefix(" ") }.joined().filter(\.isHexDigit)
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { index in
      UInt8(digits.dropFirst(index).prefix(2), radix: 16)
    }
    let prime = bytes.drop { $0 == 0 }
    try #require(prime.count == 128)
    return Array(prime)
  }
}

/// What the kernel says about a process.
struct ProcessState {
  struct Mapping {
    var start: UInt64
    var end: UInt64
    var name: String
    var isWritable: Bool
    var isLocked = false
    var isLeftOutOfDumps = false
  }

  private let folder: String
  private let limits: String
  let lockedKilobytes: Int
  let mappings: [Mapping]

  init(of program: ChildProgram) throws {
    folder = "/proc/\(program.processIdentifier)"
    limits = try String(contentsOfFile: "\(folder)/limits", encoding: .utf8)
    let status = try String(contentsOfFile: "\(folder)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmLck:") })
    lockedKilobytes = try #require(Int(line.split(separator: " ")[safe: 1] ?? ""))
    // Longer than what the kernel gives at once, which is all that other ways to read a file take.
    let smaps = try FileHandle(forReadingAtPath: "\(folder)/smaps")?.readToEnd() ?? Data()
    mappings = Self.mappings(String(decoding: smaps, as: UTF8.self))
  }

  /// Soft and hard.
  func limit(_ name: String) -> [String] { Self.limit(name, in: limits) }

  static func limit(_ name: String, in limits: String) -> [String] {
    let line = limits.split(separator: "\n").first { $0.hasPrefix(name) }
    let values = line?.dropFirst(name.count).split(separator: " ") ?? []
    return values.prefix(2).map(String.init)
  }

  func read(_ mapping: Mapping) -> Data {
    guard let file = FileHandle(forReadingAtPath: "\(folder)/mem") else { return Data() }
    try? file.seek(toOffset: mapping.start)
    return (try? file.read(upToCount: Int(mapping.end - mapping.start))) ?? Data()
  }

  private static func mappings(_ smaps: String) -> [Mapping] {
    var mappings: [Mapping] = []
    for line in smaps.split(separator: "\n") {
      let words = line.split(separator: " ")
      let ends = words.first?.split(separator: "-").compactMap { UInt64($0, radix: 16) } ?? []
      if ends.count == 2, words.count >= 5 {
        mappings.append(
          Mapping(
            start: ends[0], end: ends[1], name: words.dropFirst(5).joined(separator: " "),
            isWritable: words[1].contains("w")))
      } else if words.first == "VmFlags:", var last = mappings.popLast() {
        last.isLocked = words.contains("lo")
        last.isLeftOutOfDumps = words.contains("dd")
        mappings.append(last)
      }
    }
    return mappings
  }
}

extension Data {
  /// Whether `bytes` stand somewhere in it; quick also where the tests are built for debugging.
  fileprivate func holds(_ bytes: [UInt8]) -> Bool {
    unsafe withUnsafeBytes { memory in
      var start = 0
      while let base = memory.baseAddress, start + bytes.count <= memory.count {
        let rest = memory.count - start - bytes.count + 1
        guard let found = unsafe memchr(base + start, Int32(bytes[0]), rest) else { return false }
        if unsafe memcmp(found, bytes, bytes.count) == 0 { return true }
        start = unsafe found - UnsafeMutableRawPointer(mutating: base) + 1
      }
      return false
    }
  }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? {
    indices.contains(index) ? self[index] : nil
  }
}
