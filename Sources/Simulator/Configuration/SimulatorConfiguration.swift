// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import HTTP
internal import JSON

/// What `--config` says, read and checked. The file's members are explained in `docs/simulator.md`.
struct SimulatorConfiguration: Sendable {
  struct PlatformSettings: Sendable {
    /// Where WeChat Pay's keys are kept, so that they outlive a restart; `nil`: in memory only.
    var folder: String?
    /// Whether there are platform certificates; without them there is only the public key.
    var hasCertificates = true
    /// `PUB_KEY_ID_…`; `nil`: there is no public key.
    var publicKeyID: String?
    var mode = Platform.SigningMode.certificate
  }

  struct BatchSettings: Sendable {
    var id: String
    var merchant: String
    var codeMode = Batch.CodeMode.merchantUpload
    var uploadLimit: Int?
    var maxCoupons = 1_000_000
    var maxCouponsPerUser = 100
  }

  struct Limits: Sendable {
    var uploadsPerBatch = 10_000_000
    var requestsPerSecond: Int?
    var codesPerSecond: Int?
    var maxBodyBytes = 1_048_576
    /// Requests kept for `GET /requests`.
    var journal = 1000
  }

  var listen = ListenAddress.ipv4([127, 0, 0, 1], port: 0)
  var control = ListenAddress.ipv4([127, 0, 0, 1], port: 0)
  var merchants: [Merchant] = []
  var platform = PlatformSettings()
  var batches: [BatchSettings] = []
  var limits = Limits()

  /// The books as they are at the start.
  func makeBooks(now: Moment) -> Books {
    var books = Books(limits: Books.Limits(uploadsPerBatch: limits.uploadsPerBatch))
    for settings in batches {
      books.batches[settings.id] = Batch(
        id: settings.id, owner: settings.merchant, codeMode: settings.codeMode, created: now,
        description: JSONObject([
          .init(name: "stock_name", value: "8月1日活动券"),
          .init(name: "belong_merchant", value: .string(settings.merchant)),
          .init(name: "goods_name", value: "模拟商品"),
          .init(name: "stock_type", value: "NORMAL"),
        ]),
        maxCoupons: settings.maxCoupons, maxCouponsByDay: nil,
        maxCouponsPerUser: settings.maxCouponsPerUser,
        pool: CodePool(uploadLimit: settings.uploadLimit ?? limits.uploadsPerBatch))
    }
    return books
  }
}
