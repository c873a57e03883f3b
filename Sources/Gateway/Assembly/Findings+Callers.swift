// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import GatewayCore
internal import Policies
internal import Settings

extension Findings {
  /// Reads the callers' tokens; those that cannot be read are left out and reported.
  mutating func readCallers(of settings: GatewaySettings) -> Callers {
    var owners: [[UInt8]: String] = [:]
    let callers = settings.callers.map { caller in
      let name = "caller.\(caller.name).token"
      var digests: [[UInt8]] = []
      for token in caller.tokens {
        do throws(SecretProblem) {
          let digest = try token.digest()
          if let owner = owners.updateValue(caller.name, forKey: digest), owner != caller.name {
            mistake(
              name, in: settings, "leads to the token of \(owner)",
              remedy: "give each caller its own, or nobody can tell them apart")
          }
          digests.append(digest)
        } catch {
          guard !hasMistake(at: name, in: settings) else { continue }
          mistake(name, in: settings, error.message, remedy: error.remedy)
        }
      }
      return Callers.Caller(
        tokenDigests: digests, certificates: caller.certificates,
        users: Set(caller.users.map(\.number)),
        grant: Grant(
          caller: caller.name, merchants: Grant.Scope(caller.merchants, MerchantID.init),
          operations: Grant.Scope(caller.operations, { $0 })))
    }
    return Callers(callers)
  }
}

extension CallerToken {
  /// SHA-256 of the token: 32 bytes.
  func digest() throws(SecretProblem) -> [UInt8] {
    switch self {
    case .sha256(let digest): digest
    case .secret(let reference): SHA256.hash(try reference.resolve())
    }
  }
}

extension Grant.Scope {
  init(_ selection: NameSelection, _ name: (String) -> Name) {
    switch selection {
    case .all: self = .all
    case .only(let names): self = .only(Set(names.map(name)))
    }
  }
}
