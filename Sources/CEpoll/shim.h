// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

// Swift's Glibc module has neither epoll(7) nor eventfd(2).

/// A new epoll instance, or -1.
static inline int cepoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

/// A new descriptor that a write makes readable, or -1.
static inline int cepoll_bell(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

/// Watches `descriptor` for input; its events come back as `bit`, with `edges` once for all that is
/// new.
static inline bool cepoll_add(int epoll, int descriptor, uint64_t bit, bool edges) {
  struct epoll_event event = {.events = EPOLLIN | (edges ? EPOLLET : 0), .data = {.u64 = bit}};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

static inline void cepoll_remove(int epoll, int descriptor) {
  (void)epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL);
}

/// Sleeps until an event comes and writes the bits of all that came. -1 and errno when it fails.
static inline int cepoll_wait(int epoll, int milliseconds, uint64_t *bits) {
  struct epoll_event events[64];
  *bits = 0;
  int count = epoll_wait(epoll, events, 64, milliseconds);
  for (int index = 0; index < count; index++) *bits |= events[index].data.u64;
  return count;
}

/// The cores that this process may run on; 0 when the kernel does not say. The bare call: with _GNU_SOURCE, which the
/// library's own needs, this module's types would differ from those of Swift's Glibc module.
static inline int cepoll_core_count(void) {
  unsigned long cores[1024 / sizeof(unsigned long)];
  long bytes = syscall(SYS_sched_getaffinity, 0, sizeof cores, cores);
  int count = 0;
  for (long index = 0; index < bytes / (long)sizeof *cores; index++) count += __builtin_popcountl(cores[index]);
  return count;
}

/// close(2), under a name that no Swift method hides.
static inline int cepoll_close(int descriptor) { return close(descriptor); }
