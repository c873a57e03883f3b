// SPDX-License-Identifier: Apache-2.0
import HTTP
import HTTPClient
import TestSupport
import Testing

/// Many requests at once, good and bad by chance, so that connections and their descriptors come
/// and go.
@Suite struct MixedFaultTests {
  /// What the server does with a request; its number travels in the body.
  enum Fate: Int, CaseIterable, Sendable {
    case answered
    case answeredAndClosed
    case closed
    case reset
    case cutInHead
    case cutInBody

    var isAnswered: Bool { self == .answered || self == .answeredAndClosed }
  }

  @Test(
    "every request gets its own fate, and no request reaches the server twice",
    arguments: [1, 2, 3] as [UInt64])
  func fates(seed: UInt64) async throws {
    print("seed \(seed)")
    var random = SplitMix(seed: seed)
    let fates = (0..<600).map { _ in Fate.allCases.randomElement(using: &random) ?? .answered }
    let server = try ScriptedServer { connection in
      while let request = connection.readRequest() {
        guard let number = Int(String(decoding: request.body, as: UTF8.self)),
          Self.play(fates[number], number, on: connection)
        else { return }
      }
    }
    let transport = try CurlTransport(configuration: .init(maximumIdleSeconds: 3600))
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<40 {
        group.addTask {
          for number in stride(from: worker, to: fates.count, by: 40) {
            // By name every other time: libcurl's resolver brings descriptors of its own.
            let origin = number % 2 == 0 ? server.origin : "http://localhost:\(server.port)"
            await Self.check(fates[number], number, origin, transport)
          }
        }
      }
    }
    let numbers = server.requests.map { String(decoding: $0.body, as: UTF8.self) }
    #expect(numbers.count == fates.count)
    #expect(Set(numbers).count == fates.count)
    await transport.close()
    #expect(transport.statistics.openConnections == 0)
    #expect(transport.statistics.requestsInFlight == 0)
  }

  /// - Returns: whether the connection goes on.
  private static func play(_ fate: Fate, _ number: Int, on connection: ScriptedConnection) -> Bool {
    switch fate {
    case .answered: return connection.answer(body: "\(number)")
    case .answeredAndClosed: connection.answer(headers: "Connection: close\r\n", body: "\(number)")
    case .closed: break
    case .reset: connection.reset()
    case .cutInHead: connection.write("HTTP/1.1 200 OK\r\nX-A: 1\r\n")
    case .cutInBody: connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
    }
    return false
  }

  private static func check(
    _ fate: Fate, _ number: Int, _ origin: String, _ transport: CurlTransport
  ) async {
    let request = OutboundRequest(
      method: "POST", origin: origin, target: "/x", headers: [:], body: Array("\(number)".utf8),
      timeout: .seconds(60))
    do throws(TransportFailure) {
      let answer = try await transport.send(request)
      #expect(fate.isAnswered, "\(number)")
      #expect(answer.body == Array("\(number)".utf8))
    } catch {
      #expect(!fate.isAnswered, "\(number) \(error)")
      #expect(error.reason == .connectionLost, "\(number) \(error)")
      #expect(error.mayHaveBeenSent)
    }
  }
}
