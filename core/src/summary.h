/* What a run of consecutive rows of a series draws like: the first, last, lowest and highest of it. Runs of any length
 * are made of rows, and of shorter runs. */
#ifndef CHARTS_SRC_SUMMARY_H
#define CHARTS_SRC_SUMMARY_H

#include "series.h"

enum { SUMMARY_VALUES = 6, SUMMARY_WIDTH = 5 };

/* Places in `values`, by kind. */
enum {
  SUMMARY_FIRST, /* y, xy */
  SUMMARY_LAST,
  SUMMARY_LOW,
  SUMMARY_HIGH,
  SUMMARY_LOW_X,
  SUMMARY_HIGH_X,
  SUMMARY_RANGE_LOW = 0, /* range: lowest low */
  SUMMARY_RANGE_HIGH,    /* highest high */
  SUMMARY_OPEN = 0,      /* ohlc: the first one that is there */
  SUMMARY_BAR_HIGH,
  SUMMARY_BAR_LOW,
  SUMMARY_CLOSE /* the last one that is there */
};

typedef enum summary_flag {
  SUMMARY_EMPTY = 1,      /* no row can be drawn */
  SUMMARY_GAP_BEFORE = 2, /* rows that cannot be drawn stand before the first one that can … */
  SUMMARY_GAP_BEHIND = 4, /* … and behind the last one */
  SUMMARY_HIGH_FIRST = 8  /* the highest row stands before the lowest */
} summary_flag;

/* `x_*` are of all rows, `first_x` and `last_x` of those that can be drawn. */
typedef struct summary {
  double x_first;
  double x_last;
  double first_x;
  double last_x;
  double values[SUMMARY_VALUES];
  unsigned flags;
} summary;

/* How many of `values` a kind has: 6 (y, xy), 2 (range), 4 (ohlc); 0 for kinds that are not summarized. */
size_t summary_values(series_kind kind);
/* Whether nothing can be drawn at a row (x, then its values): a value is missing; of a bar, all are. */
bool summary_is_gap(series_kind kind, const double *row);
/* The summary of `count` rows of series_width(kind) numbers; at least one. */
void summary_of_rows(summary *of, series_kind kind, const double *rows, size_t count);
/* Adds the run that follows. */
void summary_add(summary *to, series_kind kind, const summary *next);

/* What is known of a whole series, row by row. */
typedef struct totals {
  uint64_t count;
  bool sorted;
  double last_x;
  double x[2]; /* first > second: none */
  double y[2];
  double positive; /* the smallest x > 0; infinite: none */
} totals;

totals totals_none(void);
void totals_add_rows(totals *to, series_kind kind, const double *rows, size_t count);
/* Adds the totals of the rows that follow; `first_x` is x of the first of them. */
void totals_add(totals *to, const totals *next, double first_x);

#endif
