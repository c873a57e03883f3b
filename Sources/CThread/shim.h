// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/prctl.h>

/// Names the calling thread for ps and gdb: 15 bytes at most. prctl(2) is variadic.
static inline void cthread_name(const char *name) { (void)prctl(PR_SET_NAME, name); }
