/* The numbers of a series' points, block by block, whatever they were given as. */
#ifndef CHARTS_SRC_ROWBLOCK_H
#define CHARTS_SRC_ROWBLOCK_H

#include "series.h"

typedef struct rowblock {
  const series *from;
  bool shared;     /* all of it is memory: rowblock_columns reads any part of it on any thread */
  size_t next;     /* row */
  bool ended;      /* the reader has nothing more */
  double *numbers; /* room for one reader's block */
} rowblock;

/* Errors: MEMORY. Freed by rowblock_end. */
charts_status rowblock_begin(rowblock *begun, const series *from, charts_error *error);
void rowblock_end(rowblock *of);
/* The next rows, at most `room` (at most ROWBLOCK_MOST): series_width(kind) numbers each, times in milliseconds; x of
 * kind y is left to the caller. *count is 0 at the end. On the calling thread. Errors: INTERRUPTED (a reader failed),
 * ARGUMENT (a reader broke off in a row), TYPE (it was shorter than its neighbours, or gave an x that is not finite).
 */
enum { ROWBLOCK_MOST = 4096 };
charts_status rowblock_next(rowblock *of, double *rows, size_t room, size_t *count, charts_error *error);
/* The number at a place of a row (a list or a column); NaN where there is none. */
double rowblock_cell(const charts_value *row, size_t place);
/* Rows [first, first + count) of a series whose columns are memory. */
void rowblock_columns(const series *from, size_t first, size_t count, double *rows);

#endif
