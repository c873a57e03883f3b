// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "ckeymemory.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

// Half of it has room for seventeen thousand keys of 2048 bits, which take about 7.5 KiB each; until it is used it is
// address space only. A power of two, as CRYPTO_secure_malloc_init(3) wants it.
static const size_t heap_bytes = 256 << 20;
// Of 64 bytes keys would take a tenth less, but OpenSSL's tables of the blocks 1 MiB more, whatever is in them.
static const size_t smallest_block = 128;

static int is_ready;
static size_t locked_bytes;
static _Thread_local int depth;

static void *allocate(size_t count, const char *file, int line) {
  // Without the heap CRYPTO_secure_malloc would come back here.
  if (depth > 0 && is_ready && CRYPTO_secure_used() < heap_bytes / 2) {
    // The other half is for the numbers of more keys, a KiB for each, which OpenSSL keeps nowhere else: where they find
    // no room, a key cannot be read.
    void *block = CRYPTO_secure_malloc(count, file, line);
    if (block != NULL) return block;
  }
  return count == 0 ? NULL : malloc(count);
}

static void release(void *block, const char *file, int line) {
  if (block != NULL && CRYPTO_secure_allocated(block))
    CRYPTO_secure_clear_free(block, CRYPTO_secure_actual_size(block), file, line);
  else
    free(block);
}

static void *reallocate(void *block, size_t count, const char *file, int line) {
  if (block == NULL) return allocate(count, file, line);
  if (count == 0) {
    release(block, file, line);
    return NULL;
  }
  // A block stays where it began: what was secret stays secret, whoever lets it grow.
  if (!CRYPTO_secure_allocated(block)) return realloc(block, count);
  size_t old = CRYPTO_secure_actual_size(block);
  depth++;
  void *grown = allocate(count, file, line);
  depth--;
  if (grown == NULL) return NULL;
  memcpy(grown, block, old < count ? old : count);
  release(block, file, line);
  return grown;
}

// Where the heap ends, which is where its first blocks are; 0 when it has none to give.
static uintptr_t heap_end(void) {
  char *block = CRYPTO_secure_malloc(smallest_block, __FILE__, __LINE__);
  if (block == NULL) return 0;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  uintptr_t end = ((uintptr_t)block + page) / page * page;
  CRYPTO_secure_free(block, __FILE__, __LINE__);
  return end;
}

// Locks the end of the heap, as far as the limit goes. Its pages take memory only once they are touched.
static void lock_part(uintptr_t end) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t bytes = limit.rlim_cur / page * page;
  if (bytes > heap_bytes) bytes = heap_bytes;
  if (bytes > 0 && mlock2((void *)(end - bytes), bytes, MLOCK_ONFAULT) == 0) locked_bytes = bytes;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define CKEYMEMORY_LSAN
#endif
#endif

// The heap is mapped memory, where LeakSanitizer does not look for pointers: what only keys point to would be leaked.
static void show_to_leak_sanitizer(uintptr_t end) {
#ifdef CKEYMEMORY_LSAN
  __lsan_register_root_region((void *)(end - heap_bytes), heap_bytes);
#else
  (void)end;
#endif
}

void ckeymemory_start(void) {
  if (CRYPTO_secure_malloc_initialized()) return;
  struct rlimit limit;
  if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_MEMLOCK, &limit);
  }
  CRYPTO_set_mem_functions(allocate, reallocate, release);
  int outcome = CRYPTO_secure_malloc_init(heap_bytes, smallest_block);
  is_ready = outcome != 0;
  // CRYPTO_secure_malloc_init(3): 2 when the heap works but "could not be protected".
  if (outcome == 1) locked_bytes = heap_bytes;
  uintptr_t end = is_ready ? heap_end() : 0;
  if (end == 0) return;
  if (outcome == 2) lock_part(end);
  show_to_leak_sanitizer(end);
}

size_t ckeymemory_locked(void) { return locked_bytes; }
size_t ckeymemory_used(void) { return CRYPTO_secure_malloc_initialized() ? CRYPTO_secure_used() : 0; }

void ckeymemory_enter(void) { depth++; }
void ckeymemory_leave(void) { depth--; }

void ckeymemory_set_dumpable(int is_dumpable) { prctl(PR_SET_DUMPABLE, is_dumpable, 0, 0, 0); }
