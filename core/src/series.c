#include "seriesreading.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *series_kind_name(series_kind kind) {
  static const char *const names[] = {"empty", "y", "xy", "range", "ohlc", "named", "points"};
  return names[kind];
}

bool series_has_texts(series_kind kind) {
  return kind == SERIES_NAMED || kind == SERIES_POINTS;
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

charts_value *series_keep(reading *in, charts_value *value) {
  charts_list_add(in->list->owned, value);
  return value_failed(in->list->owned) && value == NULL ? NULL : value;
}

series *series_add(reading *in, const char *name, size_t length) {
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
    return series_read_column(in, into, data);
  case CHARTS_LIST:
    return series_read_rows(in, into, data);
  case CHARTS_FRAME:
    return series_read_whole_frame(in, into, data);
  case CHARTS_READER:
    return series_read_reader(in, into, data);
  case CHARTS_NULL:
    into->kind = SERIES_EMPTY;
    return CHARTS_OK;
  case CHARTS_NUMBER: {
    charts_value *list = charts_list();
    charts_list_add(list, value_copy(data));
    return series_keep(in, list) != NULL ? series_read_rows(in, into, list) : error_memory(in->error);
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
      list = series_keep(in, charts_list());
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
  series *added = series_add(in, name, length);
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
  series *added = series_add(in, name, strlen(name));
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
      status = series_read_frame(in, item);
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
    return series_read_frame(in, value);
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

void series_list_progress(const series_list *list, const char *name, uint64_t rows, uint64_t of) {
  if (list->progress != NULL)
    list->progress(list->progress_context, name, of > 0 ? (double)rows / (double)of : (double)NAN);
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
