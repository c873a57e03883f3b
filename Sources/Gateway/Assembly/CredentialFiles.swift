// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Settings

/// The files of credentials, the merchants' and the listener's, as they were when last looked at, so
/// that a renewed certificate is noticed without a signal.
struct CredentialFiles: Sendable, Equatable {
  private struct Stamp: Sendable, Equatable {
    var inode: UInt
    var size: Int
    var modifiedSeconds: Int
    var modifiedNanoseconds: Int

    /// Of the file that a symbolic link leads to; `nil` when there is none.
    init?(_ path: String) {
      var status = stat()
      guard unsafe stat(path, &status) == 0 else { return nil }
      inode = status.st_ino
      size = status.st_size
      modifiedSeconds = status.st_mtim.tv_sec
      modifiedNanoseconds = status.st_mtim.tv_nsec
    }
  }

  private let stamps: [String: Stamp]

  /// Looks at every file that a `[[merchant]]`, a `[[caller]]` or `server.tls` names, once; one that
  /// is not there has no stamp.
  init(of settings: GatewaySettings) {
    var stamps: [String: Stamp] = [:]
    for path in settings.merchants.flatMap(\.files) + settings.listenerFiles
    where stamps[path] == nil {
      stamps[path] = Stamp(path)
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

extension GatewaySettings {
  /// Of the listener's own credentials and the callers' tokens.
  fileprivate var listenerFiles: [String] {
    let tokens = callers.flatMap(\.tokens).map { token -> SecretReference? in
      if case .secret(let reference) = token { reference } else { nil }
    }
    let tls = [server.tls?.certificate, server.tls?.privateKey, server.tls?.clientCA]
    return (tls + tokens).compactMap { reference in
      if case .file(let path)? = reference?.source { path } else { nil }
    }
  }
}
