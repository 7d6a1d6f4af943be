/* Rows, or runs of them, in order of x -> the vertices that draw what all of them draw: per pixel column the first,
 * lowest, highest and last (M4: Jugel, Jerzak, Hackenbroich, Markl, "M4: A Visualization-Oriented Time Series Data
 * Aggregation", VLDB 2014), one neighbour beyond each end, and breaks at gaps. */
#ifndef CHARTS_SRC_REDUCTION_H
#define CHARTS_SRC_REDUCTION_H

#include "summary.h"
#include "windowrows.h"

/* The pixel columns of a window. */
typedef struct window_grid {
  double from;
  double to;
  size_t columns;
  bool logarithmic;
  double scale; /* so that the range of the widest doubles is finite */
  double start; /* in the scale of the axis */
  double span;
} window_grid;

/* `from` and `to` are finite, and above 0 when logarithmic. */
window_grid window_grid_of(double from, double to, size_t columns, bool logarithmic);
/* The column of x: -1 left of the window, `columns` right of it. Grows with x. */
long window_grid_place(const window_grid *grid, double x);

typedef struct reduction {
  series_kind kind;
  window_grid grid;
  row_columns out; /* the vertices */
  summary current;
  bool any; /* there is a current run … */
  long column;
  bool gap;   /* a gap stands behind what came last */
  bool drawn; /* a vertex was written since the last break */
  bool done;  /* the one point beyond the right end was seen */
} reduction;

reduction reduction_begin(const char *file, series_kind kind, const window_grid *grid);
/* Adds a run of rows that lie in one column. Errors: MEMORY, FORMAT (it lies left of the run before). */
charts_status reduction_add(reduction *to, long column, const summary *run, charts_error *error);
/* Adds rows of series_width(kind) numbers, whatever their columns. */
charts_status reduction_add_rows(reduction *to, const double *rows, size_t count, charts_error *error);
charts_status reduction_end(reduction *of, charts_error *error);

#endif
