// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("kill -9 at any moment", .timeLimit(.minutes(10)))
struct KillTests {
  /// A client keeps uploading numbered requests; in the middle of some of them the gateway is
  /// killed and started again.
  @Test(
    "every number is finally answered, no answer changes, no code has two contents",
    arguments: [UInt64(0x5EED)])
  func kills(seed: UInt64) async throws {
    let deployment = try await Deployment()
    var random = SplitMix(seed: seed)
    let rounds = ProcessInfo.processInfo.environment["KILLS"].flatMap(Int.init) ?? 25
    var kills = 0
    var number = 0
    var answers: [Answer] = []
    while kills < rounds {
      let codes = ["K\(number)", "L\(number)"]
      var answer: Answer?
      for attempt in 0..<10 where answer?.status != 200 {
        async let sent = try? deployment.upload(codes, number: "k-\(number)")
        if attempt == 0 {
          // A random moment of the request's life, without a clock.
          for _ in 0..<Int.random(in: 0...3000, using: &random) { await Task.yield() }
          deployment.gateway.signal(SIGKILL)
          _ = await deployment.gateway.end()
          kills += 1
          answer = await sent
          try await deployment.restart()
        } else {
          answer = await sent
        }
      }
      answers.append(try #require(answer, "number \(number) was never answered (seed \(seed))"))
      number += 1
    }
    for (number, answer) in answers.enumerated() {
      let again = try await deployment.upload(["K\(number)", "L\(number)"], number: "k-\(number)")
      #expect(again.body == answer.body, "number \(number), seed \(seed)")
      #expect(try await deployment.upload(["X"], number: "k-\(number)").status == 422)
    }
    let uploads = try await deployment.books()["uploads"]?.arrayValue ?? []
    #expect(uploads.count == number)
    #expect(uploads.allSatisfy { $0["conflicts"] == 0 })
    #expect(await deployment.stop() == 0)
  }
}
