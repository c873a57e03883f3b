// SPDX-License-Identifier: Apache-2.0

/// The uploaded codes of one batch: which there are, who has them, how many more may come.
struct CodePool: Sendable {
  struct Entry: Sendable {
    var uploaded: Moment
    /// The request that imported the code.
    var uploadRequestNumber: String
    /// Whom the code was given to; `nil` while it is available.
    var dispatched: (openid: String, at: Moment)?
  }

  /// What became of the codes of one upload, each list without repetition in the order of the
  /// request.
  struct Report: Sendable, Equatable {
    /// Codes in the request after removing repetitions.
    var total: Int
    var imported: [CouponCode]
    /// Codes that the batch had before.
    var existing: [CouponCode]
    /// Codes that stand more than once in this request.
    var repeated: [CouponCode]
    var failed: [CouponCode]
  }

  /// Codes that may be uploaded in all; deleted ones count as uploaded.
  let uploadLimit: Int
  private(set) var uploadedInAll = 0
  private(set) var entries: [CouponCode: Entry] = [:]
  /// The codes that are there, in the order of upload.
  private(set) var codes: [CouponCode] = []
  private var available: Set<CouponCode> = []

  init(uploadLimit: Int) {
    self.uploadLimit = uploadLimit
  }

  var availableCount: Int { available.count }

  /// Imports those codes that are well formed and new.
  ///
  /// - Returns: `nil` when there is no room for all that are new; nothing is imported then.
  mutating func upload(_ list: [CouponCode], requestNumber: String, at moment: Moment) -> Report? {
    var report = Report(total: 0, imported: [], existing: [], repeated: [], failed: [])
    var seen: [CouponCode: Int] = [:]
    for code in list {
      let times = seen[code, default: 0] + 1
      seen[code] = times
      if times == 2 { report.repeated.append(code) }
      guard times == 1 else { continue }
      report.total += 1
      if code.fault != nil {
        report.failed.append(code)
      } else if entries[code] != nil {
        report.existing.append(code)
      } else {
        report.imported.append(code)
      }
    }
    guard uploadedInAll + report.imported.count <= uploadLimit else { return nil }
    for code in report.imported {
      entries[code] = Entry(uploaded: moment, uploadRequestNumber: requestNumber)
      codes.append(code)
      available.insert(code)
    }
    uploadedInAll += report.imported.count
    return report
  }

  /// Gives an available code away: the one that is asked for, else any.
  mutating func dispatch(_ wanted: CouponCode?, to openid: String, at moment: Moment) -> CouponCode?
  {
    guard let code = wanted ?? available.randomElement(), available.remove(code) != nil else {
      return nil
    }
    entries[code]?.dispatched = (openid, moment)
    return code
  }

  /// Takes a code out that is still available.
  mutating func delete(_ code: CouponCode) -> Bool {
    guard available.remove(code) != nil else { return false }
    entries[code] = nil
    codes.removeAll { $0 == code }
    return true
  }
}
