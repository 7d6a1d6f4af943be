/* Points counted in the bins of a grid: how many points that are too many to send are drawn as points. */
#ifndef CHARTS_SRC_BINS_H
#define CHARTS_SRC_BINS_H

#include "window.h"

#include "reduction.h"

typedef struct bins {
  window_grid grid;
  size_t rows;
  double low;
  double high;
  uint32_t *counts; /* grid.columns × rows, a column after the other */
} bins;

/* Errors: ARGUMENT (more bins than BINS_MOST), MEMORY. Freed by bins_free. */
enum { BINS_MOST = 1 << 24 };
charts_status bins_begin(bins *made, const window_request *request, double low, double high, charts_error *error);
/* Counts points (x, y); those outside the grid and gaps do not count. */
void bins_add(bins *to, const double *points, size_t count);
/* Hands the bins that hold any point to the answer: columns x, y (their middles) and count. Errors: MEMORY. */
charts_status bins_take(window *answer, const bins *from, charts_error *error);
void bins_free(bins *of);

/* Counts the points of a window from the text of a file of kind y or xy; `request` has finite ends. Errors: as
 * window_read_open. */
charts_status bins_read(window *answer, int descriptor, const char *file, const series_head *head,
                        const window_request *request, charts_error *error);

#endif
