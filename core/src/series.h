/* value -> series: every coercion, default and check of series, once. */
#ifndef CHARTS_SRC_SERIES_H
#define CHARTS_SRC_SERIES_H

#include "options.h"

typedef enum series_kind {
  SERIES_EMPTY,
  SERIES_Y,
  SERIES_XY,
  SERIES_RANGE,
  SERIES_OHLC,
  SERIES_NAMED,
  SERIES_POINTS
} series_kind;

/* "y", "xy", "range", "ohlc", "named", "points", "empty"; static. */
const char *series_kind_name(series_kind kind);

/* One checked series. Its points stay in the caller's value (never copied): `rows` for lists of rows, points and texts,
 * `reader` for those that a function gives, else `columns`. What a reader gives is not checked yet: who writes it
 * checks that x is finite (TYPE) and that a column has as many numbers as it said (TYPE). */
typedef struct series {
  char *name;
  charts_value *attributes; /* record, in the vocabulary, without name, display, index and data */
  series_kind kind;
  size_t count;
  const charts_value *columns[5]; /* CHARTS_COLUMN, or CHARTS_READER of width 1: x (unless kind y), then values in the
                                     order of the kind; NULL with rows */
  const charts_value *rows;       /* CHARTS_LIST of rows, numbers, points; or NULL */
  const charts_value *labels;     /* CHARTS_LIST of text with columns (kind named) */
  const charts_value *reader;     /* CHARTS_READER of rows as wide as the kind (kind y: of y alone); count is then 0 */
  charts_time time;               /* what x counts: converted to ms when written */
  bool display_given;
  bool display;
  bool index_given;
  double index;
} series;

typedef struct series_list {
  series *items;
  size_t count;
  charts_value *owned;         /* values made by coercion that items borrow; a list */
  bool (*poll)(void *context); /* whether the user asked to stop the writing; NULL: nobody does */
  void *poll_context;
  const char *unless_changed; /* a put of one series: only while the file that it replaces has this stamp; or NULL */
  /* Takes how much of a series is written, 0 to 1, NaN where nobody knows; as often as one likes; NULL: nobody looks */
  void (*progress)(void *context, const char *name, double fraction);
  void *progress_context;
} series_list;

/* The arguments of a call that say how to read `value`. */
typedef struct series_request {
  const char *name; /* of bare data, or NULL */
  const char *x;    /* the frame's column that is x, or NULL */
  charts_time time; /* CHARTS_TIME_NONE: as the columns say */
} series_request;

/* Whether the points of a kind have texts: named ones and records. */
bool series_has_texts(series_kind kind);
/* Numbers in a row of a kind, x included: 2 for y, xy, named and points, 3 for range, 5 for ohlc, 0 for empty. */
size_t series_width(series_kind kind);

/* Reads the argument or member `time`: "s", "ms", "days", "datenum"; NULL and null are CHARTS_TIME_NONE. Errors:
 * ARGUMENT. */
charts_status series_time_read(charts_time *time, const charts_value *value, charts_error *error);

/* Reads what a call was given: nothing, one series, a list of series, a frame, bare numbers, pairs, a matrix. The list
 * borrows from `value`. Notes and warnings (an attribute that is understood nowhere) are added to `messages` (a
 * CHARTS_LIST as charts_call returns it). Errors: TYPE, NAME, ARGUMENT, MEMORY. */
charts_status series_read(series_list *list, const charts_value *value, const series_request *request,
                          charts_value *messages, charts_error *error);
void series_list_free(series_list *list);
/* Tells who looks on how many rows of a series are written, of how many (0: nobody knows). */
void series_list_progress(const series_list *list, const char *name, uint64_t rows, uint64_t of);

/* Checks a series name: valid UTF-8 of 1 to 1024 bytes without NUL. `argument` names it in the message. */
charts_status series_name_check(const char *name, size_t length, const char *argument, charts_error *error);

#endif
