// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Where `env:NAME` is looked up: a parameter, so that tests bring their own.
package struct Environment: Sendable {
  private let lookUp: @Sendable (String) -> String?

  package init(_ lookUp: @escaping @Sendable (String) -> String?) {
    self.lookUp = lookUp
  }

  package init(_ values: [String: String]) {
    self.init { values[$0] }
  }

  /// The value of a variable; nil when it is not set.
  package subscript(name: String) -> String? {
    lookUp(name)
  }

  /// The environment of this process. It is never changed after the start, so reading it needs no
  /// lock.
  package static let process = Environment { name in
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
