/* Medians and the like of measured times. */
#ifndef CHARTS_BENCH_STATISTICS_H
#define CHARTS_BENCH_STATISTICS_H

#include <stdlib.h>

static inline int statistics_compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static inline void statistics_sort(double *times, size_t count) {
  qsort(times, count, sizeof *times, statistics_compare);
}

/* Of sorted times, the one that `share` (0 to 1) of them do not exceed. */
static inline double statistics_at(const double *sorted, size_t count, double share) {
  size_t place = (size_t)(share * (double)count);
  return count == 0 ? 0 : sorted[place < count ? place : count - 1];
}

#endif
