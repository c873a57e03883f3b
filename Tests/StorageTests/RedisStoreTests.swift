import Cryptography
// SPDX-License-Identifier: Apache-2.0
import Foundation
import GatewayCore
import Storage
import TestSupport
import Testing

/// What several gateways on one Redis may rely on, and what happens when it breaks; the rest is in
/// `RequestNumberStoreContract`.
@Suite("The Redis store", .timeLimit(.minutes(2)))
struct RedisStoreTests {
  @Test("what one gateway has in flight, another waits for; what it answered, another replays")
  func sharing() async throws {
    let server = try RedisServer()
    let (one, other) = (try RedisStore(server.address), try RedisStore(server.address))
    #expect(try await one.perform([.claiming("n")]) == [.granted])
    #expect(try await other.perform([.claiming("n")]) == [.inFlight])
    #expect(try await other.perform([.claiming("n", "other")]) == [.otherContent])
    // An end that another gateway tells is not the end of this claim.
    let key = RequestKey.numbered("n")
    #expect(try await other.perform([.released(key), .unknown(key)]) == [.done, .done])
    #expect(try await other.perform([.claiming("n")]) == [.inFlight])
    _ = try await one.perform([.answering("n")])
    #expect(try await other.perform([.claiming("n")]) == [.answered(.saying("done"))])
    await one.close()
    await other.close()
  }

  @Test("a gateway that died loses its claims when their lease is over")
  func leases() async throws {
    let server = try RedisServer()
    let (dead, other) = (try RedisStore(server.address), try RedisStore(server.address))
    _ = try await dead.perform([.claiming("n"), .claiming("m")])
    var statistics = await other.statistics()
    #expect(statistics.claimed == 2 && statistics.unknown == 0)
    try server.jump(to: 59)
    #expect(try await other.perform([.claiming("n")]) == [.inFlight])
    try server.jump(to: 60)
    statistics = await other.statistics()
    #expect(statistics.claimed == 0 && statistics.unknown == 2)
    #expect(try await other.perform([.claiming("n")]) == [.grantedAfterUnknown])
    statistics = await other.statistics()
    #expect(statistics.claimed == 1 && statistics.unknown == 1)

    // It was not dead, only slow: the claim is the other's now, but an answer is an answer.
    #expect(try await dead.perform([.released(.numbered("n"))]) == [.done])
    #expect(try await dead.perform([.claiming("n")]) == [.inFlight])
    #expect(try await dead.perform([.answering("n", "first")]) == [.done])
    let first = StoreReply.answered(.saying("first"))
    #expect(try await other.perform([.answering("n", "second")]) == [first])
    #expect(try await dead.perform([.claiming("n")]) == [first])
    // Nothing was done, says the dead one of what the count took for unknown.
    #expect(try await dead.perform([.released(.numbered("m"))]) == [.done])
    statistics = await other.statistics()
    #expect(statistics.claimed == 0 && statistics.unknown == 0 && statistics.answered == 1)
    await dead.close()
    await other.close()
  }

  @Test("of claims of many gateways at the same time one is granted")
  func concurrency() async throws {
    let server = try RedisServer()
    let stores = try (0..<4).map { _ in try RedisStore(server.address) }
    let replies = try await withThrowingTaskGroup(of: [StoreReply].self) { group in
      for store in stores {
        group.addTask {
          var replies: [StoreReply] = []
          for number in 0..<200 { replies += try await store.perform([.claiming("\(number)")]) }
          return replies
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(replies.count { $0 == .granted } == 200)
    #expect(replies.count { $0 == .inFlight } == 600)
    for store in stores { await store.close() }
  }

  @Test("what was acknowledged is there after the server was killed")
  func kill() async throws {
    let server = try RedisServer()
    let store = try RedisStore(server.address)
    let acknowledged = await withTaskGroup(of: [String].self) { group in
      for task in 0..<16 {
        group.addTask {
          var acknowledged: [String] = []
          while true {
            let number = "\(task)-\(acknowledged.count)"
            guard
              (try? await store.perform([.claiming(number), .answering(number, number)])) != nil
            else { return acknowledged }
            acknowledged.append(number)
            if task == 0, acknowledged.count == 50 { server.kill() }
          }
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    #expect(acknowledged.count >= 50)
    try server.restart()
    let after = try RedisStore(server.address)
    for number in acknowledged {
      #expect(try await after.perform([.claiming(number)]) == [.answered(.saying(number))])
    }
    await store.close()
    await after.close()
  }

  @Test("a server that hung up or forgot the scripts is no failure")
  func recovery() async throws {
    let server = try RedisServer()
    let store = try RedisStore(server.address)
    _ = try await store.perform([.claiming("n"), .answering("n")])
    try server.command("CLIENT", "KILL", "TYPE", "normal")
    #expect(try await store.perform([.claiming("n")]) == [.answered(.saying("done"))])
    try server.command("SCRIPT", "FLUSH")
    #expect(
      try await store.perform([.claiming("n"), .claiming("m"), .claiming("m", "other")])
        == [.answered(.saying("done")), .granted, .otherContent])
    #expect(await store.statistics().answered == 1)
    server.kill()
    try server.restart()
    #expect(try await store.perform([.claiming("n")]) == [.answered(.saying("done"))])
    await store.close()
  }

  @Test("a server that hangs or is gone is an error, soon, and no longer than it lasts")
  func outage() async throws {
    let server = try RedisServer()
    let store = try RedisStore(server.address)
    _ = try await store.perform([.claiming("n"), .answering("n")])
    #expect(await store.statistics().answered == 1)
    server.pause()
    var failure = await #expect(throws: StoreFailure.self) {
      try await store.perform([.claiming("n")])
    }
    #expect(failure?.code == .unavailable)
    #expect(
      failure?.detail.contains("no answer within two seconds") == true, "\(failure?.detail ?? "")")
    #expect(failure?.detail.contains(server.address.description) == true)
    server.resume()
    #expect(try await untilItWorks(store) == [.answered(.saying("done"))])
    // What was on its way there comes too late.
    #expect(try server.command("INFO", "commandstats").contains("cmdstat_client|kill:calls=1,"))
    server.kill()
    failure = await #expect(throws: StoreFailure.self) { try await store.perform([.claiming("n")]) }
    #expect(failure?.code == .unavailable)
    #expect(await store.statistics().answered == 1, "as it was last known")
    try server.restart()
    #expect(try await untilItWorks(store) == [.answered(.saying("done"))])
    await store.close()
  }

  /// Asks until the store has noticed that its server is back.
  private func untilItWorks(_ store: RedisStore) async throws -> [StoreReply] {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      if let replies = try? await store.perform([.claiming("n")]) { return replies }
      await Task.yield()
    }
    return try await store.perform([.claiming("n")])
  }

  @Test("a full server takes no new numbers, and still knows the old ones")
  func full() async throws {
    let server = try RedisServer()
    let store = try RedisStore(server.address)
    _ = try await store.perform([
      .claiming("n"), .answering("n"), .claiming("m"), .claiming("u"), .unknown(.numbered("u")),
    ])
    try server.command("CONFIG", "SET", "maxmemory", "1")
    let failure = await #expect(throws: StoreFailure.self) {
      try await store.perform([.claiming("new")])
    }
    #expect(failure?.code == .full && failure?.detail.contains("raise maxmemory") == true)
    #expect(try await store.perform([.claiming("n")]) == [.answered(.saying("done"))])
    #expect(try await store.perform([.claiming("n", "other")]) == [.otherContent])
    #expect(try await store.perform([.claiming("u")]) == [.grantedAfterUnknown])
    for end in [StoreOperation.answering("u"), .unknown(.numbered("m"))] {
      let failure = await #expect(throws: StoreFailure.self) { try await store.perform([end]) }
      #expect(failure?.code == .full)
    }
    #expect(try await store.perform([.released(.numbered("m"))]) == [.done])
    try server.command("CONFIG", "SET", "maxmemory", "0")
    #expect(try await store.perform([.claiming("new"), .claiming("m")]) == [.granted, .granted])
    await store.close()
  }

  @Test("a key that is not ours is an error of its number alone")
  func foreignKeys() async throws {
    let server = try RedisServer()
    let store = try RedisStore(server.address)
    _ = try await store.perform([.claiming("n"), .answering("n")])
    let key = try #require(
      try server.command("KEYS", "wxpay-gateway:number:*").split(separator: "\n").first)
    for command in [["SET", String(key), "something else"], ["LPUSH", String(key), "x"]] {
      try server.command("DEL", String(key))
      try server.command(command)
      let failure = await #expect(throws: StoreFailure.self) {
        try await store.perform([.claiming("n")])
      }
      #expect(failure?.code == .corrupt && failure?.detail.contains("to gateways") == true)
    }
    #expect(try await store.perform([.claiming("m")]) == [.granted])
    await store.close()
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let options: [String]
    let words: String
    var code = StoreFailure.Code.unfit
    var testDescription: String { words }
  }

  @Test(
    "a server that cannot keep numbers is refused at the start, with what to do",
    arguments: [
      Refusal(
        options: ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"],
        words: "set maxmemory-policy noeviction"),
      Refusal(
        options: ["--replicaof", "127.0.0.1", "1"], words: "name the master", code: .unavailable),
      Refusal(options: ["--cluster-enabled", "yes"], words: "use a server of its own"),
      Refusal(options: ["--rename-command", "SCRIPT", ""], words: "SCRIPT", code: .unavailable),
      Refusal(options: ["--requirepass", "secret"], words: "store.password"),
      Refusal(
        options: ["--user", "default", "on", "nopass", "+info"], words: "allow its default user"),
    ])
  func refusals(_ refusal: Refusal) throws {
    let server = try RedisServer(refusal.options)
    let failure = #expect(throws: StoreFailure.self) { try RedisStore(server.address) }
    #expect(failure?.code == refusal.code)
    #expect(failure?.detail.contains(refusal.words) == true, "\(failure?.detail ?? "")")
  }

  @Test("the password opens the server, and no error repeats it")
  func password() async throws {
    let server = try RedisServer(["--requirepass", "hunter2"])
    let store = try RedisStore(server.address, password: SecretBytes("hunter2"))
    #expect(try await store.perform([.claiming("n")]) == [.granted])
    await store.close()
    var failure = #expect(throws: StoreFailure.self) {
      try RedisStore(server.address, password: SecretBytes("hunter3"))
    }
    #expect(failure?.code == .unfit && failure?.detail.contains("WRONGPASS") == true)
    let mute = try RedisServer(["--rename-command", "AUTH", ""])
    failure = #expect(throws: StoreFailure.self) {
      try RedisStore(mute.address, password: SecretBytes("hunter2"))
    }
    #expect(
      failure?.detail.contains("hunter2") == false && failure?.detail.contains("AUTH") == true)
  }

  @Test("a server that becomes a replica is left, and used again when it is a master")
  func demotion() async throws {
    let server = try RedisServer()
    let store = try RedisStore(server.address)
    _ = try await store.perform([.claiming("n"), .answering("n")])
    try server.command("REPLICAOF", "127.0.0.1", "1")
    for _ in 0..<2 {
      let failure = await #expect(throws: StoreFailure.self) {
        try await store.perform([.claiming("m")])
      }
      #expect(failure?.code == .unavailable && failure?.detail.contains("name the master") == true)
    }
    try server.command("REPLICAOF", "NO", "ONE")
    #expect(try await untilItWorks(store) == [.answered(.saying("done"))])
    await store.close()
  }

  @Test("a server that is told to forget numbers while it is used is left when that shows")
  func forgetfulness() async throws {
    let server = try RedisServer()
    let store = try RedisStore(server.address)
    try server.command("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru")
    _ = await store.statistics()
    let failure = await #expect(throws: StoreFailure.self) {
      try await store.perform([.claiming("n")])
    }
    #expect(failure?.code == .unfit && failure?.detail.contains("noeviction") == true)
    await store.close()
  }

  @Test("what is no Redis, and a database that is not there, are refused at the start")
  func wrongAddresses() async throws {
    let server = try RedisServer()
    var address = server.address
    address.database = 99
    var failure = #expect(throws: StoreFailure.self) { try RedisStore(address) }
    #expect(
      failure?.detail.contains("DB index is out of range") == true, "\(failure?.detail ?? "")")
    server.kill()
    failure = #expect(throws: StoreFailure.self) { try RedisStore(server.address) }
    #expect(failure?.detail.contains("Connection refused") == true)
    let web = try NginxServer(listen: "", certificates: CertificateFolder())
    failure = #expect(throws: StoreFailure.self) {
      try RedisStore(RedisAddress(host: "127.0.0.1", port: web.port))
    }
    #expect(failure?.code == .unavailable)
  }

  @Test("a server that may lose what it acknowledged is used, and known for it")
  func weakness() async throws {
    for (options, words) in [
      (["--appendonly", "no"], "appendonly is off"),
      (["--appendfsync", "everysec"], "appendfsync is not always"), ([], nil),
    ] {
      let server = try RedisServer(options)
      let store = try RedisStore(server.address)
      if let words {
        #expect(store.weakness?.contains(words) == true)
      } else {
        #expect(store.weakness == nil)
      }
      await store.close()
    }
  }
}
