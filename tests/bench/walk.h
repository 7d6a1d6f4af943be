/* The numbers of the measurements: x is 2006-05-15T00:00:00Z and one second more with every row. */
#ifndef CHARTS_BENCH_WALK_H
#define CHARTS_BENCH_WALK_H

#include <stdint.h>

#define WALK_START 1147651200000.0
#define WALK_STEP 1000.0

static inline double walk_x(double row) {
  return WALK_START + WALK_STEP * row;
}

/* The next of evenly spread numbers from 0 to 1; any seed but 0. */
static inline double walk_random(uint64_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 7;
  *seed ^= *seed << 17;
  return (double)(*seed >> 11) * 0x1p-53;
}

#endif
