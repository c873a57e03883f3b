// SPDX-License-Identifier: Apache-2.0
import Foundation
import GatewayCore
import Storage
import TestSupport
import Testing

@Suite("The SQLite store on disk")
struct SQLiteStoreTests {
  let folder: TemporaryFolder
  let clock = TestClock()

  init() throws { folder = try TemporaryFolder() }

  @Test("answers, unknown outcomes and fingerprints are there after closing and opening again")
  func reopening() async throws {
    let first = try open()
    _ = try await first.perform(
      .claiming("answered"), .answering("answered"), .claiming("unknown"),
      .unknown(.numbered("unknown")),
      .claiming("released"), .released(.numbered("released")), .claiming("claimed"))
    await first.store.close()
    let second = try open()
    let statistics = await second.store.statistics()
    #expect(statistics.answered == 1 && statistics.unknown == 2 && statistics.claimed == 0)
    #expect(try await second.claim("claimed", "other") == .otherContent)
    #expect(
      try await second.perform(
        .claiming("answered"), .claiming("unknown"), .claiming("released"), .claiming("claimed"))
        == [.answered(.saying("done")), .grantedAfterUnknown, .granted, .grantedAfterUnknown])
    await second.store.close()
  }

  @Test("a claim that a dead gateway left is unknown: releasing it does not forget it")
  func orphans() async throws {
    let first = try open()
    _ = try await first.claim("n")
    await first.store.close()
    let second = try open()
    _ = try await second.perform(.released(.numbered("n")))
    #expect(try await second.claim("n", "other") == .otherContent)
    #expect(
      try await second.perform(.claiming("n"), .released(.numbered("n"))) == [
        .grantedAfterUnknown, .done,
      ])
    #expect(try await second.claim("n", "other") == .otherContent)
    await second.store.close()
  }

  @Test("the files as they are at any moment are a whole store")
  func snapshot() async throws {
    let running = try open()
    for number in 0..<50 {
      _ = try await running.perform(.claiming("\(number)"))
      if number.isMultiple(of: 2) {
        _ = try await running.perform(.answering("\(number)", "answer \(number)"))
      }
    }
    let copy = try TemporaryFolder()
    for name in ["gateway.db", "gateway.db-wal"] { _ = try copy.write(folder.read(name), to: name) }
    await running.store.close()
    let opened = try open(in: copy)
    for number in 0..<50 {
      let expected: StoreReply =
        number.isMultiple(of: 2) ? .answered(.saying("answer \(number)")) : .grantedAfterUnknown
      #expect(try await opened.claim("\(number)") == expected)
    }
    await opened.store.close()
  }

  @Test("what a process was told before kill -9 is true afterwards, time after time")
  func killed() async throws {
    let path = folder.file("gateway.db")
    var answered: Set<String> = []
    var claimed: Set<String> = []
    for run in 0..<8 {
      let writer = try StoreWriterProcess("write", path, "\(run)")
      let lines = writer.kill(afterBytes: 300 + run * 700)
      for line in lines.dropFirst() {
        let words = line.split(separator: " ").map(String.init)
        switch words.first {
        case "claimed": claimed.insert(words[1])
        case "answered": answered.insert(words[1])
        default: Issue.record("the writer said: \(line)")
        }
      }
      #expect(lines.first == "open" && lines.count > 10)
    }
    let store = try SQLiteStore(path: path)
    for name in claimed {
      let key = RequestKey(merchant: MerchantID("1900000001"), operation: "upload", number: name)
      let other = try await store.perform([
        .claim(key, fingerprint: Fingerprint([1]), lifetime: .seconds(60), lease: .seconds(60))
      ])
      #expect(other == [.otherContent], "\(name)")
      let same = try await store.perform([
        .claim(
          key, fingerprint: Fingerprint(Array("content of \(name)".utf8)), lifetime: .seconds(60),
          lease: .seconds(60))
      ])
      if case .answered(let answer) = same.first {
        #expect(answer.body.starts(with: Array("answer to \(name).".utf8)))
        #expect(answer.upstreamRequestID == "id-\(name)")
      } else {
        #expect(same == [.grantedAfterUnknown] && !answered.contains(name), "\(name)")
      }
    }
    #expect(answered.isSubset(of: claimed) && answered.count > 50)
    await store.close()
  }

  @Test("a second gateway on the same file is refused, in this process and in another")
  func inUse() async throws {
    let first = try open()
    #expect(failure { _ = try open() }?.code == .inUse)
    let lines = try StoreWriterProcess("write", folder.file("gateway.db"), "0").finish()
    #expect(lines == ["failure in_use"])
    // A link with another name has another lock file; SQLite's own lock holds.
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link.db"), withDestinationPath: folder.file("gateway.db"))
    let linked = try StoreWriterProcess("write", folder.file("link.db"), "0").finish()
    #expect(linked == ["failure in_use"])
    #expect(try await first.claim("n") == .granted)
    await first.store.close()
    let second = try open()
    await second.store.close()
  }

  @Test("after closing nothing is taken, and closing again is harmless")
  func closed() async throws {
    let stores = try open()
    _ = try await stores.claim("n")
    await stores.store.close()
    await stores.store.close()
    let failure = await #expect(throws: StoreFailure.self) { _ = try await stores.claim("n") }
    #expect(failure?.code == .unavailable)
  }

  @Test("a file that is not a store is refused and left as it is", arguments: ForeignFile.allCases)
  func foreign(file: ForeignFile) throws {
    let bytes = try file.bytes(in: folder)
    let path = try folder.write(bytes, to: "gateway.db")
    let refused = failure { _ = try open() }
    #expect(refused?.code == .corrupt)
    #expect(refused?.detail.contains(path) == true)
    #expect(try folder.read("gateway.db") == bytes)
  }

  enum ForeignFile: String, CaseIterable, Sendable {
    case text, short, zeros, otherDatabase, newerSchema

    func bytes(in folder: TemporaryFolder) throws -> [UInt8] {
      switch self {
      case .text: return Array(String(repeating: "this is not a database\n", count: 400).utf8)
      case .short: return Array("SQLite format 3\0".utf8)
      case .zeros: return [UInt8](repeating: 0, count: 8192)
      case .otherDatabase, .newerSchema:
        let made = try TemporaryFolder()
        _ = try SQLiteStore(path: made.file("gateway.db"))
        var header = try made.read("gateway.db")
        if self == .otherDatabase { header[68] = 0 } else { header[63] = 99 }
        return header
      }
    }
  }

  @Test("a damaged store is refused and left as it is")
  func damaged() async throws {
    let stores = try open()
    for number in 0..<200 {
      _ = try await stores.perform(
        .claiming("\(number)"), .answering("\(number)", String(repeating: "x", count: 500)))
    }
    await stores.store.close()
    var bytes = try folder.read("gateway.db")
    #expect(bytes.count > 100_000)
    for position in 40_000..<60_000 { bytes[position] = 0xAA }
    _ = try folder.write(bytes, to: "gateway.db")
    let refused = failure { _ = try open() }
    #expect(refused?.code == .corrupt)
    #expect(try folder.read("gateway.db") == bytes)
  }

  @Test("damage that shows while running is a failure, not a crash")
  func damagedWhileRunning() async throws {
    let stores = try open()
    for number in 0..<30_000 / 100 {
      _ = try await stores.store.perform(
        (0..<100).flatMap {
          [
            .claiming("\(number)-\($0)"),
            .answering("\(number)-\($0)", String(repeating: "x", count: 500)),
          ]
        })
    }
    await stores.store.close()
    let again = try open()
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: folder.file("gateway.db")))
    try handle.seek(toOffset: 4096 * 16)
    try handle.write(contentsOf: Data(repeating: 0xAA, count: 10_000_000))
    try handle.close()
    var codes: Set<String> = []
    for number in 0..<300 {
      do {
        _ = try await again.claim("\(number)-0", "other")
      } catch let failure as StoreFailure {
        codes.insert(failure.code.name)
      }
    }
    #expect(codes == ["corrupt"])
    await again.store.close()
  }

  @Test("a store at its limit says full, keeps what it has, and takes more once something expired")
  func full() async throws {
    let stores = try open(maximumBytes: 400_000)
    var kept: [Int] = []
    var code: StoreFailure.Code?
    for number in 0..<1000 where code == nil {
      do throws(StoreFailure) {
        _ = try await stores.store.perform([.claiming("\(number)", for: .seconds(100))])
        _ = try await stores.store.perform([
          .answering("\(number)", String(repeating: "x", count: 3000))
        ])
        kept.append(number)
      } catch {
        code = error.code
      }
    }
    #expect(code == .full)
    #expect(kept.count > 20)
    for number in kept {
      #expect(
        try await stores.claim("\(number)")
          == .answered(.saying(String(repeating: "x", count: 3000))))
    }
    let statistics = await stores.store.statistics()
    #expect(statistics.answered == kept.count)
    stores.clock.advance(by: .seconds(100))
    #expect(try await stores.claim("later") == .granted)
    #expect(try await stores.perform(.answering("later")) == [.done])
    await stores.store.close()
  }

  @Test("in a group, an answer that does not fit fails alone")
  func groupAtTheLimit() async throws {
    let stores = try open(maximumBytes: 2_000_000)
    for number in 0..<50 { _ = try await stores.claim("\(number)") }
    let outcomes = await withTaskGroup(of: (Int, StoreFailure.Code?).self) { group in
      for number in 0..<50 {
        group.addTask {
          let size = number == 25 ? 3_000_000 : 100
          do throws(StoreFailure) {
            _ = try await stores.store.perform([
              .answering("\(number)", String(repeating: "x", count: size))
            ])
            return (number, nil)
          } catch {
            return (number, error.code)
          }
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    #expect(outcomes == [25: .full])
    await stores.store.close()
  }

  @Test(
    "when writing fails for good reason of the system, the store says so and goes on when it can again"
  )
  func writeErrors() async throws {
    let path = folder.file("gateway.db")
    let lines = try StoreWriterProcess("limited", path).finish()
    let failure = try #require(lines.firstIndex { $0.hasPrefix("failure") })
    #expect(lines[failure] == "failure unavailable" || lines[failure] == "failure full")
    #expect(lines.suffix(2) == ["claimed after", "answered after"])
    let store = try SQLiteStore(path: path)
    let answered = lines.filter { $0.hasPrefix("answered ") }.map { $0.dropFirst(9) }
    #expect(answered.count > 5)
    for name in answered {
      let reply = try await store.perform([
        .claim(
          RequestKey(merchant: MerchantID("1900000001"), operation: "upload", number: String(name)),
          fingerprint: Fingerprint(Array("content of \(name)".utf8)), lifetime: .seconds(60),
          lease: .seconds(60))
      ])
      guard case .answered = reply.first else {
        Issue.record("\(name) was answered and is not")
        continue
      }
    }
    await store.close()
  }

  @Test("answers far beyond what is kept in memory are replayed, and counted")
  func manyAnswers() async throws {
    let stores = try open()
    let text = String(repeating: "x", count: 2000)
    for group in 0..<80 {
      _ = try await stores.store.perform(
        (0..<100).flatMap {
          [.claiming("\(group)-\($0)"), .answering("\(group)-\($0)", "\(group)-\($0)" + text)]
        })
    }
    for group in 0..<80 {
      for number in [0, 50, 99] {
        let name = "\(group)-\(number)"
        for _ in 0..<2 { #expect(try await stores.claim(name) == .answered(.saying(name + text))) }
        #expect(try await stores.claim(name, "other") == .otherContent)
      }
    }
    let statistics = await stores.store.statistics()
    #expect(statistics.answered == 8000)
    stores.clock.advance(by: .seconds(3600))
    #expect(try await stores.claim("79-99", "other") == .granted)
    stores.clock.advance(by: .seconds(-3600))
    #expect(
      try await stores.claim("79-99") == .otherContent,
      "what replaced it counts, not the old answer")
    await stores.store.close()
  }

  @Test("a folder that does not exist is said, not made")
  func missingFolder() throws {
    let refused = failure { _ = try SQLiteStore(path: folder.file("missing/gateway.db")) }
    #expect(refused?.code == .unavailable)
    #expect(refused?.detail.contains("folder") == true)
  }

  @Test("others cannot read the files")
  func permissions() async throws {
    let stores = try open()
    _ = try await stores.claim("n")
    for name in ["gateway.db", "gateway.db-wal", "gateway.db.lock"] {
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.file(name))
      #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o077 } == 0, "\(name)")
    }
    await stores.store.close()
  }

  private func open(in folder: TemporaryFolder? = nil, maximumBytes: Int? = nil)
    throws(StoreFailure) -> StoreUnderTest
  {
    let folder = folder ?? self.folder
    let clock = clock
    let store = try SQLiteStore(
      path: folder.file("gateway.db"), maximumBytes: maximumBytes, clock: clock.storeClock)
    return StoreUnderTest(store: store, clock: clock, folder: folder)
  }

  private func failure(_ body: () throws -> Void) -> StoreFailure? {
    do {
      try body()
      return nil
    } catch {
      return error as? StoreFailure
    }
  }
}
