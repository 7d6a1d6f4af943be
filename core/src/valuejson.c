/* Values <-> JSON; declared in value.h. */
#include "valuebody.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static charts_value *scalar_of(const json_token *token) {
  switch (token->kind) {
  case JSON_TRUE:
  case JSON_FALSE:
    return charts_boolean(token->kind == JSON_TRUE);
  case JSON_NUMBER:
    return charts_number(token->number);
  case JSON_TEXT:
    return charts_text_of(token->text, token->length);
  default:
    return charts_null();
  }
}

/* Reads the members of the list or record that was just opened. A key that comes again replaces, as parsers do. */
static charts_status scan_members(charts_value *value, json_scanner *scanner, charts_error *error) {
  json_token token;
  for (;;) {
    charts_status status = json_next(scanner, &token, error);
    if (status != CHARTS_OK)
      return status;
    if (token.kind == JSON_LIST_CLOSE || token.kind == JSON_RECORD_CLOSE)
      return value->failure == CHARTS_OK ? CHARTS_OK : error_memory(error);
    char *key = NULL;
    if (token.kind == JSON_KEY) {
      if (value->as.members.count == MEMBER_LIMIT)
        return error_set(error, CHARTS_LIMIT, "expected records of at most %d members", (int)MEMBER_LIMIT);
      key = memory_text(token.text, token.length);
      if (key == NULL)
        return error_memory(error);
      status = json_next(scanner, &token, error);
    }
    charts_value *item = NULL;
    if (status == CHARTS_OK)
      status = value_scan(&item, scanner, &token, error);
    if (status != CHARTS_OK) {
      free(key);
      return status;
    }
    if (key == NULL) {
      charts_list_add(value, item);
    } else {
      value_replace(value, key, item);
      free(key);
    }
  }
}

charts_status value_scan(charts_value **value, json_scanner *scanner, const json_token *token, charts_error *error) {
  bool list = token->kind == JSON_LIST_OPEN;
  bool record = token->kind == JSON_RECORD_OPEN;
  *value = list ? charts_list() : record ? charts_record() : scalar_of(token);
  if (*value == NULL)
    return error_memory(error);
  if (!list && !record)
    return CHARTS_OK;
  charts_status status = scan_members(*value, scanner, error);
  if (status != CHARTS_OK) {
    charts_value_free(*value);
    *value = NULL;
  }
  return status;
}

charts_status value_parse(charts_value **value, const char *text, size_t length, charts_error *error) {
  *value = NULL;
  json_scanner *scanner = json_scan_text(text, length, false);
  if (scanner == NULL)
    return error_memory(error);
  json_token token;
  charts_status status = json_next(scanner, &token, error);
  if (status == CHARTS_OK)
    status = value_scan(value, scanner, &token, error);
  if (status == CHARTS_OK)
    status = json_next(scanner, &token, error);
  json_scanner_free(scanner);
  if (status != CHARTS_OK) {
    charts_value_free(*value);
    *value = NULL;
  }
  return status;
}

static void write_column(buffer *to, const charts_column *column) {
  buffer_add_char(to, '[');
  for (size_t i = 0; i < column->count; i++) {
    double number = charts_column_number(column, i);
    if (i > 0)
      buffer_add_char(to, ',');
    if (column->logical && !isnan(number))
      buffer_add_text(to, number != 0 ? "true" : "false");
    else
      json_write_number(to, number);
  }
  buffer_add_char(to, ']');
}

static void write_cell(buffer *to, const charts_value *column, size_t row) {
  if (charts_value_kind(column) == CHARTS_COLUMN)
    json_write_number(to, charts_column_number(charts_value_column(column), row));
  else
    value_write(to, charts_value_at(column, row));
}

static void write_frame(buffer *to, const charts_value *frame) {
  size_t width = charts_value_count(frame);
  size_t rows = charts_value_count(charts_value_at(frame, 0));
  buffer_add_char(to, '[');
  for (size_t row = 0; row < rows; row++) {
    buffer_add_text(to, row > 0 ? ",[" : "[");
    for (size_t i = 0; i < width; i++) {
      if (i > 0)
        buffer_add_char(to, ',');
      write_cell(to, charts_value_at(frame, i), row);
    }
    buffer_add_char(to, ']');
  }
  buffer_add_char(to, ']');
}

static void write_record(buffer *to, const charts_value *record) {
  size_t count = 0;
  const char **keys = value_sorted_keys(record, &count);
  if (keys == NULL) {
    to->failed = true;
    return;
  }
  buffer_add_char(to, '{');
  for (size_t i = 0; i < count; i++) {
    if (i > 0)
      buffer_add_char(to, ',');
    json_write_text(to, keys[i], strlen(keys[i]));
    buffer_add_char(to, ':');
    value_write(to, charts_value_get(record, keys[i]));
  }
  buffer_add_char(to, '}');
  free(keys);
}

void value_write(buffer *to, const charts_value *value) {
  switch (charts_value_kind(value)) {
  case CHARTS_BOOLEAN:
    buffer_add_text(to, value->as.truth ? "true" : "false");
    return;
  case CHARTS_NUMBER:
    json_write_number(to, value->as.number.value);
    return;
  case CHARTS_TEXT:
    json_write_text(to, value->as.text.bytes, value->as.text.length);
    return;
  case CHARTS_LIST:
    buffer_add_char(to, '[');
    for (size_t i = 0; i < value->as.members.count; i++) {
      if (i > 0)
        buffer_add_char(to, ',');
      value_write(to, value->as.members.items[i]);
    }
    buffer_add_char(to, ']');
    return;
  case CHARTS_RECORD:
    write_record(to, value);
    return;
  case CHARTS_COLUMN:
    write_column(to, &value->as.column.spec);
    return;
  case CHARTS_FRAME:
    write_frame(to, value);
    return;
  case CHARTS_NULL:
  case CHARTS_HANDLE:
  case CHARTS_READER:
    buffer_add_text(to, "null");
    return;
  }
}

charts_status charts_value_parse(charts_value **value, const char *json, size_t length, charts_error *error) {
  return value_parse(value, json, length, error);
}

charts_status charts_value_write(char **text, const charts_value *value, charts_error *error) {
  buffer to = {0};
  value_write(&to, value);
  *text = NULL;
  if (to.failed) {
    buffer_free(&to);
    return error_memory(error);
  }
  *text = to.bytes;
  return CHARTS_OK;
}

void charts_text_free(char *text) {
  free(text);
}
