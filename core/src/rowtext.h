/* Rows of numbers as they stand in a series file, read from memory: the fast way through the text of data, for kinds
 * y, xy, range and ohlc. It takes all of JSON that such rows can be, and NaN and Infinity (gaps). */
#ifndef CHARTS_SRC_ROWTEXT_H
#define CHARTS_SRC_ROWTEXT_H

#include "series.h"

typedef enum rowtext_end {
  ROWTEXT_FULL,   /* as many rows as there was room for */
  ROWTEXT_MORE,   /* the text ends before the next row does */
  ROWTEXT_CLOSED, /* the `]` of the data follows */
  ROWTEXT_ODD     /* something else stands there */
} rowtext_end;

typedef struct rowtext {
  series_kind kind;
  double start; /* x of kind y: start + interval * place */
  double interval;
  uint64_t place;  /* of the next row; counted on */
  bool behind;     /* a row stands before the text: a comma comes first */
  const char *at;  /* where to go on; moved behind what was read */
  const char *end; /* of the text at hand */
  bool last;       /* nothing follows the text at hand … */
  bool cut;        /* … and the rows may end there, without a `]` */
  const char *row; /* first byte of the first row of the last reading, when it read any */
} rowtext;

/* Reads up to `room` rows of series_width(kind) numbers: x, then the values (NaN: missing). A bare null is a row of
 * kind y, and skipped in others. x is finite. The text at hand need not end with a row. */
rowtext_end rowtext_read(rowtext *of, double *rows, size_t room, size_t *count);

#endif
