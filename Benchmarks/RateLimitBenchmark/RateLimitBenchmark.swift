// SPDX-License-Identifier: Apache-2.0
import Foundation
import GatewayCore
import Policies

/// Fills the rate limit's state for many merchants, none of which has its full quota back, and
/// prints as JSON what that takes.
///
/// Argument: how many merchants, else 1,000,000. A whole gateway with so many would need a key pair
/// for each; this is the part of it that has a target.
@main struct RateLimitBenchmark {
  static func main() throws {
    let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000
    let limit = GCRA(rate: 1, perNanoseconds: 3_600_000_000_000, burst: 100)
    let state = RateLimitState()
    let before = try residentBytes()
    let start = clock()
    for index in 0..<count {
      let decision = state.admit(
        MerchantID("\(1_900_000_000 + index)"), limit: limit, operation: nil,
        maxWaitNanoseconds: 0, now: TimeSource.system.monotonicNanoseconds())
      precondition(decision.waitNanoseconds == 0, "merchant \(index) was refused")
    }
    let microseconds = Double(clock() - start) / Double(count)
    precondition(state.count == count, "the state holds \(state.count) merchants")
    let megabytes = Double(try residentBytes() - before) / 1_048_576
    print(
      "{\"merchants\":\(count),\"megabytes\":\(megabytes),\"microseconds_each\":\(microseconds)}")
  }

  /// `VmRSS` of this process (proc_pid_status(5)).
  private static func residentBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return (kibibytes ?? 0) * 1024
  }
}
