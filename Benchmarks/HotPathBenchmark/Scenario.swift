// SPDX-License-Identifier: Apache-2.0
import Clocks
import GatewayCore
import HTTP

/// A kind of request whose cost is guarded.
enum Scenario: String, CaseIterable {
  /// A new upload of two codes.
  case upload2 = "upload-2"
  /// A new upload of as many codes as are allowed.
  case upload200 = "upload-200"
  /// The same upload again: answered from the store.
  case replay
  /// A code that is too long: refused before it costs anything.
  case refusal

  struct UnexpectedAnswer: Error {
    let scenario: Scenario
    let answer: Result<Reply, Problem>
  }

  /// - Parameter number: counts the requests of a run.
  func request(_ number: Int) -> HTTPRequest {
    let codes =
      switch self {
      case .upload2, .replay: Self.codes(2)
      case .upload200: Self.codes(200)
      case .refusal: ["\"\(String(repeating: "A", count: 33))\""]
      }
    let name = self == .replay ? 0 : number
    // As wide as `Benchmarks/load.lua` makes them.
    let digits = String(1_000_000_000_000_000_000 + name)
    let body =
      "{\"upload_request_no\":\"\(digits)\",\"coupon_code_list\":[\(codes.joined(separator: ","))]}"
    return HTTPRequest(
      method: "POST", path: "/v3/marketing/busifavor/stocks/98065001/couponcodes",
      headers: [
        "Host": "127.0.0.1", "Authorization": "Bearer \(BenchedGateway.token)",
        "Content-Type": "application/json", "Content-Length": String(body.utf8.count),
      ], body: Array(body.utf8))
  }

  /// - Throws: `UnexpectedAnswer`: counting something else would be worse than counting nothing.
  func check(_ answer: Result<Reply, Problem>) throws {
    switch (self, answer) {
    case (.upload2, .success(let reply)) where reply.status == 200 && !reply.replayed: return
    case (.upload200, .success(let reply)) where reply.status == 200 && !reply.replayed: return
    // The first of them is no replay yet.
    case (.replay, .success(let reply)) where reply.status == 200: return
    case (.refusal, .failure(let problem)) where problem.violations.count == 1: return
    default: throw UnexpectedAnswer(scenario: self, answer: answer)
    }
  }

  private static func codes(_ count: Int) -> [String] {
    (0..<count).map { "\"ABC95882\(String($0 + 100_000).dropFirst())\"" }
  }
}
