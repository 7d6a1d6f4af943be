/* The rows of a window as they stand in the file: those inside, and the far ends of the lines that cross its ends. */
#ifndef CHARTS_SRC_RAWROWS_H
#define CHARTS_SRC_RAWROWS_H

#include "reduction.h"

typedef struct rawrows {
  series_kind kind;
  double from; /* may be infinite */
  double to;
  bool logarithmic;
  uint64_t limit; /* rows inside; beyond it `over` … */
  bool over;      /* … is set and the rows are dropped */
  uint64_t inside;
  row_columns out;
  bool has_previous;
  bool previous_taken;
  int previous_side;
  bool previous_gap;
  double previous[SUMMARY_WIDTH];
  buffer label; /* of the previous row */
  buffer record;
  bool has_label;
  bool has_record;
} rawrows;

rawrows rawrows_begin(const char *file, series_kind kind, double from, double to, bool logarithmic, uint64_t limit);
/* Adds the row that follows in the file. Errors: MEMORY, LIMIT (of text). */
charts_status rawrows_add(rawrows *to, const double *numbers, const char *label, const char *record,
                          charts_error *error);
void rawrows_free(rawrows *of);

#endif
