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

/* Takes over what the x column, or the reader of rows, says of time. */
static charts_status note_time(reading *in, series *of, const charts_value *x) {
  const char *zone = value_column_zone(x);
  if (!is_time(x))
    return CHARTS_OK;
  of->time = value_column_time(x);
  bool zoned = zone != NULL && *zone != '\0' && strcmp(zone, "UTC") != 0;
  return zoned ? text_attribute(in, of, "timezone", zone) : CHARTS_OK;
}

/* Checks a column of a frame that is read while it is written. */
static charts_status check_reader(reading *in, const series *of, const charts_value *column) {
  if (value_reader_width(column) != 1)
    return error_set(in->error, CHARTS_TYPE, "data of %s: expected a column of 1 number in a row, got %zu", of->name,
                     value_reader_width(column));
  if (value_reader_count(column) == SIZE_MAX)
    return error_set(in->error, CHARTS_TYPE, "data of %s: expected a column that says how long it is, got %s", of->name,
                     value_kind_name(column));
  return CHARTS_OK;
}

static charts_status check_column(reading *in, const series *of, const charts_value *column) {
  const charts_column *numbers = charts_value_column(column);
  if (!is_column(column) || (numbers != NULL && numbers->logical))
    return error_set(in->error, CHARTS_TYPE, "data of %s: expected columns of numbers, got %s", of->name,
                     value_kind_name(column));
  charts_status status = numbers == NULL ? check_reader(in, of, column) : CHARTS_OK;
  if (status == CHARTS_OK && value_column_count(column) != of->count)
    status = error_set(in->error, CHARTS_TYPE, "data of %s: expected columns of equal length, got %zu and %zu",
                       of->name, of->count, value_column_count(column));
  return status == CHARTS_OK && numbers != NULL ? check_exact(in, of, numbers) : status;
}

/* Checks columns that were chosen for a series: numbers, equal lengths, finite x. */
static charts_status check_columns(reading *in, series *of, size_t width) {
  for (size_t i = 0; i < width; i++) {
    charts_status status = check_column(in, of, of->columns[i]);
    if (status != CHARTS_OK)
      return status;
  }
  bool has_x = of->kind != SERIES_Y && of->kind != SERIES_NAMED && width > 0;
  if (!has_x)
    return CHARTS_OK;
  const charts_column *x = charts_value_column(of->columns[0]);
  charts_status status = note_time(in, of, of->columns[0]);
  return status == CHARTS_OK && x != NULL ? check_x(in, of, x) : status;
}

charts_status series_read_reader(reading *in, series *into, const charts_value *reader) {
  static const series_kind kinds[] = {SERIES_EMPTY, SERIES_Y, SERIES_XY, SERIES_RANGE, SERIES_EMPTY, SERIES_OHLC};
  size_t width = value_reader_width(reader);
  into->kind = width < sizeof kinds / sizeof kinds[0] ? kinds[width] : SERIES_EMPTY;
  into->reader = reader;
  if (into->kind == SERIES_EMPTY)
    return error_set(in->error, CHARTS_TYPE,
                     "data of %s: expected rows of 1 number (y), 2 (x, y), 3 (x, low, high) or 5 (x, open, high, low, "
                     "close), got %zu",
                     into->name, width);
  return into->kind != SERIES_Y ? note_time(in, into, reader) : CHARTS_OK;
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
  into->count = value_column_count(y);
  if (x != NULL && value_column_count(x) != into->count)
    return error_set(in->error, CHARTS_TYPE, "data of %s: expected columns of equal length, got %zu and %zu",
                     into->name, value_column_count(x), into->count);
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
    into->count = value_column_count(columns[0]);
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

/* x for one more series of a frame: each reads for itself what is read. */
static charts_status share_x(reading *in, const charts_value **x, bool again) {
  if (charts_value_kind(*x) != CHARTS_READER)
    return CHARTS_OK;
  if (again && !value_reader_restarts(*x))
    return error_set(in->error, CHARTS_TYPE, "series: the frame's x can be read only once, for one series");
  *x = series_keep(in, value_copy(*x));
  return *x != NULL ? CHARTS_OK : error_memory(in->error);
}

charts_status series_read_frame(reading *in, const charts_value *frame) {
  size_t width = charts_value_count(frame);
  size_t drawn = 0;
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
    if (!is_column(column)) {
      message_add(in->messages, MESSAGE_WARNING, "the column %s holds no numbers and is not drawn", name);
      continue;
    }
    const charts_value *own_x = x;
    series *added = series_add(in, name, strlen(name));
    if (added == NULL)
      return in->error->status;
    charts_status status = share_x(in, &own_x, drawn++ > 0);
    if (status == CHARTS_OK)
      status = read_pair(in, added, own_x, column);
    if (status != CHARTS_OK)
      return status;
  }
  return CHARTS_OK;
}
