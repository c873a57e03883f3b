// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Code that only a start or a reload needs: half of the memory of an idle gateway are pages of
/// code, most of it for reading a configuration, documents and keys.
enum StartupCode {
  /// Lets go of all pages of code that are mapped now.
  ///
  /// They stay in the kernel's page cache, as long as it has room, and those that serving needs are
  /// mapped again when it comes to them, which costs a microsecond each.
  static func letGo() {
    guard let maps = unsafe fopen("/proc/self/maps", "re") else { return }
    defer { unsafe fclose(maps) }
    var line: UnsafeMutablePointer<CChar>?
    var room = 0
    defer { unsafe free(line) }
    while unsafe getline(&line, &room, maps) > 0, let text = unsafe line {
      guard let range = codeOfAFile(unsafe String(cString: text)) else { continue }
      unsafe madvise(
        UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
    }
  }

  /// The addresses that a line of `/proc/self/maps` is about, where they hold a file's code, which
  /// nobody can have written to (proc_pid_maps(5)); `nil` for everything else.
  static func codeOfAFile(_ line: String) -> Range<UInt>? {
    let words = line.split(separator: " ")
    guard words.count >= 6, words[1] == "r-xp", words[5].hasPrefix("/") else { return nil }
    let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
    guard ends.count == 2, ends[0] > 0, ends[0] < ends[1] else { return nil }
    return ends[0]..<ends[1]
  }
}
