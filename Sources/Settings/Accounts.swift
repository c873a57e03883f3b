// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The number of a user of this machine.
package struct UserID: Sendable, Hashable {
  package let number: UInt32
  /// As gateway.conf writes it.
  let text: String
}

/// The number of a group of this machine.
package struct GroupID: Sendable, Hashable {
  package let number: UInt32
  let text: String
}

extension ValueType where Value == UserID {
  static let user = ValueType(
    "the name or the number of a user of this machine",
    read: { node, keyPath, findings in
      account(node, keyPath, findings, "user", Accounts.user).map {
        UserID(number: $0.number, text: $0.text)
      }
    }, write: { tomlAccount($0.number, $0.text) })
}

extension ValueType where Value == GroupID {
  static let group = ValueType(
    "the name or the number of a group of this machine",
    read: { node, keyPath, findings in
      account(node, keyPath, findings, "group", Accounts.group).map {
        GroupID(number: $0.number, text: $0.text)
      }
    }, write: { tomlAccount($0.number, $0.text) })
}

private func tomlAccount(_ number: UInt32, _ text: String) -> String {
  text == "\(number)" ? text : tomlString(text)
}

private func account(
  _ node: TOMLNode, _ keyPath: String, _ findings: Findings, _ kind: String,
  _ number: (String) -> UInt32?
) -> (number: UInt32, text: String)? {
  switch node.value {
  case .integer(let written):
    // The greatest number is nobody's: the kernel takes it for "leave as it is" (chown(2)).
    if let number = UInt32(exactly: written), number < .max { return (number, "\(number)") }
    findings.mistake(
      keyPath, at: node.place, "is \(written), which is no \(kind)'s number",
      remedy: "write a number from 0 to 4294967294, or a name")
  case .string(let name):
    if let number = number(name) { return (number, name) }
    findings.mistake(
      keyPath, at: node.place, "is \(quoted(name)), but this machine has no such \(kind)",
      remedy: "write the name of a \(kind) that exists, or its number without quotes")
  default:
    findings.wrongType(
      node, at: keyPath, expected: "the name or the number of a \(kind) of this machine",
      remedy: "write a name in quotes, or a number without them")
  }
  return nil
}

/// The system's databases of users and groups (getpwnam(3), getgrnam(3)).
private enum Accounts {
  static func user(named name: String) -> UInt32? {
    var entry = unsafe passwd()
    return unsafe find { memory, size in
      var found: UnsafeMutablePointer<passwd>?
      let error = unsafe getpwnam_r(name, &entry, memory, size, &found)
      return unsafe (error, found?.pointee.pw_uid)
    }
  }

  static func group(named name: String) -> UInt32? {
    var entry = unsafe Glibc.group()
    return unsafe find { memory, size in
      var found: UnsafeMutablePointer<Glibc.group>?
      let error = unsafe getgrnam_r(name, &entry, memory, size, &found)
      return unsafe (error, found?.pointee.gr_gid)
    }
  }

  /// Asks with more memory as long as it is too little: a group has as many members as it likes.
  private static func find(
    _ ask: (UnsafeMutablePointer<CChar>, Int) -> (error: Int32, number: UInt32?)
  ) -> UInt32? {
    var size = 4096
    while size <= 1 << 20 {
      let memory = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      defer { unsafe memory.deallocate() }
      let (error, number) = unsafe ask(memory, size)
      guard error == ERANGE else { return number }
      size *= 4
    }
    return nil
  }
}
