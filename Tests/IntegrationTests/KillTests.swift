// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("kill -9 at any moment", .timeLimit(.minutes(15)))
struct KillTests {
  /// What the clients know, and where they wait while the gateway is down.
  private struct Knowledge: Sendable {
    /// The body of the first 200 for each number.
    var answers: [Int: [UInt8]] = [:]
    var begun = 0
    var isOver = false
    var isServing = Happening()

    mutating func next() -> Int? {
      guard !isOver else { return nil }
      defer { begun += 1 }
      return begun
    }
  }

  private static let kills =
    ProcessInfo.processInfo.environment["KILLS"].flatMap(Int.init) ?? 15

  /// Eight clients keep uploading numbered requests, and ask again for what they were told before;
  /// meanwhile the gateway is killed and started again.
  @Test(
    "every number is finally answered, no answer changes, no code has two contents",
    arguments: [UInt64(0x5EED)])
  func kills(seed: UInt64) async throws {
    let deployment = try await Deployment()
    let knowledge = Guarded(Knowledge())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<8 {
        group.addTask {
          var random = SplitMix(seed: seed &+ UInt64(client))
          while let number = knowledge.withLock({ $0.next() }) {
            try await self.upload(number, to: deployment, knowledge)
            let earlier = Int.random(in: 0...number, using: &random)
            if knowledge.withLock({ $0.answers[earlier] }) != nil {
              try await self.upload(earlier, to: deployment, knowledge)
            }
          }
        }
      }
      var random = SplitMix(seed: ~seed)
      for _ in 0..<Self.kills {
        // A random moment in the life of some request, without a clock.
        let wanted = knowledge.withLock { $0.answers.count } + .random(in: 0...20, using: &random)
        while knowledge.withLock({ $0.answers.count }) < wanted { await Task.yield() }
        for _ in 0..<Int.random(in: 0...2000, using: &random) { await Task.yield() }
        knowledge.withLock { $0.isServing = Happening() }
        deployment.gateway.signal(SIGKILL)
        _ = await deployment.gateway.end()
        try await deployment.restart()
        knowledge.withLock { $0.isServing }.happen()
      }
      knowledge.withLock { $0.isOver = true }
      try await group.waitForAll()
    }

    let (answers, begun) = knowledge.withLock { ($0.answers, $0.begun) }
    #expect(answers.count == begun, "seed \(seed)")
    for (number, answer) in answers {
      let again = try await deployment.upload(Self.codes(number), number: "k-\(number)")
      #expect(again.isReplayed && again.body == answer, "number \(number), seed \(seed)")
      #expect(try await deployment.upload(["X"], number: "k-\(number)").status == 422)
    }
    let uploads = try await deployment.books()["uploads"]?.arrayValue ?? []
    #expect(uploads.count == begun)
    #expect(uploads.allSatisfy { $0["conflicts"] == 0 })
    #expect(await deployment.stop() == 0)
  }

  private static func codes(_ number: Int) -> [String] { ["K\(number)", "L\(number)"] }

  /// Sends one number until it is answered; an answer that was seen before must not differ.
  private func upload(
    _ number: Int, to deployment: Deployment, _ knowledge: Guarded<Knowledge>
  ) async throws {
    while true {
      let answer = try? await deployment.upload(Self.codes(number), number: "k-\(number)")
      guard let answer, answer.status == 200 else {
        await knowledge.withLock { $0.isServing }.wait()
        continue
      }
      let first = knowledge.withLock { knowledge in
        if knowledge.answers[number] == nil { knowledge.answers[number] = answer.body }
        return knowledge.answers[number]
      }
      #expect(first == answer.body, "number \(number)")
      return
    }
  }

  @Test("a request in flight at that moment is unknown: its content may go again, no other may")
  func inFlight() async throws {
    let deployment = try await Deployment()
    try await deployment.misbehave(
      ["kind": "no_answer", "milliseconds": 60_000, "does_work": true])
    async let lost = try? deployment.upload(["A"], number: "n")
    while try await deployment.callsReceived() == 0 { await Task.yield() }
    deployment.gateway.signal(SIGKILL)
    _ = await deployment.gateway.end()
    #expect(await lost == nil)
    try await deployment.restart()
    let other = try await deployment.upload(["B"], number: "n")
    #expect(other.status == 422 && other.outcome == "not_sent")
    let same = try await deployment.upload(["A"], number: "n")
    #expect(same.status == 200 && same.isRecovered && same.json["exist_codes"] == ["A"])
    #expect(try await deployment.upload(["A"], number: "n").body == same.body)
    await deployment.stop()
  }
}
