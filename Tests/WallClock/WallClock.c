// SPDX-License-Identifier: Apache-2.0
// Preloaded into a program under test (LD_PRELOAD): moves its wall clock by the seconds that stand in
// the file WALL_CLOCK_OFFSET, eight bytes that may change at any time. Every other clock stays as it
// is, and so do all timers: libfaketime 0.9.10 moves those of the monotonic clock too.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t *shared_offset;

__attribute__((constructor)) static void open_offset(void) {
  const char *path = getenv("WALL_CLOCK_OFFSET");
  int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void *page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (page != MAP_FAILED) shared_offset = page;
}

static int64_t offset_seconds(void) {
  return shared_offset == NULL ? 0 : atomic_load_explicit(shared_offset, memory_order_relaxed);
}

int clock_gettime(clockid_t clock, struct timespec *result) {
  // Past the C library, whose function this replaces.
  int code = (int)syscall(SYS_clock_gettime, clock, result);
  if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    result->tv_sec += offset_seconds();
  return code;
}

int gettimeofday(struct timeval *restrict result, void *restrict zone) {
  int code = (int)syscall(SYS_gettimeofday, result, zone);
  if (code == 0 && result != NULL) result->tv_sec += offset_seconds();
  return code;
}

time_t time(time_t *result) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}
