// SPDX-License-Identifier: Apache-2.0
import JSON

/// Where a request has its request number (`x-request-number`).
enum RequestNumberLocation: Sendable, Equatable {
  case body(JSONPointer)
  case query(String)
}
