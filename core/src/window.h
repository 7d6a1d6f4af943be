/* (series, x range, columns) -> the points that draw exactly what all points draw. */
#ifndef CHARTS_SRC_WINDOW_H
#define CHARTS_SRC_WINDOW_H

#include "directory.h"

typedef struct window_request {
  double from; /* -infinity: from the first point */
  double to;   /* +infinity: to the last point */
  size_t columns;
  bool logarithmic;
} window_request;

/* One column of the answer. */
typedef struct window_column {
  const char *role; /* "x", "y", "low", "high", "open", "close", "label", "point"; static */
  double *numbers;  /* NULL for text */
  char **texts;     /* NULL for numbers; items may be NULL */
  size_t count;
} window_column;

typedef struct window {
  series_kind kind;
  bool raw;
  bool sorted;
  uint64_t count; /* points in the whole series */
  bool has_x;
  bool has_y;
  double x[2]; /* range of the whole series, when has_x */
  double y[2];
  window_column columns[6];
  size_t column_count;
  char stamp[64];
} window;

/* Answers one window of one series file of `opened`. The columns are the caller's (window_free). Points raw: kinds
 * named and points, unsorted x, and windows with at most 4 points a column. Errors: ARGUMENT (columns, from, to),
 * NOT_FOUND, FORMAT, LIMIT (too many unsorted, named or record points), IO, MEMORY. */
charts_status window_read(window *answer, const directory *opened, const char *file, const window_request *request,
                          charts_error *error);
/* The same of a file that is open already; it stays open. */
charts_status window_read_open(window *answer, int descriptor, const char *file, const window_request *request,
                               charts_error *error);
void window_free(window *answer);

/* Points that a window of named, record or unsorted points may hold. */
enum { WINDOW_RAW_LIMIT = 100000 };

#endif
