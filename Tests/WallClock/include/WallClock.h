// SPDX-License-Identifier: Apache-2.0
// Nothing to call: the library is preloaded.
