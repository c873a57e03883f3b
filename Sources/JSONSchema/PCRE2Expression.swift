// SPDX-License-Identifier: Apache-2.0
internal import CPCRE2

/// A compiled expression of PCRE2: immutable, so shared by all threads (`man pcre2api`,
/// "Multithreading": compiled code is not changed by matching).
@safe final class PCRE2Expression: @unchecked Sendable {
  // Sendable: `code` is written once, in `init`, and only read by matching.
  private let code: OpaquePointer

  /// Steps of the matcher for each text and for each of its bytes. A pattern that does not
  /// backtrack stays far below; one that explodes ends after well under a millisecond.
  private static let stepsPerMatch = 2_000
  private static let stepsPerByte = 50

  init(_ pattern: String) throws(PatternError) {
    let options =
      PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF
      | PCRE2_NEVER_BACKSLASH_C
    var number: CInt = 0
    var offset = 0
    let text = Array(pattern.utf8)
    let code = unsafe text.withUnsafeBufferPointer { bytes in
      unsafe pcre2_compile_8(
        bytes.baseAddress, bytes.count, UInt32(options), &number, &offset, nil)
    }
    guard let code = unsafe code else { throw Self.error(number) }
    unsafe self.code = code
    // Without the compiler of this machine's code matching is slower, and the same.
    _ = unsafe pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE))
  }

  deinit { unsafe pcre2_code_free_8(code) }

  private static func error(_ number: CInt) -> PatternError {
    var buffer = [UInt8](repeating: 0, count: 256)
    let length = unsafe buffer.withUnsafeMutableBufferPointer { bytes in
      unsafe pcre2_get_error_message_8(number, bytes.baseAddress, bytes.count)
    }
    let text = String(decoding: buffer.prefix(Int(max(0, length))), as: UTF8.self)
    return PatternError(
      message: "PCRE2 cannot run it: \(text)", remedy: "write it in a simpler way")
  }

  func match(_ text: String, in run: inout PatternRun) -> Pattern.Outcome {
    guard let workspace = run.workspace() else { return .tooCostly }
    var text = text
    let result = text.withUTF8 { bytes in
      workspace.limitSteps(Self.stepsPerMatch + Self.stepsPerByte * bytes.count)
      let result = unsafe match(bytes, PCRE2_NO_UTF_CHECK, workspace)
      guard result == PCRE2_ERROR_JIT_STACKLIMIT else { return result }
      // The machine code has 32 KiB of stack. The interpreter keeps its state on the heap.
      return unsafe match(bytes, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, workspace)
    }
    if result >= 0 { return .matches }
    return result == PCRE2_ERROR_NOMATCH ? .differs(stranger: nil) : .tooCostly
  }

  /// Strings are always valid UTF-8, so PCRE2 need not look for itself.
  private func match(
    _ bytes: UnsafeBufferPointer<UInt8>, _ options: UInt32, _ workspace: PCRE2Workspace
  ) -> CInt {
    unsafe pcre2_match_8(
      code, bytes.baseAddress, bytes.count, 0, options, workspace.data, workspace.context)
  }
}

/// What matching needs besides the expression, made when a run first matches and used for all its
/// texts, one after the other.
struct PatternRun {
  private var made: PCRE2Workspace?

  mutating func workspace() -> PCRE2Workspace? {
    if let made { return made }
    made = PCRE2Workspace()
    return made
  }
}

/// PCRE2's match data and limits. Belongs to one run, so to one thread at a time.
@safe final class PCRE2Workspace {
  let data: OpaquePointer
  let context: OpaquePointer

  /// PCRE2 keeps backtracking points on the heap: so much of it, in KiB, for one match.
  private static let heapKibibytes: UInt32 = 16_384

  init?() {
    // One pair of offsets: only whether it matches is asked.
    guard let data = unsafe pcre2_match_data_create_8(1, nil) else { return nil }
    guard let context = unsafe pcre2_match_context_create_8(nil) else {
      unsafe pcre2_match_data_free_8(data)
      return nil
    }
    unsafe self.data = data
    unsafe self.context = context
    unsafe pcre2_set_heap_limit_8(context, Self.heapKibibytes)
  }

  deinit {
    unsafe pcre2_match_data_free_8(data)
    unsafe pcre2_match_context_free_8(context)
  }

  func limitSteps(_ steps: Int) {
    unsafe pcre2_set_match_limit_8(context, UInt32(clamping: steps))
  }
}
