// SPDX-License-Identifier: Apache-2.0

/// Jobs in the order of their coming, in a ring that grows and stays.
struct JobQueue {
  private var ring: [UnownedJob?] = Array(repeating: nil, count: 64)
  private var first = 0
  private(set) var count = 0

  mutating func append(_ job: UnownedJob) {
    if count == ring.count { grow() }
    ring[(first + count) & (ring.count - 1)] = job
    count += 1
  }

  mutating func removeFirst() -> UnownedJob? {
    guard count > 0 else { return nil }
    defer {
      first = (first + 1) & (ring.count - 1)
      count -= 1
    }
    return ring[first]
  }

  private mutating func grow() {
    // Twice a power of two stays one, which `&` relies on.
    ring = ring[first...] + ring[..<first] + Array(repeating: nil, count: ring.count)
    first = 0
  }
}
