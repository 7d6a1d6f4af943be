/* (series, x range, columns) -> the points that draw exactly what all points draw. */
#ifndef CHARTS_SRC_WINDOW_H
#define CHARTS_SRC_WINDOW_H

#include "directory.h"
#include "pyramidwalk.h"
#include "windowrows.h"

typedef struct window_request {
  double from; /* -infinity: from the first point */
  double to;   /* +infinity: to the last point */
  size_t columns;
  bool logarithmic;
  bool points;     /* the series is drawn as points: beyond WINDOW_RAW_LIMIT they are counted in bins … */
  size_t bin_rows; /* … of this many rows … */
  double bin_low;  /* … over these values; infinite: those of the points in the window */
  double bin_high;
  bool (*left)(void *context); /* whether nobody waits for the answer any more; NULL: somebody does */
  void *left_context;
} window_request;

/* One column of the answer. */
typedef struct window_column {
  const char *role; /* "x", "y", "low", "high", "open", "close", "count", "label", "point"; static */
  double *numbers;  /* NULL for text */
  char **texts;     /* NULL for numbers; items may be NULL */
  size_t count;
} window_column;

typedef struct window {
  series_kind kind;
  bool raw;
  bool sorted;
  bool binned;
  bool stacked;
  bool indexing;   /* the answer is a sample: the file is being indexed … */
  double progress; /* … and so far that is, 0 to 1 */
  uint64_t count;  /* points in the whole series */
  bool has_x;
  bool has_y;
  double x[2]; /* range of the whole series, when has_x */
  double y[2];
  window_column columns[6];
  size_t column_count;
  char stamp[64];
} window;

/* Answers one window of one series file of `opened`, by its pyramid where there is one that holds, else from the text.
 * The columns are the caller's (window_free). Points raw: kinds named and points, unsorted x, and windows with at most
 * 4 points a column. Errors: ARGUMENT (columns, from, to), NOT_FOUND, FORMAT, LIMIT (too many unsorted, named or record
 * points), IO, MEMORY, INTERRUPTED (nobody waits). */
charts_status window_read(window *answer, const directory *opened, const char *file, const window_request *request,
                          charts_error *error);
/* The same from the text of a file that is open already; it stays open. */
charts_status window_read_open(window *answer, int descriptor, const char *file, const window_request *request,
                               charts_error *error);
/* The same by a pyramid. FORMAT: it is damaged or does not fit the file. */
charts_status window_read_pyramid(window *answer, const pyramid_source *source, const window_request *request,
                                  charts_error *error);
/* The request with finite ends: those of the series where it has none, or one that a logarithmic axis has no place for.
 */
window_request window_bounded(const window_request *request, const totals *of);
/* CHARTS_OK, or ARGUMENT. */
charts_status window_check(const window_request *request, charts_error *error);
/* Hands the first `width` columns of rows over, and what they have of texts. */
void window_take(window *answer, series_kind kind, row_columns *from);
void window_describe(window *answer, series_kind kind, const totals *of);
void window_free(window *answer);

/* The error for more points than may be answered raw. */
charts_status window_beyond_limit(series_kind kind, const char *file, charts_error *error);

enum {
  WINDOW_RAW_LIMIT = 100000, /* points of an answer that are named, records or unsorted */
  WINDOW_RAW_PER_COLUMN = 4, /* a window with no more points than this is answered raw */
  WINDOW_COLUMNS_MOST = 65536,
  WINDOW_ROWS_MOST = 16384 /* of bins */
};

#endif
