/* Columns and frames as series; declared in seriesreading.h. */
#include "seriesreading.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Whether the integer at a place of a 64-bit column is a double too. */
bool series_is_exact(const charts_column *column, size_t place) {
  const uint64_t most = UINT64_C(1) << 53;
  if (column->type != CHARTS_INT64 && column->type != CHARTS_UINT64)
    return true;
  ptrdiff_t stride = column->stride != 0 ? column->stride : (ptrdiff_t)sizeof(int64_t);
  const char *at = (const char *)column->memory + stride * (ptrdiff_t)place;
  int64_t number;
  uint64_t size;
  memcpy(&number, at, sizeof number);
  memcpy(&size, at, sizeof size);
  if (column->has_missing && number == column->missing)
    return true;
  if (column->type == CHARTS_INT64 && number < 0)
    size = UINT64_C(0) - size;
  return size <= most;
}

static charts_status check_exact(reading *in, const series *of, const charts_column *column) {
  if (column->type != CHARTS_INT64 && column->type != CHARTS_UINT64)
    return CHARTS_OK;
  for (size_t i = 0; i < column->count; i++) {
    if (!series_is_exact(column, i))
      return error_set(in->error, CHARTS_ARGUMENT,
                       "data of %s: row %zu: the integer cannot be kept exactly; expected one between -2^53 and 2^53",
                       of->name, i + 1);
  }
  return CHARTS_OK;
}

static charts_status check_x(reading *in, const series *of, const charts_column *column) {
  for (size_t i = 0; i < column->count; i++)
    if (!isfinite(charts_column_number(column, i)))
      return error_set(in->error, CHARTS_TYPE, "data of %s: row %zu: expected a finite x, got none", of->name, i + 1);
  return CHARTS_OK;
}

static charts_status text_attribute(reading *in, series *of, const char *key, const char *text) {
  if (charts_value_get(of->attributes, key) == NULL)
    charts_record_set(of->attributes, key, charts_text(text));
  return value_failed(of->attributes) ? error_memory(in->error) : CHARTS_OK;
}

/* Takes over what the x column says of time. */
static charts_status note_time(reading *in, series *of, const charts_column *x) {
  if (x == NULL || x->time == CHARTS_TIME_NONE)
    return CHARTS_OK;
  of->time = x->time;
  bool zoned = x->zone != NULL && *x->zone != '\0' && strcmp(x->zone, "UTC") != 0;
  return zoned ? text_attribute(in, of, "timezone", x->zone) : CHARTS_OK;
}

/* Checks columns that were chosen for a series: numbers, equal lengths, finite x. */
static charts_status check_columns(reading *in, series *of, size_t width) {
  for (size_t i = 0; i < width; i++) {
    const charts_column *column = charts_value_column(of->columns[i]);
    if (column == NULL || column->logical)
      return error_set(in->error, CHARTS_TYPE, "data of %s: expected columns of numbers, got %s", of->name,
                       value_kind_name(of->columns[i]));
    if (column->count != of->count)
      return error_set(in->error, CHARTS_TYPE, "data of %s: expected columns of equal length, got %zu and %zu",
                       of->name, of->count, column->count);
    charts_status status = check_exact(in, of, column);
    if (status != CHARTS_OK)
      return status;
  }
  bool has_x = of->kind != SERIES_Y && of->kind != SERIES_NAMED && width > 0;
  if (!has_x)
    return CHARTS_OK;
  const charts_column *x = charts_value_column(of->columns[0]);
  charts_status status = note_time(in, of, x);
  return status == CHARTS_OK ? check_x(in, of, x) : status;
}

charts_status series_read_column(reading *in, series *into, const charts_value *column) {
  into->kind = SERIES_Y;
  into->columns[0] = column;
  into->count = charts_value_count(column);
  if (into->count == 0)
    into->kind = SERIES_EMPTY;
  return check_columns(in, into, into->kind == SERIES_Y ? 1 : 0);
}

/* Sets x and y (x NULL: counted; x text: names) of a series from columns of a frame. */
static charts_status read_pair(reading *in, series *into, const charts_value *x, const charts_value *y) {
  into->count = charts_value_count(y);
  if (x != NULL && charts_value_count(x) != into->count)
    return error_set(in->error, CHARTS_TYPE, "data of %s: expected columns of equal length, got %zu and %zu",
                     into->name, charts_value_count(x), into->count);
  bool names = charts_value_kind(x) == CHARTS_LIST;
  into->labels = names ? x : NULL;
  into->kind = x == NULL ? SERIES_Y : names ? SERIES_NAMED : SERIES_XY;
  into->columns[0] = x == NULL || names ? y : x;
  into->columns[1] = x == NULL || names ? NULL : y;
  if (into->count == 0)
    into->kind = SERIES_EMPTY;
  return check_columns(in, into, into->kind == SERIES_EMPTY ? 0 : into->kind == SERIES_XY ? 2 : 1);
}

/* The frame's column of that name, or NULL. */
static const charts_value *named_column(const charts_value *frame, const char *name) {
  for (size_t i = 0; i < charts_value_count(frame); i++) {
    const char *own = NULL;
    const charts_value *column = value_frame_column(frame, i, &own);
    if (own != NULL && strcmp(own, name) == 0)
      return column;
  }
  return NULL;
}

/* The column that is x: the first time, else names in the first place. */
static const charts_value *guess_x(const charts_value *frame) {
  for (size_t i = 0; i < charts_value_count(frame); i++)
    if (is_time(charts_value_at(frame, i)))
      return charts_value_at(frame, i);
  const charts_value *first = charts_value_at(frame, 0);
  return charts_value_kind(first) == CHARTS_LIST ? first : NULL;
}

/* The columns of one series in the order of its kind: by their names where these are the kind's, else as they stand. */
static void order_columns(const charts_value *frame, const charts_value *columns[5], size_t width) {
  static const char *const range[] = {"x", "low", "high"};
  static const char *const ohlc[] = {"x", "open", "high", "low", "close"};
  const char *const *names = width == 3 ? range : ohlc;
  bool all = width > 2;
  for (size_t i = 0; i < width; i++)
    all = all && named_column(frame, names[i]) != NULL;
  for (size_t i = 0; i < width; i++)
    columns[i] = all ? named_column(frame, names[i]) : charts_value_at(frame, i);
}

/* One series from a whole frame: 1 column is y, 2 are x and y, 3 x, low, high, 5 x, open, high, low, close. */
charts_status series_read_whole_frame(reading *in, series *into, const charts_value *frame) {
  size_t width = charts_value_count(frame);
  const charts_value *columns[5] = {0};
  switch (width) {
  case 0:
    into->kind = SERIES_EMPTY;
    return CHARTS_OK;
  case 1:
    return read_pair(in, into, NULL, charts_value_at(frame, 0));
  case 2:
    return read_pair(in, into, charts_value_at(frame, 0), charts_value_at(frame, 1));
  case 3:
  case 5:
    order_columns(frame, columns, width);
    memcpy(into->columns, columns, sizeof columns);
    into->kind = width == 3 ? SERIES_RANGE : SERIES_OHLC;
    into->count = charts_value_count(columns[0]);
    if (into->count == 0)
      into->kind = SERIES_EMPTY;
    return check_columns(in, into, into->kind == SERIES_EMPTY ? 0 : width);
  default:
    return error_set(in->error, CHARTS_TYPE,
                     "data of %s: expected 1 column (y), 2 (x, y), 3 (x, low, high) or 5 (x, open, high, low, close), "
                     "got %zu",
                     into->name, width);
  }
}

charts_status series_read_frame(reading *in, const charts_value *frame) {
  size_t width = charts_value_count(frame);
  const charts_value *x = guess_x(frame);
  if (in->request->x != NULL) {
    x = named_column(frame, in->request->x);
    if (x == NULL)
      return error_set(in->error, CHARTS_NOT_FOUND, "x: the frame has no column %s", in->request->x);
  }
  for (size_t i = 0; i < width; i++) {
    const char *name = NULL;
    const charts_value *column = value_frame_column(frame, i, &name);
    if (column == x)
      continue;
    char counted[NAME_LIMIT + 32];
    if (name == NULL || *name == '\0') {
      in->named = true;
      (void)snprintf(counted, sizeof counted, "%.*s %zu", (int)NAME_LIMIT,
                     in->request->name != NULL ? in->request->name : "Series", i + 1);
      name = counted;
    }
    if (charts_value_kind(column) != CHARTS_COLUMN) {
      message_add(in->messages, MESSAGE_WARNING, "the column %s holds no numbers and is not drawn", name);
      continue;
    }
    series *added = series_add(in, name, strlen(name));
    charts_status status = added != NULL ? read_pair(in, added, x, column) : in->error->status;
    if (status != CHARTS_OK)
      return status;
  }
  return CHARTS_OK;
}
