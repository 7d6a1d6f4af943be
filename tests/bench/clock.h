/* Clocks, in seconds. */
#ifndef CHARTS_BENCH_CLOCK_H
#define CHARTS_BENCH_CLOCK_H

#include <time.h>

static inline double clock_read(clockid_t which) {
  struct timespec now;
  clock_gettime(which, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline double clock_now(void) {
  return clock_read(CLOCK_MONOTONIC);
}

#endif
