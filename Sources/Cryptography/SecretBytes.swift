// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Bytes that must not be shown: they print as `***` and are overwritten when the last owner lets
/// go.
///
/// The array they are made from is the caller's and is not overwritten; let it go early.
@safe
package final class SecretBytes: @unchecked Sendable, CustomStringConvertible,
  CustomDebugStringConvertible, CustomReflectable
{
  // Sendable: the memory is written in `init` and in `deinit` only.
  private let memory: UnsafeMutableRawBufferPointer

  package init(_ bytes: [UInt8]) {
    unsafe memory = .allocate(byteCount: bytes.count, alignment: 1)
    unsafe memory.copyBytes(from: bytes)
  }

  /// The UTF-8 of a text, e.g. an environment variable's value.
  package convenience init(_ text: String) { self.init(Array(text.utf8)) }

  deinit {
    // OPENSSL_cleanse(3): "fills ptr with a string of 0's", and is not optimized away.
    if let start = unsafe memory.baseAddress { unsafe OPENSSL_cleanse(start, memory.count) }
    unsafe memory.deallocate()
  }

  package var count: Int { unsafe memory.count }

  /// Lends the bytes; they must not be kept.
  package func withBytes<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let bytes = unsafe UnsafeBufferPointer<UInt8>(memory.assumingMemoryBound(to: UInt8.self))
    return try body(unsafe bytes.span)
  }

  func withUnsafePointer<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeRawBufferPointer(memory))
  }

  package var description: String { "***" }
  package var debugDescription: String { "***" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Whether two byte strings are the same, in a time that depends on their lengths only.
package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  return unsafe left.withUnsafeBytes { left in
    unsafe right.withUnsafeBytes { right in
      unsafe left.isEmpty || CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
    }
  }
}
