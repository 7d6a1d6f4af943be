/* The verb that adds to what series hold: append. */
#include "append.h"
#include "call.h"

#include <math.h>
#include <string.h>

/* ---- append(x, {loss = …, acc = …}): values of several series at the same x ---- */

static charts_value *list_column(const charts_value *list) {
  double *numbers = NULL;
  charts_value *column = charts_column_make(charts_value_count(list), &numbers);
  for (size_t i = 0; column != NULL && i < charts_value_count(list); i++)
    if (!value_as_number(charts_value_at(list, i), &numbers[i]))
      numbers[i] = (double)NAN;
  return column;
}

static bool is_number_or_gap(const charts_value *value) {
  double number;
  return charts_value_kind(value) == CHARTS_NULL || value_as_number(value, &number);
}

/* Whether a value stands for numbers, one or several. */
static bool is_numbers(const charts_value *value) {
  if (charts_value_kind(value) == CHARTS_READER)
    return true;
  if (charts_value_kind(value) == CHARTS_COLUMN)
    return !charts_value_column(value)->logical;
  if (charts_value_kind(value) != CHARTS_LIST)
    return is_number_or_gap(value);
  for (size_t i = 0; i < charts_value_count(value); i++)
    if (!is_number_or_gap(charts_value_at(value, i)))
      return false;
  return true;
}

/* Numbers as a column of a frame: what is in memory is borrowed. NULL when memory is out. */
static charts_value *as_column(const charts_value *value) {
  double *number = NULL;
  charts_value *column = NULL;
  switch (charts_value_kind(value)) {
  case CHARTS_COLUMN:
    return charts_column_new(charts_value_column(value));
  case CHARTS_READER:
    return value_copy(value);
  case CHARTS_LIST:
    return list_column(value);
  default:
    column = charts_column_make(1, &number);
    if (column != NULL && !value_as_number(value, number))
      *number = (double)NAN;
    return column;
  }
}

/* Adds the series `name` with the pairs of x and `values` to a list of series. */
static charts_status add_pairs(call *of, charts_value *list, const char *name, const charts_value *values) {
  const charts_value *x = arguments_get(&of->bound, "series");
  if (name == NULL)
    return error_set(of->error, CHARTS_NAME, "name: expected the values of series by their names, got one without");
  if (!is_numbers(values))
    return error_set(of->error, CHARTS_TYPE, "name.%s: expected a number, or as many as there are x, got %s", name,
                     value_kind_name(values));
  if (charts_value_kind(x) == CHARTS_READER && charts_value_count(list) > 0 && !value_reader_restarts(x))
    return error_set(of->error, CHARTS_TYPE, "series: the x of several series can be read only once, for one series");
  charts_value *frame = charts_frame();
  charts_frame_add(frame, NULL, as_column(x));
  charts_frame_add(frame, NULL, as_column(values));
  charts_value *pairs = charts_record();
  charts_record_set(pairs, "name", charts_text(name));
  charts_record_set(pairs, "data", frame);
  charts_list_add(list, pairs);
  return value_failed(list) ? value_check(list, "series", of->error) : CHARTS_OK;
}

/* The list of series of such a call. *list is the caller's, also after an error. */
static charts_status make_pairs(call *of, charts_value **list) {
  const charts_value *x = arguments_get(&of->bound, "series");
  const charts_value *name = arguments_get(&of->bound, "name");
  const charts_value *rest = of->bound.rest;
  charts_status status = CHARTS_OK;
  *list = charts_list();
  if (x == NULL || !is_numbers(x))
    return error_set(of->error, CHARTS_TYPE, "series: expected x, a number or a list of numbers, got %s",
                     value_kind_name(x));
  for (size_t i = 0; i < charts_value_count(name) && status == CHARTS_OK; i++)
    status = add_pairs(of, *list, charts_value_key(name, i), charts_value_at(name, i));
  for (size_t i = 0; i < charts_value_count(rest) && status == CHARTS_OK; i++) {
    const char *key = charts_value_key(rest, i);
    if (key != NULL && !arguments_know(&of->bound, key))
      status = add_pairs(of, *list, key, charts_value_at(rest, i));
  }
  return status;
}

/* ---- Any form ---- */

/* What a series says of itself is for a series that is put. What it says of x follows from the columns. */
static charts_status check_bare(call *of, const series *given) {
  const char *key = given->display_given ? "display" : given->index_given ? "index" : NULL;
  for (size_t i = 0; i < charts_value_count(given->attributes) && key == NULL; i++) {
    const char *attribute = charts_value_key(given->attributes, i);
    if (strcmp(attribute, "xtype") != 0 && strcmp(attribute, "timezone") != 0)
      key = attribute;
  }
  if (key == NULL)
    return CHARTS_OK;
  return error_set(of->error, CHARTS_ARGUMENT, "series %s: append takes data alone, got %s; plot sets attributes",
                   given->name, key);
}

static charts_status append_list(call *of, chart *to, series_list *list) {
  directory *opened = NULL;
  progress shown;
  charts_status status = CHARTS_OK;
  for (size_t i = 0; i < list->count && status == CHARTS_OK; i++)
    status = check_bare(of, &list->items[i]);
  if (status == CHARTS_OK)
    status = directory_open(&opened, to->path, DIRECTORY_WRITE, of->error);
  if (status != CHARTS_OK)
    return status;
  status = call_sync(of, to, opened);
  call_begin_progress(of, &shown, list, directory_path(opened));
  if (status == CHARTS_OK && list->count > 0)
    status = append_series(opened, list, of->error);
  call_end_progress(&shown, list);
  directory_close(opened);
  return status;
}

charts_status call_append(call *of) {
  chart *to = NULL;
  charts_value *pairs = NULL;
  series_list list = {0};
  const charts_value *value = arguments_get(&of->bound, "series");
  charts_kind name = charts_value_kind(arguments_get(&of->bound, "name"));
  bool named = name == CHARTS_RECORD || name == CHARTS_FRAME || of->bound.rest != NULL;
  charts_status status = call_find_chart(of, &to);
  if (status == CHARTS_OK && named)
    status = make_pairs(of, &pairs);
  if (status == CHARTS_OK)
    status = call_read_series(of, &list, named ? pairs : value, !named);
  if (status == CHARTS_OK) {
    status = append_list(of, to, &list);
    series_list_free(&list);
  }
  charts_value_free(pairs);
  return status;
}
