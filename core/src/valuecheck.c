/* What a value counts as, and what is wrong with it; declared in value.h. */
#include "valuebody.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Scalars by the rules of the waist ---- */

/* The one item of a list of one. */
static const charts_value *only_item(const charts_value *value) {
  if (charts_value_kind(value) == CHARTS_LIST && charts_value_count(value) == 1)
    return charts_value_at(value, 0);
  return value;
}

bool value_as_number(const charts_value *value, double *number) {
  value = only_item(value);
  const charts_column *column = charts_value_column(value);
  if (column != NULL && column->count == 1 && !column->logical) {
    *number = charts_column_number(column, 0);
    return true;
  }
  *number = charts_value_number(value);
  return charts_value_kind(value) == CHARTS_NUMBER;
}

bool value_as_boolean(const charts_value *value, bool *truth) {
  value = only_item(value);
  const charts_column *column = charts_value_column(value);
  if (column != NULL && column->count == 1 && column->logical) {
    double number = charts_column_number(column, 0);
    *truth = number != 0;
    return !isnan(number);
  }
  *truth = charts_value_boolean(value);
  return charts_value_kind(value) == CHARTS_BOOLEAN;
}

bool value_as_text(const charts_value *value, const char **text, size_t *length) {
  *text = charts_value_text(only_item(value), length);
  return *text != NULL;
}

const char *value_kind_name(const charts_value *value) {
  const charts_column *column = charts_value_column(value);
  switch (charts_value_kind(value)) {
  case CHARTS_NULL:
    return "nothing (null)";
  case CHARTS_BOOLEAN:
    return "true or false";
  case CHARTS_NUMBER:
    return "a number";
  case CHARTS_TEXT:
    return "text";
  case CHARTS_LIST:
    return "a list";
  case CHARTS_RECORD:
    return "a record";
  case CHARTS_HANDLE:
    return "a chart";
  case CHARTS_COLUMN:
    if (column->count == 1)
      return column->logical ? "true or false" : "a number";
    return column->logical ? "a list of truth values" : "a list of numbers";
  case CHARTS_FRAME:
    return "a frame";
  case CHARTS_READER:
    return value->as.reader.source.count == SIZE_MAX ? "a function" : "a list of numbers";
  }
  return "an unknown value";
}

/* ---- Checks ---- */

bool value_failed(const charts_value *value) {
  return value == NULL || value->failure != CHARTS_OK;
}

static int compare_keys(const void *left, const void *right) {
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The keys of a record in byte order (positional ones left out), for the caller to free; NULL when memory is out. */
const char **value_sorted_keys(const charts_value *record, size_t *count) {
  const members *in = &record->as.members;
  const char **keys = memory_new(in->count * sizeof *keys);
  *count = 0;
  for (size_t i = 0; keys != NULL && in->keys != NULL && i < in->count; i++)
    if (in->keys[i] != NULL)
      keys[(*count)++] = in->keys[i];
  if (keys != NULL && *count > 1)
    qsort(keys, *count, sizeof *keys, compare_keys);
  return keys;
}

static charts_status check_doubles(const charts_value *record, const char *path, charts_error *error) {
  size_t count = 0;
  const char **keys = value_sorted_keys(record, &count);
  if (keys == NULL)
    return error_memory(error);
  charts_status status = CHARTS_OK;
  for (size_t i = 1; i < count && status == CHARTS_OK; i++)
    if (strcmp(keys[i], keys[i - 1]) == 0)
      status = error_set(error, CHARTS_NAME, "%s: %s is given twice", path, keys[i]);
  free(keys);
  return status;
}

static charts_status describe_failure(const charts_value *value, const char *path, charts_error *error) {
  if (value->kind == CHARTS_NUMBER)
    return error_set(error, CHARTS_ARGUMENT,
                     "%s: the integer %" PRId64 " cannot be kept exactly; expected one between -2^53 and 2^53", path,
                     value->as.number.integer);
  if (value->failure == CHARTS_LIMIT)
    return error_set(error, CHARTS_LIMIT, "%s: expected at most %d levels of lists and records", path,
                     (int)VALUE_DEPTH);
  if (value->failure == CHARTS_NAME)
    return error_set(error, CHARTS_NAME, "%s: expected text in UTF-8", path);
  return error_memory(error);
}

charts_status value_check(const charts_value *value, const char *path, charts_error *error) {
  if (value == NULL)
    return error_memory(error);
  if (!value_has_members(value))
    return value->failure == CHARTS_OK ? CHARTS_OK : describe_failure(value, path, error);
  charts_status status = value->kind == CHARTS_RECORD ? check_doubles(value, path, error) : CHARTS_OK;
  for (size_t i = 0; i < value->as.members.count && status == CHARTS_OK; i++) {
    const charts_value *item = value->as.members.items[i];
    if (!value_has_members(item) && item->failure == CHARTS_OK)
      continue;
    const char *key = charts_value_key(value, i);
    char inner[256];
    if (key != NULL && utf8_valid(key, strlen(key)))
      (void)snprintf(inner, sizeof inner, "%s%s%s", path, *path != '\0' ? "." : "", key);
    else
      (void)snprintf(inner, sizeof inner, "%s%s%zu", path, *path != '\0' ? "." : "", i + 1);
    status = value_check(item, inner, error);
  }
  if (status == CHARTS_OK && value->failure != CHARTS_OK)
    status = describe_failure(value, path, error);
  return status;
}
