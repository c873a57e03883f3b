// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import Concurrency

/// Random values that cannot be guessed: nonces, request ids, serial numbers.
package enum SecureRandom {
  /// `count` random bytes; at most 2,147,483,647.
  package static func bytes(count: Int) -> [UInt8] {
    guard count > 0 else { return [] }
    var done: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
      unsafe bytes.initialize(repeating: 0)
      done = unsafe RAND_bytes(bytes.baseAddress, Int32(clamping: count))
      filled = count
    }
    if done == 1 { return bytes }
    // RAND_bytes(3) may fail when its generator cannot be seeded; the kernel's generator cannot.
    OpenSSLErrors.queue.clear()
    var kernel = SystemRandomNumberGenerator()
    return bytes.map { _ in UInt8.random(in: .min ... .max, using: &kernel) }
  }

  /// `count` random bytes for what is shown to others, such as ids and nonces: from a supply that is
  /// made 4 KiB at a time, since asking the generator costs as much for 16 bytes as for many more.
  package static func publicBytes(count: Int) -> [UInt8] {
    guard count <= Supply.size / 16 else { return bytes(count: count) }
    return supply.withLock { $0.take(count) }
  }

  private struct Supply: Sendable {
    static let size = 4096
    private var rest: ArraySlice<UInt8> = []

    mutating func take(_ count: Int) -> [UInt8] {
      if rest.count < count { rest = bytes(count: Supply.size)[...] }
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
  }

  private static let supply = Guarded(Supply())

  /// `count` random characters of `0-9A-Za-z`, each equally likely: WeChat Pay's `nonce_str` has 32
  /// of them.
  package static func alphanumeric(count: Int) -> String {
    let alphabet = alphanumericCharacters
    var characters: [UInt8] = []
    characters.reserveCapacity(count)
    while characters.count < count {
      // 248 is the largest multiple of 62 in a byte: values from there on would favour the first
      // characters.
      for byte in publicBytes(count: (count - characters.count) * 5 / 4 + 4) where byte < 248 {
        characters.append(alphabet[Int(byte % 62)])
        if characters.count == count { break }
      }
    }
    return String(decoding: characters, as: UTF8.self)
  }

  private static let alphanumericCharacters = Array(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
}
