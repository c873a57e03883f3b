// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

/// `gnutls_free` is a variable, which Swift takes for shared mutable state.
static inline void cgnutls_free(void *memory) { gnutls_free(memory); }
