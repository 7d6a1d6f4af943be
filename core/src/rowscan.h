/* The rows of numbers of an open series file, block by block, in constant memory: the fast way through kinds y, xy,
 * range and ohlc. */
#ifndef CHARTS_SRC_ROWSCAN_H
#define CHARTS_SRC_ROWSCAN_H

#include "rowtext.h"

/* What to read, and how far it got. */
typedef struct rowscan {
  int file;
  const char *name; /* of the file, for messages */
  series_kind kind;
  double start; /* x of kind y */
  double interval;
  uint64_t from;  /* first byte: behind the `[` of the data, or of a row */
  uint64_t limit; /* the byte before which the rows end, whatever it is; UINT64_MAX: at the `]` */
  uint64_t place; /* of the first row; afterwards of the row behind the last */
  size_t block;   /* rows of a block */
  uint64_t end;   /* out: offset of the `]`, or the limit */
  uint64_t last;  /* out: offset behind the last row; `from` when there was none */
  bool odd;       /* out: stopped before something that is no such row; the JSON scanner says what it is */
} rowscan;

/* Takes `count` rows, whose first one stands at `offset`; all blocks but the last have `block` rows. Anything but
 * CHARTS_OK ends the reading with that status. */
typedef charts_status (*rowscan_visit)(void *context, const double *rows, size_t count, uint64_t offset,
                                       charts_error *error);

/* Reads the rows from `from` on. Errors: IO, MEMORY, those of `visit`. */
charts_status rowscan_run(rowscan *scan, rowscan_visit visit, void *context, charts_error *error);

/* The same block by block as the caller asks for them. `scan` lives as long as the cursor. NULL when memory is out. */
typedef struct rowcursor rowcursor;
rowcursor *rowcursor_open(rowscan *scan);
void rowcursor_close(rowcursor *of);
/* The next block; *count is 0 at the end, then the out members of the scan are set. *rows lives until the next call.
 * Errors: IO. */
charts_status rowcursor_next(rowcursor *of, double **rows, size_t *count, uint64_t *offset, charts_error *error);

#endif
