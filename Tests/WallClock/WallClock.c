// SPDX-License-Identifier: Apache-2.0
// Preloaded into a program under test (LD_PRELOAD): moves its wall clock by the seconds that stand in
// the file WALL_CLOCK, eight bytes that may change at any time. Behind them, eight bytes with the
// second at which the clock stands still, or 0. Every other clock stays as it is, and so do all
// timers: libfaketime 0.9.10 moves those of the monotonic clock too.
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

struct setting {
  _Atomic int64_t offset;
  int64_t standstill;
};

static struct setting *shared;

__attribute__((constructor)) static void open_setting(void) {
  const char *path = getenv("WALL_CLOCK");
  int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void *page = mmap(NULL, sizeof(struct setting), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (page != MAP_FAILED) shared = page;
}

static void move(time_t *seconds, long *fraction) {
  if (shared == NULL) return;
  if (shared->standstill != 0) {
    *seconds = shared->standstill;
    *fraction = 0;
  }
  *seconds += atomic_load_explicit(&shared->offset, memory_order_relaxed);
}

int clock_gettime(clockid_t clock, struct timespec *result) {
  // Past the C library, whose function this replaces.
  int code = (int)syscall(SYS_clock_gettime, clock, result);
  if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    move(&result->tv_sec, &result->tv_nsec);
  return code;
}

int gettimeofday(struct timeval *restrict result, void *restrict zone) {
  int code = (int)syscall(SYS_gettimeofday, result, zone);
  if (code == 0) move(&result->tv_sec, &result->tv_usec);
  return code;
}

time_t time(time_t *result) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}
