// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore

extension SQLiteEngine {
  /// Carries out one operation inside the open transaction.
  mutating func perform(
    _ operation: StoreOperation, now: Int64
  ) throws(SQLiteError) -> StoreReply {
    switch operation {
    case .claim(let key, let fingerprint, let lifetime, lease: _):
      let digest = NumberDigest(key)
      let found = try find(digest)
      let decision = NumberRecord.claim(
        found: found?.record, fingerprint: fingerprint,
        expiresAt: clock.end(of: lifetime), now: now)
      switch decision {
      case .refuse: return .otherContent
      case .replay:
        guard let found else { preconditionFailure("a replay of nothing") }
        let answer = try answer(of: found)
        answerChanges.append(.answered(digest, found.record, answer))
        return .answered(answer)
      case .grant(let record):
        try write(record, digest, over: found)
        answerChanges.append(.claimed(digest))
        return record.state == .claimed ? .granted : .grantedAfterUnknown
      }
    case .answered(let key, let fingerprint, let answer):
      let digest = NumberDigest(key)
      guard let found = try find(digest) else { return .done }
      switch found.record.answered(fingerprint: fingerprint, now: now) {
      case .ignore: return .done
      case .replay: return .answered(try self.answer(of: found))
      case .store:
        try write(answer, to: found)
        var record = found.record
        record.state = .answered
        answerChanges.append(.answered(digest, record, answer))
        count(from: found.record.state, to: .answered)
      }
    case .unknown(let key):
      if let found = try find(NumberDigest(key)) {
        try apply(found.record.unknown(now: now), to: found)
      }
    case .released(let key):
      if let found = try find(NumberDigest(key)) {
        try apply(found.record.released(now: now), to: found)
      }
    }
    return .done
  }

  /// What can be said without writing when nothing can be written: replays, refusals, and that the same
  /// content was sent before, whose claim is in the file already.
  ///
  /// - Returns: `nil` when the batch asks for more than that.
  func recall(_ batch: [StoreOperation]) -> [StoreReply]? {
    let now = clock.now
    var replies: [StoreReply] = []
    for operation in batch {
      guard case .claim(let key, let fingerprint, _, lease: _) = operation,
        let found = try? find(NumberDigest(key))
      else { return nil }
      switch NumberRecord.claim(
        found: found.record, fingerprint: fingerprint, expiresAt: now, now: now)
      {
      case .refuse: replies.append(.otherContent)
      case .replay:
        guard let answer = try? answer(of: found) else { return nil }
        replies.append(.answered(answer))
      case .grant(let record):
        guard record.state == .claimedAgain else { return nil }
        replies.append(.grantedAfterUnknown)
      }
    }
    return replies
  }

  /// Takes expired numbers away unless there were none a moment ago.
  mutating func sweepIfDue(now: Int64, atMost limit: Int) throws(SQLiteError) {
    // A clock that went back far makes it due, too.
    guard now >= sweepAfter || sweepAfter - now > Self.sweepPause else { return }
    if try removeExpired(now: now, atMost: limit) < limit {
      sweepAfter = now.addingReportingOverflow(Self.sweepPause).partialValue
    }
  }

  /// Takes away the numbers that expired first, at most so many, and says how many there were.
  mutating func removeExpired(now: Int64, atMost limit: Int) throws(SQLiteError) -> Int {
    try statements.removeExpired.bind(1, now)
    try statements.removeExpired.bind(2, Int64(limit))
    defer { statements.removeExpired.reset() }
    var removed = 0
    while try statements.removeExpired.step() {
      tally.remove(
        try state(
          statements.removeExpired.integer(0), start: statements.removeExpired.integer(1)))
      removed += 1
    }
    return removed
  }

  private struct Found {
    let row: Int64
    let record: NumberRecord
  }

  private func find(_ digest: NumberDigest) throws(SQLiteError) -> Found? {
    try statements.find.bind(1, digest.bytes)
    defer { statements.find.reset() }
    guard try statements.find.step() else { return nil }
    return Found(
      row: statements.find.integer(0),
      record: NumberRecord(
        state: try state(statements.find.integer(1), start: statements.find.integer(2)),
        fingerprint: Fingerprint(statements.find.bytes(3)), expiresAt: statements.find.integer(4)))
  }

  /// A claim of an earlier start has no owner left: it is unknown.
  private func state(_ number: Int64, start: Int64) throws(SQLiteError) -> NumberRecord.State {
    guard let state = NumberRecord.State(rawValue: number) else {
      throw .damaged("a request number has the state \(number)")
    }
    return switch state {
    case .claimed, .claimedAgain: start == self.start ? state : .unknown
    case .unknown, .answered: state
    }
  }

  private func answer(of found: Found) throws(SQLiteError) -> StoredAnswer {
    try statements.answer.bind(1, found.row)
    defer { statements.answer.reset() }
    guard try statements.answer.step() else { throw .damaged("an answer is missing") }
    return StoredAnswer(
      status: Int(statements.answer.integer(0)), contentType: statements.answer.text(2),
      body: statements.answer.bytes(4), upstreamRequestID: statements.answer.text(3),
      recovered: statements.answer.integer(1) != 0)
  }

  private mutating func write(
    _ record: NumberRecord, _ digest: NumberDigest, over found: Found?
  ) throws(SQLiteError) {
    if let found {
      try statements.claimAgain.bind(1, found.row)
      try statements.claimAgain.bind(2, record.state.rawValue)
      try statements.claimAgain.bind(3, start)
      try statements.claimAgain.bind(4, record.fingerprint.bytes)
      try statements.claimAgain.bind(5, record.expiresAt)
      try statements.claimAgain.run()
      tally.remove(found.record.state)
    } else {
      try statements.claim.bind(1, digest.bytes)
      try statements.claim.bind(2, record.state.rawValue)
      try statements.claim.bind(3, start)
      try statements.claim.bind(4, record.fingerprint.bytes)
      try statements.claim.bind(5, record.expiresAt)
      try statements.claim.run()
    }
    tally.add(record.state)
  }

  private func write(_ answer: StoredAnswer, to found: Found) throws(SQLiteError) {
    try statements.setAnswer.bind(1, found.row)
    try statements.setAnswer.bind(2, Int64(answer.status))
    try statements.setAnswer.bind(3, answer.recovered ? 1 : 0)
    try statements.setAnswer.bind(4, answer.contentType)
    try statements.setAnswer.bind(5, answer.upstreamRequestID)
    try statements.setAnswer.bind(6, answer.body)
    try statements.setAnswer.run()
  }

  private mutating func apply(
    _ decision: OutcomeDecision, to found: Found
  ) throws(SQLiteError) {
    switch decision {
    case .keep: return
    case .forget:
      try statements.remove.bind(1, found.row)
      try statements.remove.run()
      tally.remove(found.record.state)
    case .change(let state):
      try statements.setState.bind(1, found.row)
      try statements.setState.bind(2, state.rawValue)
      try statements.setState.run()
      count(from: found.record.state, to: state)
    }
  }

  private mutating func count(from old: NumberRecord.State, to new: NumberRecord.State) {
    tally.remove(old)
    tally.add(new)
  }
}
