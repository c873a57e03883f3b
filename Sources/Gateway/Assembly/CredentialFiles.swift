// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Settings

/// The files of the merchants' credentials as they were when last looked at, so that a renewed
/// certificate is noticed without a signal.
struct CredentialFiles: Sendable, Equatable {
  private struct Stamp: Sendable, Equatable {
    var inode: Int
    var size: Int
    var modified: Date
  }

  private let stamps: [String: Stamp]

  /// Looks at every file that a `[[merchant]]` names; one that is not there has no stamp.
  init(of settings: GatewaySettings) {
    var stamps: [String: Stamp] = [:]
    for path in settings.merchants.flatMap(\.files) {
      guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
        continue
      }
      stamps[path] = Stamp(
        inode: (attributes[.systemFileNumber] as? NSNumber)?.intValue ?? 0,
        size: (attributes[.size] as? NSNumber)?.intValue ?? 0,
        modified: attributes[.modificationDate] as? Date ?? .distantPast)
    }
    self.stamps = stamps
  }
}

extension MerchantSettings {
  fileprivate var files: [String] {
    (key.references + [apiV3Key, wechatpayPublicKey?.file]).compactMap { reference in
      if case .file(let path)? = reference?.source { path } else { nil }
    }
  }
}
