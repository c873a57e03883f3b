// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@Suite("What the service manager hears (sd_notify)", .timeLimit(.minutes(2)))
struct SupervisionTests {
  /// A gateway that was started by a service manager.
  private struct Supervised {
    let deployment: Deployment
    let manager: ServiceManagerSocket

    init(_ options: Deployment.Options = .init(), watchdogMicroseconds: Int? = nil) async throws {
      let folder = try TemporaryFolder()
      manager = try ServiceManagerSocket(path: folder.file("notify"))
      var options = options
      options.environment["NOTIFY_SOCKET"] = manager.path
      options.environment["WATCHDOG_USEC"] = watchdogMicroseconds.map(String.init)
      deployment = try await Deployment(options)
      // The gateway is connected by now: the file is no longer needed.
      _ = folder
    }
  }

  @Test("READY=1 comes once requests are answered, with a status for people")
  func ready() async throws {
    let supervised = try await Supervised()
    let first = try #require(await supervised.manager.next("STATUS="))
    #expect(!first.contains("READY=1"))
    let ready = try #require(await supervised.manager.next("READY=1"))
    #expect(ready.contains { $0.hasPrefix("STATUS=Serving") && $0.contains("1 merchants") })
    let deployment = supervised.deployment
    #expect(try await deployment.call("GET", "/readyz", at: deployment.admin).status == 200)
    #expect(try await deployment.upload(["A1"], number: "n-1").status == 200)
    await deployment.stop()
  }

  @Test("without a key to verify answers with, READY=1 does not come yet")
  func notReady() async throws {
    let supervised = try await Supervised(.init(upstreamURL: "http://127.0.0.1:1"))
    let deployment = supervised.deployment
    _ = await deployment.gateway.line(containing: "certificates could not be downloaded")
    #expect(await deployment.stop() == 0)
    supervised.manager.close()
    let all = await supervised.manager.messages.reduce(into: []) { $0.append($1) }
    #expect(all.first?.contains { $0.hasPrefix("STATUS=Waiting for the keys") } == true)
    #expect(!all.contains { $0.contains("READY=1") })
    #expect(all.contains { $0.contains("STOPPING=1") })
  }

  @Test("a reload is announced with its time, and ends with READY=1, also when it is refused")
  func reload() async throws {
    let supervised = try await Supervised()
    let deployment = supervised.deployment
    let manager = supervised.manager
    _ = await manager.next("READY=1")
    deployment.gateway.signal(SIGHUP)
    let reloading = try #require(await manager.next("RELOADING=1"))
    let time = try #require(
      reloading.first { $0.hasPrefix("MONOTONIC_USEC=") }.flatMap {
        Double($0.dropFirst("MONOTONIC_USEC=".count))
      })
    #expect(time <= ProcessInfo.processInfo.systemUptime * 1_000_000)
    let taken = try #require(await manager.next("READY=1"))
    #expect(!taken.contains { $0.contains("refused") })

    let text = String(decoding: try deployment.folder.read("gateway.conf"), as: UTF8.self)
    _ = try deployment.folder.write(text + "\nnonsense = 1\n", to: "gateway.conf")
    deployment.gateway.signal(SIGHUP)
    _ = await manager.next("RELOADING=1")
    let refused = try #require(await manager.next("READY=1"))
    #expect(refused.contains { $0.hasPrefix("STATUS=Serving") && $0.contains("refused") })
    await deployment.stop()
  }

  @Test("SIGTERM is answered with STOPPING=1, and with the time that draining may take")
  func stopping() async throws {
    let supervised = try await Supervised(.init(server: "drain_timeout = \"7s\""))
    _ = await supervised.manager.next("READY=1")
    supervised.deployment.gateway.signal(SIGTERM)
    let stopping = try #require(await supervised.manager.next("STOPPING=1"))
    #expect(stopping.contains("EXTEND_TIMEOUT_USEC=17000000"))
    #expect(await supervised.deployment.gateway.end() == 0)
    await supervised.deployment.stop()
  }

  @Test("a watchdog hears again and again that the gateway is alive, and nothing unless it asks")
  func watchdog() async throws {
    let watched = try await Supervised(watchdogMicroseconds: 200_000)
    for _ in 0..<3 { #expect(await watched.manager.next("WATCHDOG=1") != nil) }
    await watched.deployment.stop()

    let unwatched = try await Supervised()
    _ = await unwatched.manager.next("READY=1")
    await unwatched.deployment.stop()
    unwatched.manager.close()
    let rest = await unwatched.manager.messages.reduce(into: []) { $0.append($1) }
    #expect(!rest.contains(["WATCHDOG=1"]))
  }

  @Test("a socket that is not there keeps nobody from starting")
  func nobodyThere() async throws {
    let deployment = try await Deployment(
      .init(environment: ["NOTIFY_SOCKET": "/nonexistent/notify", "WATCHDOG_USEC": "200000"]))
    #expect(try await deployment.upload(["A1"], number: "n-1").status == 200)
    #expect(await deployment.stop() == 0)
  }
}
