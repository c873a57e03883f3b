// SPDX-License-Identifier: Apache-2.0
import Foundation
import GatewayCore
import HTTP

/// Sends requests through the real chain (route, authenticate, validate, limit, deduplicate, sign,
/// verify, normalize) to an answer in this process, so that its instructions can be counted without
/// sockets, disks and other threads.
///
/// Arguments: a scenario, and how many requests. `Benchmarks/instructions` runs it under callgrind,
/// which counts between `countingBegins` and `countingEnds`.
@main struct HotPathBenchmark {
  /// Requests before the counted ones: caches and lazy values are filled then.
  private static let warmUp = 50

  static func main() async throws {
    guard CommandLine.arguments.count == 3,
      let scenario = Scenario(rawValue: CommandLine.arguments[1]),
      let count = Int(CommandLine.arguments[2]), count > 0
    else {
      let names = Scenario.allCases.map(\.rawValue).joined(separator: " | ")
      print("usage: HotPathBenchmark \(names) COUNT")
      exit(64)
    }
    let gateway = try BenchedGateway()
    let requests = (0..<(warmUp + count)).map { scenario.request($0) }
    for request in requests.prefix(warmUp) {
      try scenario.check(await gateway.answer(request))
    }
    countingBegins()
    for request in requests.dropFirst(warmUp) {
      try scenario.check(await gateway.answer(request))
    }
    countingEnds()
    print("\(scenario.rawValue): \(count) requests, \(gateway.sent) sent")
  }
}

// What callgrind looks for (`--dump-before`). A function that did nothing would not
// be called.
@inline(never) func countingBegins() { _ = getppid() }
@inline(never) func countingEnds() { _ = getppid() }
