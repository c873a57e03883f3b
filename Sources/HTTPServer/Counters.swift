// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The numbers behind `ServerStatistics`: each is counted from any thread and never waits.
final class Counters: Sendable {
  let openConnections = Atomic(0)
  let requestsInside = Atomic(0)
  let acceptedConnections = Atomic(0)
  let requests = Atomic(0)
  let bodiesTooLarge = Atomic(0)
  let tooSlow = Atomic(0)
  let malformed = Atomic(0)
  let overloaded = Atomic(0)
  let idleClosed = Atomic(0)
  let slowReaders = Atomic(0)
  let acceptFailures = Atomic(0)
  let failedHandshakes = Atomic(0)

  func count(_ rejection: Rejection) {
    switch rejection {
    case .bodyTooLarge: bodiesTooLarge.add()
    case .tooSlow: tooSlow.add()
    case .malformed: malformed.add()
    case .overloaded: overloaded.add()
    }
  }

  var snapshot: ServerStatistics {
    ServerStatistics(
      openConnections: openConnections.value, requestsInside: requestsInside.value,
      acceptedConnections: acceptedConnections.value, requests: requests.value,
      bodiesTooLarge: bodiesTooLarge.value, tooSlow: tooSlow.value, malformed: malformed.value,
      overloaded: overloaded.value, idleClosed: idleClosed.value, slowReaders: slowReaders.value,
      acceptFailures: acceptFailures.value, failedHandshakes: failedHandshakes.value)
  }
}

extension Atomic where Value == Int {
  /// The number without any promise about other memory.
  var value: Int { load(ordering: .relaxed) }

  func add(_ amount: Int = 1) { wrappingAdd(amount, ordering: .relaxed) }
}
