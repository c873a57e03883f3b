// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore

/// The memory store's state: request numbers by digest, in two orders besides.
///
/// Every operation takes constant time: the order of expiry and the order of answering are linked
/// lists through the slots, so that neither a sweep nor an eviction ever walks the table.
struct NumberTable: Sendable {
  private let limits: MemoryStore.Limits
  private var index: [NumberDigest: Int] = [:]
  private var slots: [Slot] = []
  private var freeSlots: [Int] = []
  /// Numbers by the time they expire, a list for each lifetime in use (there are as many as
  /// settings): within one, the order of claiming is the order of expiring.
  private var byExpiry: [Duration: Chain] = [:]
  /// Answered numbers, the oldest answer first.
  private var byAnswer = Chain()
  private(set) var tally = Tally()
  /// Counted, not measured: what each number and its answer take.
  private(set) var bytes = 0

  /// Expired numbers that one batch takes away at most, besides twice as many as it has operations.
  private static let sweepStep = 8
  /// About what a record takes in the dictionary and the slot.
  private static let bytesPerNumber = 320

  init(limits: MemoryStore.Limits) { self.limits = limits }

  mutating func perform(
    _ operations: [StoreOperation], now: Int64
  ) throws(StoreFailure) -> [StoreReply] {
    sweep(now: now, atMost: operations.count * 2 + Self.sweepStep)
    var undo: [(NumberDigest, Entry?)] = []
    var replies: [StoreReply] = []
    replies.reserveCapacity(operations.count)
    do {
      for operation in operations {
        replies.append(try perform(operation, now: now, undo: &undo))
      }
    } catch {
      // All or nothing: the caller treats every operation as not done.
      for (digest, entry) in undo.reversed() { set(digest, to: entry) }
      throw error
    }
    return replies
  }

  private mutating func perform(
    _ operation: StoreOperation, now: Int64, undo: inout [(NumberDigest, Entry?)]
  ) throws(StoreFailure) -> StoreReply {
    switch operation {
    case .claim(let key, let fingerprint, let lifetime, lease: _):
      let digest = NumberDigest(key)
      let found = entry(digest)
      let decision = NumberRecord.claim(
        found: found?.record, fingerprint: fingerprint,
        expiresAt: StoreTime.adding(lifetime, to: now), now: now)
      switch decision {
      case .refuse: return .otherContent
      case .replay:
        guard let answer = found?.answer else { preconditionFailure("answered without an answer") }
        return .answered(answer)
      case .grant(let record):
        change(digest, to: Entry(record: record, lifetime: lifetime, answer: nil), undo: &undo)
        try makeRoom(keeping: digest, undo: &undo)
        return record.state == .claimed ? .granted : .grantedAfterUnknown
      }
    case .answered(let key, let fingerprint, let answer):
      let digest = NumberDigest(key)
      guard var found = entry(digest) else { return .done }
      switch found.record.answered(fingerprint: fingerprint, now: now) {
      case .ignore: return .done
      case .replay: return found.answer.map(StoreReply.answered) ?? .done
      case .store:
        found.record.state = .answered
        found.answer = answer
        change(digest, to: found, undo: &undo)
        try makeRoom(keeping: digest, undo: &undo)
      }
    case .unknown(let key):
      apply(NumberDigest(key), undo: &undo) { $0.unknown(now: now) }
    case .released(let key):
      apply(NumberDigest(key), undo: &undo) { $0.released(now: now) }
    }
    return .done
  }

  private mutating func apply(
    _ digest: NumberDigest, undo: inout [(NumberDigest, Entry?)],
    deciding decide: (NumberRecord) -> OutcomeDecision
  ) {
    guard var found = entry(digest) else { return }
    switch decide(found.record) {
    case .keep: return
    case .forget: change(digest, to: nil, undo: &undo)
    case .change(let state):
      found.record.state = state
      change(digest, to: found, undo: &undo)
    }
  }

  /// Evicts the oldest answers until the limits hold; an answer that was just stored is not the one
  /// to go.
  private mutating func makeRoom(
    keeping digest: NumberDigest, undo: inout [(NumberDigest, Entry?)]
  ) throws(StoreFailure) {
    while tally.total > limits.numbers || bytes > limits.bytes {
      guard let oldest = byAnswer.first, slots[oldest].digest != digest else {
        throw StoreFailure(
          .full,
          detail:
            "the memory store is full and may not forget its \(tally.claimed) claimed and \(tally.unknown) unknown "
            + "request numbers; use sqlite: or a shorter ttl")
      }
      change(slots[oldest].digest, to: nil, undo: &undo)
    }
  }

  private mutating func sweep(now: Int64, atMost limit: Int) {
    var left = limit
    for lifetime in Array(byExpiry.keys) {
      while left > 0, let first = byExpiry[lifetime]?.first,
        slots[first].entry.record.hasExpired(at: now)
      {
        set(slots[first].digest, to: nil)
        left -= 1
      }
    }
  }
}

extension NumberTable {
  /// A number's record, the lifetime it was claimed with, and its answer once it has one.
  private struct Entry: Sendable {
    var record: NumberRecord
    var lifetime: Duration
    var answer: StoredAnswer?

    var bytes: Int {
      guard let answer else { return NumberTable.bytesPerNumber }
      return NumberTable.bytesPerNumber + answer.body.count
        + (answer.contentType?.utf8.count ?? 0) + (answer.upstreamRequestID?.utf8.count ?? 0)
    }
  }

  private struct Slot: Sendable {
    var digest: NumberDigest
    var entry: Entry
    var expiry = Link()
    var answer = Link()
  }

  /// The neighbours of a slot in a chain.
  private struct Link: Sendable {
    var previous: Int?
    var next: Int?
  }

  private struct Chain: Sendable {
    var first: Int?
    var last: Int?
  }

  private func entry(_ digest: NumberDigest) -> Entry? { index[digest].map { slots[$0].entry } }

  private mutating func change(
    _ digest: NumberDigest, to entry: Entry?, undo: inout [(NumberDigest, Entry?)]
  ) {
    undo.append((digest, self.entry(digest)))
    set(digest, to: entry)
  }

  /// The only way in and out: keeps index, slots, chains, tally and bytes together.
  private mutating func set(_ digest: NumberDigest, to entry: Entry?) {
    if let slot = index[digest] {
      let old = slots[slot].entry
      let keepsPlace =
        old.record.expiresAt == entry?.record.expiresAt && old.lifetime == entry?.lifetime
      takeOut(slot, fromExpiry: !keepsPlace)
      if let entry {
        slots[slot].entry = entry
        putIn(slot, toExpiry: !keepsPlace)
      } else {
        index[digest] = nil
        // Lets go of the answer.
        slots[slot].entry.answer = nil
        freeSlots.append(slot)
      }
    } else if let entry {
      let slot: Int
      if let free = freeSlots.popLast() {
        slot = free
        slots[slot] = Slot(digest: digest, entry: entry)
      } else {
        slot = slots.count
        slots.append(Slot(digest: digest, entry: entry))
      }
      index[digest] = slot
      putIn(slot, toExpiry: true)
    }
  }

  private mutating func takeOut(_ slot: Int, fromExpiry: Bool) {
    let entry = slots[slot].entry
    tally.remove(entry.record.state)
    bytes -= entry.bytes
    if fromExpiry {
      var chain = byExpiry[entry.lifetime] ?? Chain()
      unlink(slot, from: &chain, \.expiry)
      byExpiry[entry.lifetime] = chain.first == nil ? nil : chain
    }
    if entry.record.state == .answered {
      var chain = byAnswer
      unlink(slot, from: &chain, \.answer)
      byAnswer = chain
    }
  }

  private mutating func putIn(_ slot: Int, toExpiry: Bool) {
    let entry = slots[slot].entry
    tally.add(entry.record.state)
    bytes += entry.bytes
    if toExpiry {
      var chain = byExpiry[entry.lifetime] ?? Chain()
      append(slot, to: &chain, \.expiry)
      byExpiry[entry.lifetime] = chain
    }
    if entry.record.state == .answered {
      var chain = byAnswer
      append(slot, to: &chain, \.answer)
      byAnswer = chain
    }
  }

  private mutating func append(
    _ slot: Int, to chain: inout Chain, _ link: WritableKeyPath<Slot, Link>
  ) {
    slots[slot][keyPath: link] = Link(previous: chain.last, next: nil)
    if let last = chain.last { slots[last][keyPath: link].next = slot } else { chain.first = slot }
    chain.last = slot
  }

  private mutating func unlink(
    _ slot: Int, from chain: inout Chain, _ link: WritableKeyPath<Slot, Link>
  ) {
    let (previous, next) = (slots[slot][keyPath: link].previous, slots[slot][keyPath: link].next)
    if let previous { slots[previous][keyPath: link].next = next } else { chain.first = next }
    if let next { slots[next][keyPath: link].previous = previous } else { chain.last = previous }
    slots[slot][keyPath: link] = Link()
  }
}
