// SPDX-License-Identifier: Apache-2.0
package import GatewayCore

/// A merchant's credentials: what signs its requests, and what verifies the answers.
package final class Merchant: Sendable {
  package let credentials: SigningCredentials
  package let keys: VerificationKeys

  package var id: MerchantID { credentials.merchant }

  package init(credentials: SigningCredentials, keys: VerificationKeys) {
    self.credentials = credentials
    self.keys = keys
  }
}
