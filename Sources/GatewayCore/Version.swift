// SPDX-License-Identifier: Apache-2.0

/// The version of this build: in `User-Agent`, `--version` and metrics.
package let gatewayVersion = "0.1.0"
