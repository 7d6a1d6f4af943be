#include "series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LIMIT = 1024 };

const char *series_kind_name(series_kind kind) {
  static const char *const names[] = {"empty", "y", "xy", "range", "ohlc", "named", "points"};
  return names[kind];
}

size_t series_width(series_kind kind) {
  static const size_t widths[] = {0, 2, 2, 3, 5, 2, 2};
  return widths[kind];
}

charts_status series_name_check(const char *name, size_t length, const char *argument, charts_error *error) {
  if (length == 0)
    return error_set(error, CHARTS_NAME, "%s: expected a name, got an empty text", argument);
  if (length > NAME_LIMIT)
    return error_set(error, CHARTS_NAME, "%s: expected a name of at most %d bytes, got %zu", argument, (int)NAME_LIMIT,
                     length);
  if (memchr(name, '\0', length) != NULL || !utf8_valid(name, length))
    return error_set(error, CHARTS_NAME, "%s: expected a name in UTF-8 without NUL", argument);
  return CHARTS_OK;
}

/* What a list of series is being read from. */
typedef struct reading {
  series_list *list;
  const series_request *request;
  charts_value *messages;
  charts_error *error;
  bool named; /* the request's name was given to a series */
} reading;

/* Keeps a value made here as long as the list lives. */
static charts_value *keep(reading *in, charts_value *value) {
  charts_list_add(in->list->owned, value);
  return value_failed(in->list->owned) && value == NULL ? NULL : value;
}

/* Adds an empty series of that name; NULL with the error set. */
static series *add_series(reading *in, const char *name, size_t length) {
  if (series_name_check(name, length, "name", in->error) != CHARTS_OK)
    return NULL;
  series_list *list = in->list;
  for (size_t i = 0; i < list->count; i++) {
    if (strcmp(list->items[i].name, name) == 0) {
      error_fill(in->error, CHARTS_NAME, "series: the name %s is given twice in one call", name);
      return NULL;
    }
  }
  if ((list->count & (list->count + 1)) == 0 || list->items == NULL) {
    series *items = memory_resize(list->items, (list->count + 1) * 2 * sizeof *items);
    if (items == NULL) {
      error_memory(in->error);
      return NULL;
    }
    list->items = items;
  }
  series *added = &list->items[list->count];
  *added = (series){.name = memory_text(name, length), .attributes = charts_record()};
  if (added->name == NULL || added->attributes == NULL) {
    free(added->name);
    charts_value_free(added->attributes);
    error_memory(in->error);
    return NULL;
  }
  list->count++;
  return added;
}

/* ---- Rows: lists of numbers, of rows, of records ---- */

static charts_status row_error(reading *in, const series *of, size_t row, const char *expected,
                               const charts_value *got) {
  return error_set(in->error, CHARTS_TYPE, "data of %s: row %zu: expected %s, got %s", of->name, row + 1, expected,
                   value_kind_name(got));
}

static bool is_gap(const charts_value *value) {
  return charts_value_kind(value) == CHARTS_NULL;
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

/* Whether the integer at a place of a 64-bit column is a double too. */
static bool is_exact(const charts_column *column, size_t place) {
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

static charts_status check_numbers(reading *in, const series *of, size_t place, const charts_value *row) {
  size_t width = charts_value_count(row);
  if (width != series_width(of->kind))
    return error_set(in->error, CHARTS_TYPE, "data of %s: row %zu: expected %zu numbers as in the first row, got %zu",
                     of->name, place + 1, series_width(of->kind), width);
  for (size_t i = 0; i < width; i++) {
    double number;
    if (!row_number(row, i, &number))
      return row_error(in, of, place, "numbers", charts_value_at(row, i));
    if (charts_value_kind(row) == CHARTS_COLUMN && !is_exact(charts_value_column(row), i))
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

static charts_status read_rows(reading *in, series *into, const charts_value *rows) {
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

/* ---- Columns: bare numbers, frames, matrices ---- */

static charts_status check_exact(reading *in, const series *of, const charts_column *column) {
  if (column->type != CHARTS_INT64 && column->type != CHARTS_UINT64)
    return CHARTS_OK;
  for (size_t i = 0; i < column->count; i++) {
    if (!is_exact(column, i))
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

static charts_status read_column(reading *in, series *into, const charts_value *column) {
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

static bool is_time(const charts_value *column) {
  const charts_column *spec = charts_value_column(column);
  return spec != NULL && spec->time != CHARTS_TIME_NONE;
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
static charts_status read_whole_frame(reading *in, series *into, const charts_value *frame) {
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

static charts_status read_frame(reading *in, const charts_value *frame) {
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
    series *added = add_series(in, name, strlen(name));
    charts_status status = added != NULL ? read_pair(in, added, x, column) : in->error->status;
    if (status != CHARTS_OK)
      return status;
  }
  return CHARTS_OK;
}

/* ---- Series ---- */

static bool is_matrix(const charts_value *frame) {
  for (size_t i = 0; i < charts_value_count(frame); i++)
    if (charts_value_key(frame, i) != NULL)
      return false;
  return true;
}

static charts_status read_data(reading *in, series *into, const charts_value *data) {
  switch (charts_value_kind(data)) {
  case CHARTS_COLUMN:
    return read_column(in, into, data);
  case CHARTS_LIST:
    return read_rows(in, into, data);
  case CHARTS_FRAME:
    return read_whole_frame(in, into, data);
  case CHARTS_READER:
    into->kind = SERIES_Y;
    into->reader = data;
    return CHARTS_OK;
  case CHARTS_NULL:
    into->kind = SERIES_EMPTY;
    return CHARTS_OK;
  case CHARTS_NUMBER: {
    charts_value *list = charts_list();
    charts_list_add(list, value_copy(data));
    return keep(in, list) != NULL ? read_rows(in, into, list) : error_memory(in->error);
  }
  default:
    return error_set(in->error, CHARTS_TYPE, "data of %s: expected numbers, rows, points or a frame, got %s",
                     into->name, value_kind_name(data));
  }
}

charts_status series_time_read(charts_time *time, const charts_value *value, charts_error *error) {
  static const struct {
    const char *name;
    charts_time time;
  } names[] = {
      {"ms", CHARTS_TIME_MS}, {"s", CHARTS_TIME_S}, {"days", CHARTS_TIME_DAYS}, {"datenum", CHARTS_TIME_DATENUM}};
  const char *text = NULL;
  *time = CHARTS_TIME_NONE;
  if (value == NULL || is_gap(value))
    return CHARTS_OK;
  if (value_as_text(value, &text, NULL))
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
      if (strcmp(names[i].name, text) == 0) {
        *time = names[i].time;
        return CHARTS_OK;
      }
  return error_set(error, CHARTS_ARGUMENT, "time: expected \"s\", \"ms\", \"days\" or \"datenum\", got %s",
                   text != NULL ? text : value_kind_name(value));
}

/* Data without x that is a time: pointStart and pointInterval count what x would. */
static charts_status convert_start(reading *in, series *of, charts_time time) {
  static const struct {
    const char *key;
    bool moment; /* else a span, in which the zero of the count does not matter */
  } keys[] = {{"pointStart", true}, {"pointInterval", false}};
  for (size_t i = 0; i < 2; i++) {
    double number;
    if (!value_as_number(charts_value_get(of->attributes, keys[i].key), &number))
      continue;
    double zero = keys[i].moment ? 0 : value_milliseconds(time, 0);
    value_replace(of->attributes, keys[i].key, charts_number(value_milliseconds(time, number) - zero));
  }
  return value_failed(of->attributes) ? error_memory(in->error) : CHARTS_OK;
}

/* Whether x is a time, and what it counts. `own` is what the series itself says. */
static charts_status settle_time(reading *in, series *of, charts_time own) {
  bool from_column = of->time != CHARTS_TIME_NONE;
  if (!from_column)
    of->time = own != CHARTS_TIME_NONE ? own : in->request->time;
  if (of->time == CHARTS_TIME_NONE || of->kind == SERIES_NAMED)
    return CHARTS_OK;
  value_replace(of->attributes, "xtype", charts_text("datetime"));
  if (value_failed(of->attributes))
    return error_memory(in->error);
  bool counted = of->kind == SERIES_Y || of->kind == SERIES_POINTS || of->kind == SERIES_EMPTY;
  return counted && !from_column ? convert_start(in, of, of->time) : CHARTS_OK;
}

/* The attributes of a series' record, in plain values: times as milliseconds. */
static charts_status read_attributes(reading *in, series *into, const charts_value *record) {
  for (size_t i = 0; i < charts_value_count(record); i++) {
    static const char *const own[] = {"name", "data", "display", "index", "time"};
    const char *key = charts_value_key(record, i);
    bool skip = key == NULL;
    for (size_t k = 0; !skip && k < sizeof own / sizeof own[0]; k++)
      skip = strcmp(key, own[k]) == 0;
    if (skip)
      continue;
    const charts_value *item = charts_value_at(record, i);
    double number;
    if (is_time(item) && value_as_number(item, &number)) {
      charts_time time = charts_value_column(item)->time;
      charts_record_set(into->attributes, key, charts_number(value_milliseconds(time, number)));
      value_replace(into->attributes, "xtype", charts_text("datetime"));
    } else {
      charts_record_set(into->attributes, key, value_copy(item));
    }
  }
  return value_failed(into->attributes) ? error_memory(in->error) : CHARTS_OK;
}

static charts_status read_display(reading *in, series *into, const charts_value *record) {
  const charts_value *display = charts_value_get(record, "display");
  const charts_value *index = charts_value_get(record, "index");
  into->display_given = display != NULL && !is_gap(display);
  if (into->display_given && !value_as_boolean(display, &into->display))
    return error_set(in->error, CHARTS_TYPE, "display of %s: expected true or false, got %s", into->name,
                     value_kind_name(display));
  into->index_given = index != NULL && !is_gap(index);
  if (into->index_given && (!value_as_number(index, &into->index) || !isfinite(into->index)))
    return error_set(in->error, CHARTS_TYPE, "index of %s: expected a number, got %s", into->name,
                     value_kind_name(index));
  return CHARTS_OK;
}

/* The data of a record: its member `data`, or what it holds without a key (a Lua table such as {1, 2, 3, name="A"}). */
static const charts_value *data_of(reading *in, const charts_value *record) {
  const charts_value *data = charts_value_get(record, "data");
  if (data != NULL)
    return data;
  charts_value *list = NULL;
  for (size_t i = 0; i < charts_value_count(record); i++) {
    if (charts_value_key(record, i) != NULL)
      continue;
    if (list == NULL)
      list = keep(in, charts_list());
    if (list == NULL)
      return NULL;
    charts_list_add(list, value_copy(charts_value_at(record, i)));
  }
  return list;
}

static bool is_series_record(const charts_value *record) {
  if (charts_value_kind(record) != CHARTS_RECORD)
    return false;
  for (size_t i = 0; i < charts_value_count(record); i++) {
    const char *key = charts_value_key(record, i);
    if (key == NULL || strcmp(key, "data") == 0)
      return true;
  }
  return false;
}

static charts_status read_record(reading *in, const charts_value *record) {
  const charts_value *data = data_of(in, record);
  if (data == NULL) {
    if (value_failed(in->list->owned))
      return error_memory(in->error);
    return error_set(in->error, CHARTS_TYPE, "series: expected a record with `data`, got one without");
  }
  const charts_value *given = charts_value_get(record, "name");
  const char *name = in->request->name;
  size_t length = name != NULL ? strlen(name) : 0;
  if (given != NULL && !is_gap(given) && !value_as_text(given, &name, &length))
    return error_set(in->error, CHARTS_NAME, "name: expected text, got %s", value_kind_name(given));
  if (name == NULL)
    return error_set(in->error, CHARTS_NAME, "series: expected a record with a `name`, got one without");
  in->named = in->named || name == in->request->name;
  charts_time time = CHARTS_TIME_NONE;
  charts_status status = series_time_read(&time, charts_value_get(record, "time"), in->error);
  if (status != CHARTS_OK)
    return status;
  series *added = add_series(in, name, length);
  if (added == NULL)
    return in->error->status;
  status = read_attributes(in, added, record);
  if (status == CHARTS_OK)
    status = read_display(in, added, record);
  if (status == CHARTS_OK)
    status = read_data(in, added, data);
  return status == CHARTS_OK ? settle_time(in, added, time) : status;
}

static charts_status read_bare(reading *in, const charts_value *data) {
  const char *name = in->request->name;
  if (name == NULL)
    return error_set(in->error, CHARTS_NAME, "name: expected a name for bare data, such as name=\"A\"");
  in->named = true;
  series *added = add_series(in, name, strlen(name));
  return added != NULL ? read_data(in, added, data) : in->error->status;
}

/* A list is a list of series when something in it is one; else it is bare data. */
static bool is_list_of_series(const charts_value *list) {
  for (size_t i = 0; i < charts_value_count(list); i++) {
    const charts_value *item = charts_value_at(list, i);
    if (is_series_record(item) || charts_value_kind(item) == CHARTS_FRAME)
      return true;
  }
  return false;
}

static charts_status read_items(reading *in, const charts_value *list) {
  for (size_t i = 0; i < charts_value_count(list); i++) {
    const charts_value *item = charts_value_at(list, i);
    charts_status status;
    if (charts_value_kind(item) == CHARTS_FRAME)
      status = read_frame(in, item);
    else if (charts_value_kind(item) == CHARTS_RECORD)
      status = read_record(in, item);
    else
      status = error_set(in->error, CHARTS_TYPE, "series: item %zu: expected a record with `name` and `data`, got %s",
                         i + 1, value_kind_name(item));
    if (status != CHARTS_OK)
      return status;
  }
  return CHARTS_OK;
}

static charts_status read_any(reading *in, const charts_value *value) {
  bool nothing = charts_value_kind(value) == CHARTS_LIST && charts_value_count(value) == 0;
  switch (charts_value_kind(value)) {
  case CHARTS_NULL:
    return CHARTS_OK;
  case CHARTS_RECORD:
    return read_record(in, value);
  case CHARTS_LIST:
    if (nothing && in->request->name == NULL)
      return CHARTS_OK;
    return is_list_of_series(value) ? read_items(in, value) : read_bare(in, value);
  case CHARTS_FRAME:
    if (is_matrix(value) && charts_value_count(value) <= 2)
      return read_bare(in, value);
    return read_frame(in, value);
  case CHARTS_COLUMN:
    if (charts_value_column(value)->logical && in->request->name == NULL)
      return error_set(in->error, CHARTS_TYPE, "series: expected numbers, got %s", value_kind_name(value));
    return read_bare(in, value);
  case CHARTS_READER:
  case CHARTS_NUMBER:
    return read_bare(in, value);
  default:
    return error_set(in->error, CHARTS_TYPE, "series: expected a series, a list of series, a frame or numbers, got %s",
                     value_kind_name(value));
  }
}

charts_status series_read(series_list *list, const charts_value *value, const series_request *request,
                          charts_value *messages, charts_error *error) {
  *list = (series_list){.owned = charts_list()};
  charts_error ignored;
  reading in = {.list = list, .request = request, .messages = messages, .error = error != NULL ? error : &ignored};
  charts_status status = list->owned != NULL ? read_any(&in, value) : error_memory(in.error);
  for (size_t i = 0; status == CHARTS_OK && i < list->count; i++) {
    if (charts_value_get(list->items[i].attributes, "xtype") == NULL)
      status = settle_time(&in, &list->items[i], CHARTS_TIME_NONE);
  }
  if (status == CHARTS_OK && request->name != NULL && !in.named && list->count > 0)
    message_add(messages, MESSAGE_WARNING, "name: the series have names of their own; %s is not used", request->name);
  if (status == CHARTS_OK && value_failed(list->owned))
    status = error_memory(in.error);
  if (status != CHARTS_OK)
    series_list_free(list);
  return status;
}

void series_list_free(series_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    free(list->items[i].name);
    charts_value_free(list->items[i].attributes);
  }
  free(list->items);
  charts_value_free(list->owned);
  *list = (series_list){0};
}
