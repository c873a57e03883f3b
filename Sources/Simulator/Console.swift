// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Standard output and error, a line at a time and without delay.
enum Console {
  static func print(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
  }

  static func error(_ lines: String) {
    for line in lines.split(separator: "\n") {
      FileHandle.standardError.write(Data("wxpay-simulator: \(line)\n".utf8))
    }
  }
}
