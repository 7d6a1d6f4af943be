/* What time it is. Inline: each is one system call that needs none. */
#ifndef CHARTS_SRC_CLOCK_H
#define CHARTS_SRC_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds of a clock: CLOCK_MONOTONIC for waiting, CLOCK_REALTIME beside the times of files. */
static inline int64_t clock_ms(clockid_t clock) {
  struct timespec now = {0};
  (void)clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds of CLOCK_MONOTONIC. */
static inline int64_t now_ms(void) {
  return clock_ms(CLOCK_MONOTONIC);
}

#endif
