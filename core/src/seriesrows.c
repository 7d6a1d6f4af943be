/* Lists of numbers, of rows and of points as the data of a series; declared in seriesreading.h. */
#include "seriesreading.h"

#include <math.h>
#include <string.h>

static charts_status row_error(reading *in, const series *of, size_t row, const char *expected,
                               const charts_value *got) {
  return error_set(in->error, CHARTS_TYPE, "data of %s: row %zu: expected %s, got %s", of->name, row + 1, expected,
                   value_kind_name(got));
}

static bool is_row(const charts_value *value) {
  return charts_value_kind(value) == CHARTS_LIST ||
         (charts_value_kind(value) == CHARTS_COLUMN && charts_value_count(value) != 1);
}

/* The number at a place of a row (a list or a column); gaps are NaN. */
static bool row_number(const charts_value *row, size_t place, double *number) {
  if (charts_value_kind(row) == CHARTS_COLUMN) {
    const charts_column *column = charts_value_column(row);
    *number = charts_column_number(column, place);
    return !column->logical;
  }
  const charts_value *item = charts_value_at(row, place);
  *number = (double)NAN;
  return is_gap(item) || value_as_number(item, number);
}

/* The kind that a row stands for, or SERIES_EMPTY when it stands for none. */
static series_kind kind_of_row(const charts_value *row) {
  double number;
  if (charts_value_kind(row) == CHARTS_RECORD)
    return SERIES_POINTS;
  if (!is_row(row))
    return is_gap(row) || value_as_number(row, &number) ? SERIES_Y : SERIES_EMPTY;
  switch (charts_value_count(row)) {
  case 2:
    return charts_value_kind(charts_value_at(row, 0)) == CHARTS_TEXT ? SERIES_NAMED : SERIES_XY;
  case 3:
    return SERIES_RANGE;
  case 5:
    return SERIES_OHLC;
  default:
    return SERIES_EMPTY;
  }
}

static charts_status check_numbers(reading *in, const series *of, size_t place, const charts_value *row) {
  size_t width = charts_value_count(row);
  if (width != series_width(of->kind))
    return error_set(in->error, CHARTS_TYPE, "data of %s: row %zu: expected %zu numbers as in the first row, got %zu",
                     of->name, place + 1, series_width(of->kind), width);
  for (size_t i = 0; i < width; i++) {
    double number;
    if (!row_number(row, i, &number))
      return row_error(in, of, place, "numbers", charts_value_at(row, i));
    if (charts_value_kind(row) == CHARTS_COLUMN && !series_is_exact(charts_value_column(row), i))
      return error_set(in->error, CHARTS_ARGUMENT,
                       "data of %s: row %zu: expected integers between -2^53 and 2^53, which are kept exactly",
                       of->name, place + 1);
    if (i == 0 && !isfinite(number))
      return error_set(in->error, CHARTS_TYPE, "data of %s: row %zu: expected a finite x, got none", of->name,
                       place + 1);
  }
  return CHARTS_OK;
}

static charts_status check_point(reading *in, const series *of, size_t place, const charts_value *row) {
  const charts_value *x = charts_value_get(row, "x");
  const charts_value *y = charts_value_get(row, "y");
  const charts_value *name = charts_value_get(row, "name");
  double number = 0;
  const char *text;
  if (y == NULL || (!is_gap(y) && !value_as_number(y, &number)))
    return error_set(in->error, CHARTS_TYPE, "data of %s: point %zu: expected a record with a number y", of->name,
                     place + 1);
  if (x != NULL && (!value_as_number(x, &number) || !isfinite(number)))
    return row_error(in, of, place, "a point whose x is a finite number", x);
  if (name != NULL && !value_as_text(name, &text, NULL))
    return row_error(in, of, place, "a point whose name is text", name);
  return CHARTS_OK;
}

static charts_status check_row(reading *in, const series *of, size_t place, const charts_value *row) {
  double number;
  const char *text;
  switch (of->kind) {
  case SERIES_Y:
    return is_gap(row) || value_as_number(row, &number) ? CHARTS_OK : row_error(in, of, place, "a number", row);
  case SERIES_POINTS:
    if (charts_value_kind(row) != CHARTS_RECORD && !is_gap(row))
      return row_error(in, of, place, "a point as in the first row", row);
    return is_gap(row) ? CHARTS_OK : check_point(in, of, place, row);
  case SERIES_NAMED:
    if (!is_row(row) || charts_value_count(row) != 2 || !value_as_text(charts_value_at(row, 0), &text, NULL) ||
        !row_number(row, 1, &number))
      return row_error(in, of, place, "[name, number] as in the first row", row);
    return CHARTS_OK;
  default:
    if (!is_row(row))
      return row_error(in, of, place, "a row of numbers as in the first row", row);
    return check_numbers(in, of, place, row);
  }
}

charts_status series_read_rows(reading *in, series *into, const charts_value *rows) {
  size_t count = charts_value_count(rows);
  into->rows = rows;
  into->count = count;
  into->kind = SERIES_EMPTY;
  for (size_t i = 0; i < count && (into->kind == SERIES_EMPTY || into->kind == SERIES_Y); i++) {
    const charts_value *row = charts_value_at(rows, i);
    into->kind = kind_of_row(row);
    if (into->kind == SERIES_EMPTY && is_row(row))
      return error_set(
          in->error, CHARTS_TYPE,
          "data of %s: row %zu: expected [x, y], [x, low, high], [x, open, high, low, close] or [name, y], "
          "got a row of %zu",
          into->name, i + 1, charts_value_count(row));
    if (into->kind == SERIES_EMPTY)
      return row_error(in, into, i, "a number, a row or a point", row);
    if (!is_gap(row))
      break;
  }
  for (size_t i = 0; i < count; i++) {
    charts_status status = check_row(in, into, i, charts_value_at(rows, i));
    if (status != CHARTS_OK)
      return status;
  }
  return CHARTS_OK;
}
