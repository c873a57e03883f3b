// SPDX-License-Identifier: Apache-2.0

/// What a caller may use: merchants and operations. An object, since every request of the caller
/// carries it from policy to policy.
package final class Grant: Sendable, Equatable {
  package enum Scope<Name: Hashable & Sendable>: Sendable, Equatable {
    case all
    case only(Set<Name>)

    package func contains(_ name: Name) -> Bool {
      switch self {
      case .all: true
      case .only(let names): names.contains(name)
      }
    }
  }

  /// The caller's name in `gateway.conf`; `nil` when no callers are configured.
  package let caller: String?
  package let merchants: Scope<MerchantID>
  /// Operation ids.
  package let operations: Scope<String>

  package init(caller: String?, merchants: Scope<MerchantID>, operations: Scope<String>) {
    self.caller = caller
    self.merchants = merchants
    self.operations = operations
  }

  package static func == (a: Grant, b: Grant) -> Bool {
    a.caller == b.caller && a.merchants == b.merchants && a.operations == b.operations
  }

  /// Of a gateway without configured callers, which listens on loopback or a unix socket only.
  package static let everything = Grant(caller: nil, merchants: .all, operations: .all)
}
