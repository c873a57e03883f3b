// SPDX-License-Identifier: Apache-2.0

/// A system call that failed.
package struct SystemCallError: Error, CustomStringConvertible {
  package let call: String
  /// errno
  package let number: Int32

  package init(call: String, number: Int32) {
    self.call = call
    self.number = number
  }

  package var description: String { "\(call) failed with errno \(number)" }
}
