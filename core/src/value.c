#include "valuebody.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

charts_value *value_make(charts_kind kind) {
  charts_value *value = memory_new_zeroed(1, sizeof *value);
  if (value != NULL)
    value->kind = kind;
  return value;
}

bool value_has_members(const charts_value *value) {
  return value != NULL && (value->kind == CHARTS_LIST || value->kind == CHARTS_RECORD || value->kind == CHARTS_FRAME);
}

/* ---- Making ---- */

charts_value *charts_null(void) {
  return value_make(CHARTS_NULL);
}

charts_value *charts_boolean(bool truth) {
  charts_value *value = value_make(CHARTS_BOOLEAN);
  if (value != NULL)
    value->as.truth = truth;
  return value;
}

charts_value *charts_number(double number) {
  charts_value *value = value_make(CHARTS_NUMBER);
  if (value != NULL)
    value->as.number.value = number;
  return value;
}

static bool exact(int64_t number) {
  return number >= -(INT64_C(1) << 53) && number <= (INT64_C(1) << 53);
}

charts_value *charts_integer(int64_t number) {
  charts_value *value = charts_number((double)number);
  if (value != NULL && !exact(number)) {
    value->failure = CHARTS_ARGUMENT;
    value->as.number.integer = number;
  }
  return value;
}

charts_value *charts_text_of(const char *bytes, size_t length) {
  charts_value *value = value_make(CHARTS_TEXT);
  if (value == NULL)
    return NULL;
  value->as.text.bytes = memory_text(bytes, length);
  if (value->as.text.bytes == NULL) {
    free(value);
    return NULL;
  }
  value->as.text.length = length;
  if (!utf8_valid(bytes, length))
    value->failure = CHARTS_NAME;
  return value;
}

charts_value *charts_text(const char *text) {
  return charts_text_of(text, strlen(text));
}

charts_value *charts_list(void) {
  return value_make(CHARTS_LIST);
}

charts_value *charts_record(void) {
  return value_make(CHARTS_RECORD);
}

charts_value *charts_frame(void) {
  return value_make(CHARTS_FRAME);
}

charts_value *charts_handle(int64_t id) {
  charts_value *value = value_make(CHARTS_HANDLE);
  if (value != NULL)
    value->as.handle = id;
  return value;
}

charts_value *charts_column_new(const charts_column *column) {
  charts_value *value = value_make(CHARTS_COLUMN);
  if (value == NULL)
    return NULL;
  value->as.column.spec = *column;
  if (column->zone != NULL) {
    value->as.column.zone = memory_text(column->zone, strlen(column->zone));
    if (value->as.column.zone == NULL) {
      free(value);
      return NULL;
    }
    value->as.column.spec.zone = value->as.column.zone;
  }
  return value;
}

charts_value *charts_column_of(const double *numbers, size_t count) {
  charts_column column = {.memory = numbers, .count = count, .type = CHARTS_FLOAT64};
  return charts_column_new(&column);
}

charts_value *charts_column_make(size_t count, double **numbers) {
  double *owned = count <= SIZE_MAX / sizeof *owned ? memory_new(count * sizeof *owned) : NULL;
  charts_value *value = owned != NULL ? charts_column_of(owned, count) : NULL;
  if (value == NULL) {
    free(owned);
    return NULL;
  }
  value->as.column.owned = owned;
  *numbers = owned;
  return value;
}

charts_value *charts_reader_new(const charts_reader_source *source) {
  charts_value *value = value_make(CHARTS_READER);
  if (value == NULL)
    return NULL;
  value->as.reader.source = *source;
  value->as.reader.source.zone = NULL;
  value->as.reader.begun = memory_new_zeroed(1, sizeof(bool));
  bool failed = value->as.reader.begun == NULL;
  if (source->zone != NULL) {
    value->as.reader.zone = memory_text(source->zone, strlen(source->zone));
    value->as.reader.source.zone = value->as.reader.zone;
    failed = failed || value->as.reader.zone == NULL;
  }
  if (!failed)
    return value;
  charts_value_free(value);
  return NULL;
}

charts_value *charts_reader(charts_read_block read, void *context) {
  charts_reader_source source = {.read = read, .context = context, .width = 1, .count = SIZE_MAX};
  return charts_reader_new(&source);
}

/* Makes room for one more member. */
static bool grow(charts_value *value) {
  members *of = &value->as.members;
  if (of->count < of->capacity)
    return true;
  size_t capacity = of->capacity < 8 ? 8 : of->capacity * 2;
  charts_value **items = memory_resize(of->items, capacity * sizeof *items);
  if (items == NULL)
    return false;
  of->items = items;
  if (value->kind != CHARTS_LIST) {
    char **keys = memory_resize(of->keys, capacity * sizeof *keys);
    if (keys == NULL)
      return false;
    of->keys = keys;
  }
  of->capacity = capacity;
  return true;
}

/* Adds an item with a key (owned, or NULL); takes both also when it fails. */
void value_add_member(charts_value *value, char *key, charts_value *item) {
  bool fits = item != NULL && item->depth < VALUE_DEPTH;
  if (!value_has_members(value) || !fits || !grow(value)) {
    if (value != NULL && value->failure == CHARTS_OK)
      value->failure = item != NULL && !fits ? CHARTS_LIMIT : CHARTS_MEMORY;
    free(key);
    charts_value_free(item);
    return;
  }
  members *to = &value->as.members;
  to->items[to->count] = item;
  if (to->keys != NULL)
    to->keys[to->count] = key;
  else
    free(key);
  to->count++;
  if (item->depth >= value->depth)
    value->depth = item->depth + 1;
  if (value->failure == CHARTS_OK)
    value->failure = item->failure;
}

void charts_list_add(charts_value *list, charts_value *item) {
  value_add_member(list, NULL, item);
}

void charts_record_set_of(charts_value *record, const char *key, size_t key_length, charts_value *item) {
  char *copy = memory_text(key, key_length);
  if (copy == NULL) {
    if (record != NULL)
      record->failure = CHARTS_MEMORY;
    charts_value_free(item);
    return;
  }
  if (record != NULL && record->failure == CHARTS_OK && !utf8_valid(key, key_length))
    record->failure = CHARTS_NAME;
  value_add_member(record, copy, item);
}

void charts_record_set(charts_value *record, const char *key, charts_value *item) {
  charts_record_set_of(record, key, strlen(key), item);
}

void charts_record_push(charts_value *record, charts_value *item) {
  value_add_member(record, NULL, item);
}

void charts_frame_add(charts_value *frame, const char *name, charts_value *column) {
  if (name != NULL)
    charts_record_set(frame, name, column);
  else
    value_add_member(frame, NULL, column);
}

void charts_value_free(charts_value *value) {
  if (value == NULL)
    return;
  if (value->kind == CHARTS_TEXT) {
    free(value->as.text.bytes);
  } else if (value->kind == CHARTS_COLUMN) {
    free(value->as.column.owned);
    free(value->as.column.zone);
  } else if (value->kind == CHARTS_READER) {
    free(value->as.reader.zone);
    free(value->as.reader.begun);
  } else if (value_has_members(value)) {
    for (size_t i = 0; i < value->as.members.count; i++) {
      charts_value_free(value->as.members.items[i]);
      if (value->as.members.keys != NULL)
        free(value->as.members.keys[i]);
    }
    free(value->as.members.items);
    free(value->as.members.keys);
  }
  free(value);
}

/* ---- Reading ---- */

charts_kind charts_value_kind(const charts_value *value) {
  return value != NULL ? value->kind : CHARTS_NULL;
}

bool charts_value_boolean(const charts_value *value) {
  return charts_value_kind(value) == CHARTS_BOOLEAN && value->as.truth;
}

double charts_value_number(const charts_value *value) {
  return charts_value_kind(value) == CHARTS_NUMBER ? value->as.number.value : 0;
}

const char *charts_value_text(const charts_value *value, size_t *length) {
  bool text = charts_value_kind(value) == CHARTS_TEXT;
  if (length != NULL)
    *length = text ? value->as.text.length : 0;
  return text ? value->as.text.bytes : NULL;
}

int64_t charts_value_handle(const charts_value *value) {
  return charts_value_kind(value) == CHARTS_HANDLE ? value->as.handle : 0;
}

size_t charts_value_count(const charts_value *value) {
  if (charts_value_kind(value) == CHARTS_COLUMN)
    return value->as.column.spec.count;
  return value_has_members(value) ? value->as.members.count : 0;
}

const charts_value *charts_value_at(const charts_value *value, size_t place) {
  return value_has_members(value) && place < value->as.members.count ? value->as.members.items[place] : NULL;
}

const char *charts_value_key(const charts_value *value, size_t place) {
  bool keyed = value_has_members(value) && value->as.members.keys != NULL && place < value->as.members.count;
  return keyed ? value->as.members.keys[place] : NULL;
}

/* The place of a key, or the count. */
size_t value_find_key(const charts_value *record, const char *key) {
  const members *in = &record->as.members;
  for (size_t i = 0; in->keys != NULL && i < in->count; i++)
    if (in->keys[i] != NULL && strcmp(in->keys[i], key) == 0)
      return i;
  return in->count;
}

const charts_value *charts_value_get(const charts_value *record, const char *key) {
  return value_has_members(record) ? charts_value_at(record, value_find_key(record, key)) : NULL;
}

const charts_column *charts_value_column(const charts_value *column) {
  return charts_value_kind(column) == CHARTS_COLUMN ? &column->as.column.spec : NULL;
}

static size_t type_size(charts_type type) {
  switch (type) {
  case CHARTS_INT8:
  case CHARTS_UINT8:
    return 1;
  case CHARTS_INT16:
  case CHARTS_UINT16:
    return 2;
  case CHARTS_FLOAT32:
  case CHARTS_INT32:
  case CHARTS_UINT32:
    return 4;
  case CHARTS_FLOAT64:
  case CHARTS_INT64:
  case CHARTS_UINT64:
    return 8;
  }
  return 8;
}

/* The number at an address that need not be aligned. */
#define READ_AS(type_name, at)                                                                                         \
  do {                                                                                                                 \
    type_name number_;                                                                                                 \
    memcpy(&number_, (at), sizeof number_);                                                                            \
    if (missing(column, (int64_t)number_))                                                                             \
      return (double)NAN;                                                                                              \
    return (double)number_;                                                                                            \
  } while (0)

static bool missing(const charts_column *column, int64_t number) {
  return column->has_missing && number == column->missing;
}

double charts_column_number(const charts_column *column, size_t place) {
  if (column == NULL || place >= column->count)
    return (double)NAN;
  ptrdiff_t stride = column->stride != 0 ? column->stride : (ptrdiff_t)type_size(column->type);
  const char *at = (const char *)column->memory + stride * (ptrdiff_t)place;
  double wide;
  float narrow;
  switch (column->type) {
  case CHARTS_FLOAT64:
    memcpy(&wide, at, sizeof wide);
    return wide;
  case CHARTS_FLOAT32:
    memcpy(&narrow, at, sizeof narrow);
    return (double)narrow;
  case CHARTS_INT8:
    READ_AS(int8_t, at);
  case CHARTS_INT16:
    READ_AS(int16_t, at);
  case CHARTS_INT32:
    READ_AS(int32_t, at);
  case CHARTS_INT64:
    READ_AS(int64_t, at);
  case CHARTS_UINT8:
    READ_AS(uint8_t, at);
  case CHARTS_UINT16:
    READ_AS(uint16_t, at);
  case CHARTS_UINT32:
    READ_AS(uint32_t, at);
  case CHARTS_UINT64:
    READ_AS(uint64_t, at);
  }
  return (double)NAN;
}

const charts_value *value_frame_column(const charts_value *frame, size_t place, const char **name) {
  *name = charts_value_key(frame, place);
  return charts_value_at(frame, place);
}

/* ---- Readers ---- */

static const charts_reader_source *source_of(const charts_value *reader) {
  return charts_value_kind(reader) == CHARTS_READER ? &reader->as.reader.source : NULL;
}

size_t value_reader_read(const charts_value *reader, double *block, size_t room) {
  const charts_reader_source *source = source_of(reader);
  if (source == NULL)
    return 0;
  if (!*reader->as.reader.begun && source->restart != NULL)
    source->restart(source->context);
  *reader->as.reader.begun = true;
  return source->read(source->context, block, room);
}

size_t value_reader_width(const charts_value *reader) {
  const charts_reader_source *source = source_of(reader);
  return source != NULL ? source->width : 0;
}

size_t value_reader_count(const charts_value *reader) {
  const charts_reader_source *source = source_of(reader);
  return source != NULL ? source->count : 0;
}

bool value_reader_restarts(const charts_value *reader) {
  const charts_reader_source *source = source_of(reader);
  return source != NULL && source->restart != NULL;
}

size_t value_column_count(const charts_value *column) {
  return source_of(column) != NULL ? value_reader_count(column) : charts_value_count(column);
}

charts_time value_column_time(const charts_value *column) {
  const charts_reader_source *source = source_of(column);
  const charts_column *spec = charts_value_column(column);
  return source != NULL ? source->time : spec != NULL ? spec->time : CHARTS_TIME_NONE;
}

const char *value_column_zone(const charts_value *column) {
  const charts_reader_source *source = source_of(column);
  const charts_column *spec = charts_value_column(column);
  return source != NULL ? source->zone : spec != NULL ? spec->zone : NULL;
}
