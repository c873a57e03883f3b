// SPDX-License-Identifier: Apache-2.0

/// What a caller may use: merchants and operations.
package struct Grant: Sendable, Equatable {
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
  package var caller: String?
  package var merchants: Scope<MerchantID>
  /// Operation ids.
  package var operations: Scope<String>

  package init(caller: String?, merchants: Scope<MerchantID>, operations: Scope<String>) {
    self.caller = caller
    self.merchants = merchants
    self.operations = operations
  }

  /// Of a gateway without configured callers, which listens on loopback or a unix socket only.
  package static let everything = Grant(caller: nil, merchants: .all, operations: .all)
}
