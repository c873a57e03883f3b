// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore

/// What a store knows of a request number, without the answer itself, and the rules by which that
/// changes.
///
/// The rules assume that one gateway uses the store: a claim found in it is an orphan, since the
/// gateway joins requests that it has in flight itself. So no lease is kept, and
/// `StoreReply.inFlight` is never given. `Redis/numbers.lua` has the same rules for several.
struct NumberRecord: Sendable, Equatable {
  /// The raw values are those in the SQLite file.
  enum State: Int64, Sendable {
    /// Sent, or about to be, for the first time.
    case claimed = 1
    /// Sent again after an attempt that ended unknown.
    case claimedAgain = 2
    /// It may or may not have been done.
    case unknown = 3
    case answered = 4
  }

  var state: State
  var fingerprint: Fingerprint
  /// Milliseconds of the store's clock from which on the number counts as new.
  var expiresAt: Int64

  func hasExpired(at now: Int64) -> Bool { expiresAt <= now }
}

/// What a claim changes and what it is told.
enum ClaimDecision: Equatable {
  /// Write this record, whatever was there, and grant the claim.
  case grant(NumberRecord)
  /// Nothing changes: replay the stored answer.
  case replay
  /// Nothing changes: the content differs.
  case refuse
}

/// What an answer changes.
enum AnswerDecision: Equatable {
  /// Nothing: the number is not known, or has other content.
  case ignore
  case store
  /// Nothing: another answer came first.
  case replay
}

/// What the end of a request without an answer changes.
enum OutcomeDecision: Equatable {
  case keep
  case change(to: NumberRecord.State)
  case forget
}

extension NumberRecord {
  /// Decides a claim. `found` is what the store has under the number, expired or not.
  static func claim(
    found: NumberRecord?, fingerprint: Fingerprint, expiresAt: Int64, now: Int64
  ) -> ClaimDecision {
    guard let found, !found.hasExpired(at: now) else {
      return .grant(
        NumberRecord(state: .claimed, fingerprint: fingerprint, expiresAt: expiresAt))
    }
    guard found.fingerprint == fingerprint else { return .refuse }
    guard found.state != .answered else { return .replay }
    // A claim without an end is as unknown as one that ended unknown. Its time never gets shorter.
    return .grant(
      NumberRecord(
        state: .claimedAgain, fingerprint: fingerprint,
        expiresAt: max(found.expiresAt, expiresAt)))
  }

  /// An answer replaces ignorance, never another answer: the first may have been seen.
  func answered(fingerprint: Fingerprint, now: Int64) -> AnswerDecision {
    // The claim may have failed, and the number be that of other content.
    guard !hasExpired(at: now), fingerprint == self.fingerprint else { return .ignore }
    return state == .answered ? .replay : .store
  }

  /// Nobody knows: the fingerprint stays.
  func unknown(now: Int64) -> OutcomeDecision {
    hasExpired(at: now) || state == .answered || state == .unknown ? .keep : .change(to: .unknown)
  }

  /// Nothing was done this time; an earlier attempt may still have been.
  func released(now: Int64) -> OutcomeDecision {
    if hasExpired(at: now) { return .keep }
    return switch state {
    case .claimed: .forget
    case .claimedAgain: .change(to: .unknown)
    case .unknown, .answered: .keep
    }
  }
}

/// How many numbers are in each state.
struct Tally: Sendable, Equatable {
  var claimed = 0
  var answered = 0
  var unknown = 0

  var total: Int { claimed + answered + unknown }

  mutating func add(_ state: NumberRecord.State, _ count: Int = 1) {
    switch state {
    case .claimed, .claimedAgain: claimed += count
    case .answered: answered += count
    case .unknown: unknown += count
    }
  }

  mutating func remove(_ state: NumberRecord.State) { add(state, -1) }
}
