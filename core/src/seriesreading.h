/* How series are read from what a call was given; for the files of `series` alone. */
#ifndef CHARTS_SRC_SERIESREADING_H
#define CHARTS_SRC_SERIESREADING_H

#include "series.h"

enum { NAME_LIMIT = 1024 }; /* bytes of a series' name */

/* What a list of series is being read from. */
typedef struct reading {
  series_list *list;
  const series_request *request;
  charts_value *messages;
  charts_error *error;
  bool named; /* the request's name was given to a series */
} reading;

static inline bool is_gap(const charts_value *value) {
  return charts_value_kind(value) == CHARTS_NULL;
}

static inline bool is_time(const charts_value *column) {
  return value_column_time(column) != CHARTS_TIME_NONE;
}

/* A column of numbers, in memory or read. */
static inline bool is_column(const charts_value *value) {
  return charts_value_kind(value) == CHARTS_COLUMN || charts_value_kind(value) == CHARTS_READER;
}

/* Whether the integer at a place of a 64-bit column is a double too. */
bool series_is_exact(const charts_column *column, size_t place);
/* Adds an empty series of that name; NULL with the error set. */
series *series_add(reading *in, const char *name, size_t length);

/* Keeps a value made by coercion as long as the list lives; NULL when memory is out. */
charts_value *series_keep(reading *in, charts_value *value);

/* Data of one series, as lists of numbers, rows and points; as one column; as a whole frame. */
charts_status series_read_rows(reading *in, series *into, const charts_value *rows);
charts_status series_read_column(reading *in, series *into, const charts_value *column);
charts_status series_read_reader(reading *in, series *into, const charts_value *reader);
charts_status series_read_whole_frame(reading *in, series *into, const charts_value *frame);
/* Every column of a frame but x as a series. */
charts_status series_read_frame(reading *in, const charts_value *frame);

#endif
