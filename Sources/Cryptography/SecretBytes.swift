// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Bytes that must not be shown: they print as `***`, stand in `KeyMemory`, and are overwritten when
/// the last owner lets go.
@safe
package final class SecretBytes: @unchecked Sendable, CustomStringConvertible,
  CustomDebugStringConvertible, CustomReflectable
{
  // Sendable: the memory is written in `init` and in `deinit` only.
  private let memory: UnsafeMutableRawBufferPointer
  package let count: Int

  /// Bytes that `fill` writes into memory made for them, so that there is no other copy.
  ///
  /// - Parameter fill: gets room for `capacity` bytes, each 0, and returns how many it wrote from the
  ///   beginning on.
  package init<Failure: Error>(
    capacity: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) {
    // One byte more, which stays 0: C takes passwords as strings.
    let room = capacity + 1
    // CRYPTO_secure_zalloc(3): from the secure heap, or from the ordinary one where there is none. A
    // heap that is full is no reason to fail.
    let start = unsafe CRYPTO_secure_zalloc(room, nil, 0) ?? CRYPTO_zalloc(room, nil, 0)
    precondition(unsafe start != nil, "out of memory")
    let memory = unsafe UnsafeMutableRawBufferPointer(start: start, count: room)
    unsafe self.memory = memory
    do throws(Failure) {
      count = try unsafe fill(UnsafeMutableRawBufferPointer(rebasing: memory[..<capacity]))
      // What was written behind the end, such as a line feed, is no part of a C string either.
      unsafe OPENSSL_cleanse(start?.advanced(by: count), room - count)
    } catch {
      unsafe CRYPTO_secure_clear_free(memory.baseAddress, memory.count, nil, 0)
      throw error
    }
  }

  /// A copy. The array is the caller's and is not overwritten.
  package convenience init(_ bytes: [UInt8]) {
    unsafe self.init(capacity: bytes.count) { memory in
      unsafe memory.copyBytes(from: bytes)
      return bytes.count
    }
  }

  /// The UTF-8 of a text, e.g. an environment variable's value.
  package convenience init(_ text: String) { self.init(Array(text.utf8)) }

  deinit { unsafe CRYPTO_secure_clear_free(memory.baseAddress, memory.count, nil, 0) }

  package var isEmpty: Bool { count == 0 }

  /// Lends the bytes; they must not be kept.
  package func withBytes<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let bytes = unsafe UnsafeBufferPointer<UInt8>(
      start: memory.baseAddress?.assumingMemoryBound(to: UInt8.self), count: count)
    return try body(unsafe bytes.span)
  }

  /// A copy in ordinary memory, for what is public anyway and for libraries that take nothing else.
  package func unprotectedCopy() -> [UInt8] {
    unsafe withUnsafePointer { memory in unsafe [UInt8](memory) }
  }

  /// Lends the memory, behind which a 0 stands; it must not be kept.
  package func withUnsafePointer<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count]))
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
