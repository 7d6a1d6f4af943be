/* Copies of values, and changes of records; declared in value.h. */
#include "valuebody.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static charts_value *copy_column(const charts_column *from) {
  double *numbers = NULL;
  charts_value *copy = charts_column_make(from->count, &numbers);
  if (copy == NULL)
    return NULL;
  for (size_t i = 0; i < from->count; i++)
    numbers[i] = charts_column_number(from, i);
  charts_column *spec = &copy->as.column.spec;
  spec->logical = from->logical;
  spec->time = from->time;
  if (from->zone != NULL) {
    copy->as.column.zone = memory_text(from->zone, strlen(from->zone));
    spec->zone = copy->as.column.zone;
    if (copy->as.column.zone == NULL) {
      charts_value_free(copy);
      return NULL;
    }
  }
  return copy;
}

charts_value *value_time_column(const charts_value *column, const char *zone) {
  charts_column spec = column->as.column.spec;
  spec.time = CHARTS_TIME_MS;
  spec.zone = zone;
  return copy_column(&spec);
}

static charts_value *copy_members(const charts_value *value) {
  charts_value *copy = value_make(value->kind);
  for (size_t i = 0; copy != NULL && i < value->as.members.count; i++) {
    const char *key = charts_value_key(value, i);
    charts_value *item = value_copy(value->as.members.items[i]);
    if (key != NULL)
      charts_record_set(copy, key, item);
    else
      value_add_member(copy, NULL, item);
  }
  if (copy != NULL && copy->failure == CHARTS_MEMORY) {
    charts_value_free(copy);
    return NULL;
  }
  return copy;
}

charts_value *value_copy(const charts_value *value) {
  switch (charts_value_kind(value)) {
  case CHARTS_NULL:
    return value != NULL ? charts_null() : NULL;
  case CHARTS_BOOLEAN:
    return charts_boolean(value->as.truth);
  case CHARTS_NUMBER: {
    charts_value *copy = charts_number(value->as.number.value);
    if (copy != NULL) {
      copy->failure = value->failure;
      copy->as.number.integer = value->as.number.integer;
    }
    return copy;
  }
  case CHARTS_TEXT:
    return charts_text_of(value->as.text.bytes, value->as.text.length);
  case CHARTS_HANDLE:
    return charts_handle(value->as.handle);
  case CHARTS_READER:
    return charts_reader_new(&value->as.reader.source);
  case CHARTS_COLUMN:
    return copy_column(&value->as.column.spec);
  case CHARTS_LIST:
  case CHARTS_RECORD:
  case CHARTS_FRAME:
    return copy_members(value);
  }
  return NULL;
}

double value_milliseconds(charts_time time, double number) {
  switch (time) {
  case CHARTS_TIME_NONE:
  case CHARTS_TIME_MS:
    return number;
  case CHARTS_TIME_S:
    return round(number * 1e6) / 1e3;
  case CHARTS_TIME_DAYS:
    return round(number * 86400e6) / 1e3;
  case CHARTS_TIME_DATENUM:
    return round((number - 719529) * 86400e6) / 1e3;
  }
  return number;
}

/* One number of a column as JSON knows it. */
static charts_value *plain_number(const charts_column *column, size_t place) {
  double number = charts_column_number(column, place);
  if (isnan(number))
    return charts_null();
  return column->logical ? charts_boolean(number != 0) : charts_number(value_milliseconds(column->time, number));
}

static charts_value *plain_column(const charts_column *column) {
  if (column->count == 1)
    return plain_number(column, 0);
  charts_value *list = charts_list();
  for (size_t i = 0; i < column->count; i++)
    charts_list_add(list, plain_number(column, i));
  return list;
}

static charts_value *plain_frame(const charts_value *frame) {
  charts_value *rows = charts_list();
  size_t width = charts_value_count(frame);
  for (size_t row = 0; row < charts_value_count(charts_value_at(frame, 0)); row++) {
    charts_value *cells = charts_list();
    for (size_t i = 0; i < width; i++) {
      const charts_value *column = charts_value_at(frame, i);
      bool numbers = charts_value_kind(column) == CHARTS_COLUMN;
      charts_list_add(cells, numbers ? plain_number(charts_value_column(column), row)
                                     : value_copy(charts_value_at(column, row)));
    }
    charts_list_add(rows, cells);
  }
  return rows;
}

charts_value *value_plain(const charts_value *value) {
  charts_kind kind = charts_value_kind(value);
  if (kind == CHARTS_COLUMN)
    return plain_column(&value->as.column.spec);
  if (kind == CHARTS_FRAME)
    return plain_frame(value);
  if (kind != CHARTS_LIST && kind != CHARTS_RECORD)
    return value_copy(value);
  charts_value *copy = value_make(kind);
  for (size_t i = 0; copy != NULL && i < value->as.members.count; i++) {
    const char *key = charts_value_key(value, i);
    if (key != NULL)
      charts_record_set(copy, key, value_plain(value->as.members.items[i]));
    else
      value_add_member(copy, NULL, value_plain(value->as.members.items[i]));
  }
  if (copy != NULL && copy->failure == CHARTS_MEMORY) {
    charts_value_free(copy);
    return NULL;
  }
  return copy;
}

void value_replace(charts_value *record, const char *key, charts_value *item) {
  size_t place = value_has_members(record) ? value_find_key(record, key) : 0;
  if (!value_has_members(record) || place == record->as.members.count || item == NULL) {
    charts_record_set(record, key, item);
    return;
  }
  charts_value_free(record->as.members.items[place]);
  record->as.members.items[place] = item;
  if (item->depth >= record->depth)
    record->depth = item->depth + 1;
}

bool value_remove(charts_value *record, const char *key) {
  if (!value_has_members(record))
    return false;
  members *in = &record->as.members;
  size_t place = value_find_key(record, key);
  if (place == in->count)
    return false;
  free(in->keys[place]);
  charts_value_free(in->items[place]);
  memmove(in->items + place, in->items + place + 1, (in->count - place - 1) * sizeof *in->items);
  memmove(in->keys + place, in->keys + place + 1, (in->count - place - 1) * sizeof *in->keys);
  in->count--;
  return true;
}

charts_value *value_merge(const charts_value *base, const charts_value *over) {
  bool both = charts_value_kind(base) == CHARTS_RECORD && charts_value_kind(over) == CHARTS_RECORD;
  if (!both)
    return value_copy(over != NULL ? over : base);
  charts_value *merged = value_copy(base);
  for (size_t i = 0; merged != NULL && i < over->as.members.count; i++) {
    const char *key = charts_value_key(over, i);
    if (key != NULL)
      value_replace(merged, key, value_merge(charts_value_get(base, key), over->as.members.items[i]));
  }
  if (merged != NULL && merged->failure == CHARTS_MEMORY) {
    charts_value_free(merged);
    return NULL;
  }
  return merged;
}

bool value_equal(const charts_value *left, const charts_value *right) {
  buffer one = {0};
  buffer other = {0};
  value_write(&one, left);
  value_write(&other, right);
  bool same = !one.failed && !other.failed && one.length == other.length &&
              (one.length == 0 || memcmp(one.bytes, other.bytes, one.length) == 0);
  buffer_free(&one);
  buffer_free(&other);
  return same;
}
