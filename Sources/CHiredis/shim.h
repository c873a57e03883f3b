// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <hiredis/hiredis.h>

// errstr is an array, which Swift imports as a tuple of 128 bytes.
static inline const char *chiredis_message(const redisContext *context) { return context->errstr; }
