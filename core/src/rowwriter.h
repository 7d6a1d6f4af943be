/* Rows of numbers -> their text in a series file, and the leaves of its pyramid, on all processors when it pays. */
#ifndef CHARTS_SRC_ROWWRITER_H
#define CHARTS_SRC_ROWWRITER_H

#include "pyramid.h"

/* Where text goes. All on the calling thread. */
typedef struct series_output {
  charts_status (*write)(void *context, const char *bytes, size_t length, charts_error *error);
  void (*progress)(void *context, uint64_t rows, uint64_t of); /* may be NULL; `of` is 0 where it is not known */
  void *context;
  pyramid_builder *pyramid; /* gets the leaves; NULL: none are made */
} series_output;

/* Where a writing of rows stands. */
typedef struct rowwriter {
  const series_output *to;
  pyramid_state state;                /* kind, start, interval and what grows: data_end, tail, totals */
  bool behind;                        /* a row stands before: a comma comes first */
  double pending[64 * SUMMARY_WIDTH]; /* rows of the leaf that is not whole */
  size_t pending_count;
} rowwriter;

/* Writes the points of a series of kind y, xy, range or ohlc; `state.data_end` is the offset of the first byte, and is
 * moved behind the last row. Times become milliseconds. Errors: those of `write`, INTERRUPTED, MEMORY. */
charts_status rowwriter_run(rowwriter *writer, const series *from, charts_error *error);

#endif
