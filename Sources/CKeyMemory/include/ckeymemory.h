// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stddef.h>

// Memory for keys, tokens and passphrases: OpenSSL's secure heap, with what that leaves out.
//
// OpenSSL puts the numbers of a private key into its secure heap, but not what it makes of them: the text and the DER
// of the key file, and the Montgomery forms of the primes, which live as long as the key. So OpenSSL's allocations go
// through this file, and those that a thread makes between `ckeymemory_enter` and `ckeymemory_leave` go into the
// secure heap too, where they are overwritten when they are freed.

// Prepares the secure heap, with as much of it locked as the system allows; the rest works, but may be swapped out.
// To be called once, before anything else uses OpenSSL: CRYPTO_set_mem_functions(3) refuses to come later.
void ckeymemory_start(void);

// Bytes of the secure heap that are locked, and bytes that are in use; both 0 before `ckeymemory_start`.
size_t ckeymemory_locked(void);
size_t ckeymemory_used(void);

// From here on OpenSSL's allocations of this thread are secret, until as many calls of `leave`.
void ckeymemory_enter(void);
void ckeymemory_leave(void);

// Whether the kernel may dump this process when it crashes and lets its user attach a debugger: PR_SET_DUMPABLE of
// prctl(2), which takes its arguments in a way that Swift has no call for.
void ckeymemory_set_dumpable(int is_dumpable);
