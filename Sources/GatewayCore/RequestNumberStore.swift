// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Remembers which request numbers went out, with what content, and how they ended.
///
/// The store is asynchronous and takes several operations at once, so that a store behind a
/// network or a disk can group them; and the store tells the time, so that processes which share
/// one agree on it. Its contract is the suite `RequestNumberStoreContract`, which every store runs.
package protocol RequestNumberStore: Sendable {
  /// Carries out the operations in order and returns an answer for each.
  ///
  /// When this returns, every change is as durable as the store can make it: a `claim` before the
  /// first byte goes to WeChat Pay, an `answered` before the caller sees the answer.
  /// - Throws: `StoreFailure` when nothing can be said about any of them; the caller then treats
  ///   each as not done.
  func perform(_ operations: [StoreOperation]) async throws(StoreFailure) -> [StoreReply]

  /// What the store holds, for metrics.
  func statistics() async -> StoreStatistics

  /// Writes what is pending and lets go of files and connections. The store is not used afterwards.
  func close() async
}

/// What a store is asked to do with a request number.
package enum StoreOperation: Sendable {
  /// "This number is about to be sent with this content."
  ///
  /// `lease`: how long the claim is this gateway's alone; afterwards another process may take it
  /// over as `unknown`.
  case claim(RequestKey, fingerprint: Fingerprint, lifetime: Duration, lease: Duration)
  /// A verified 2xx to this content: keep it and replay it until the lifetime of the claim ends.
  case answered(RequestKey, fingerprint: Fingerprint, StoredAnswer)
  /// It may or may not have been done: keep the fingerprint until the lifetime of the claim ends.
  case unknown(RequestKey)
  /// Nothing was done: forget the number. A number whose earlier attempt was `unknown` stays
  /// `unknown`.
  case released(RequestKey)
}

/// What a store says of one operation.
package enum StoreReply: Sendable, Equatable {
  /// The claim is granted: the number is new, or what was known of it has expired or was released.
  case granted
  /// The claim is granted: the same content was sent before and nobody knows how it ended.
  case grantedAfterUnknown
  /// The same content was answered: replay this. To `answered`, too: another answer came first, and
  /// may have been seen.
  case answered(StoredAnswer)
  /// The same content is in flight elsewhere, and its lease has not run out.
  case inFlight
  /// The number was used with other content.
  case otherContent
  /// For everything but `claim`, whether or not the number was there to be changed.
  case done
}

/// Merchant, operation and request number: what a request is recognized by.
package struct RequestKey: Hashable, Sendable {
  package var merchant: MerchantID
  package var operation: String
  package var number: String

  package init(merchant: MerchantID, operation: String, number: String) {
    self.merchant = merchant
    self.operation = operation
    self.number = number
  }

  // By bytes: `String` takes numbers that differ in their Unicode normalization for one, WeChat Pay
  // does not.
  package static func == (a: RequestKey, b: RequestKey) -> Bool {
    a.merchant == b.merchant && a.operation == b.operation
      && a.number.hasSameBytes(as: b.number)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(merchant)
    hasher.combine(operation)
    number.hashBytes(into: &hasher)
  }
}

/// SHA-256 over path parameters and the canonical form of the body (RFC 8785): 32 bytes.
package struct Fingerprint: Hashable, Sendable {
  package let bytes: [UInt8]
  package init(_ bytes: [UInt8]) { self.bytes = bytes }
}

/// A verified 2xx as the caller saw it, to be replayed byte for byte.
package struct StoredAnswer: Sendable, Equatable {
  package var status: Int
  /// `Content-Type`; `nil` for an answer without a body.
  package var contentType: String?
  package var body: [UInt8]
  /// WeChat Pay's `Request-ID`.
  package var upstreamRequestID: String?
  /// Whether an earlier attempt with the same content had ended unknown.
  package var recovered: Bool

  package init(
    status: Int, contentType: String?, body: [UInt8], upstreamRequestID: String?, recovered: Bool
  ) {
    self.status = status
    self.contentType = contentType
    self.body = body
    self.upstreamRequestID = upstreamRequestID
    self.recovered = recovered
  }
}

/// How much a store holds.
package struct StoreStatistics: Sendable, Equatable {
  /// Request numbers held, by state.
  package var claimed: Int
  package var answered: Int
  package var unknown: Int
  /// Bytes on disk or in memory, as far as the store knows.
  package var bytes: Int

  package init(claimed: Int, answered: Int, unknown: Int, bytes: Int) {
    self.claimed = claimed
    self.answered = answered
    self.unknown = unknown
    self.bytes = bytes
  }
}

/// Why a store could not do what it was asked. Equal when code and detail are.
package struct StoreFailure: Error, Sendable, Equatable {
  package struct Code: Sendable, Hashable {
    package let name: String
    /// No room: the disk or the store's limit.
    package static let full = Code(name: "full")
    /// The file is not a store, or is damaged.
    package static let corrupt = Code(name: "corrupt")
    /// Another gateway uses it.
    package static let inUse = Code(name: "in_use")
    /// The server lets nobody in, or cannot keep numbers as it is.
    package static let unfit = Code(name: "unfit")
    /// Reading, writing or reaching it failed.
    package static let unavailable = Code(name: "unavailable")
  }

  package var code: Code
  /// For the log and the operator: what failed, and what to do.
  package var detail: String

  package init(_ code: Code, detail: String) {
    self.code = code
    self.detail = detail
  }
}
