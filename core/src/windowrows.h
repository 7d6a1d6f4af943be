/* The rows of a window's answer as they grow, a column each. */
#ifndef CHARTS_SRC_WINDOWROWS_H
#define CHARTS_SRC_WINDOWROWS_H

#include "status.h"

enum { ROWS_WIDTH = 5 };

typedef struct row_columns {
  const char *file; /* of the series, for messages */
  size_t width;     /* columns in use */
  bool texts;       /* rows have labels and records */
  double *numbers[ROWS_WIDTH];
  char **labels;
  char **records;
  size_t count;
  size_t capacity;
  size_t text_length;
  bool labelled; /* any row has a label */
} row_columns;

/* Adds a row; label and record (may be NULL) are copied. Errors: MEMORY, LIMIT (more than 64 MiB of text). */
charts_status rows_add(row_columns *to, const double *numbers, const char *label, const char *record,
                       charts_error *error);
/* Adds a row at x without values, which breaks the line. */
charts_status rows_break(row_columns *to, double x, charts_error *error);
/* Frees what the rows hold; columns that were handed over (set to NULL) stay. */
void rows_free(row_columns *of);

#endif
