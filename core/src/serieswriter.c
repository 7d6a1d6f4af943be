/* The text of a series file; declared in seriesfile.h. */
#include "seriesfile.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { FLUSH_AT = 1 << 16 };

typedef struct writing {
  buffer text;
  series_sink sink;
  void *context;
  charts_error *error;
} writing;

static charts_status flush(writing *out) {
  if (out->text.failed)
    return error_memory(out->error);
  if (out->text.length == 0)
    return CHARTS_OK;
  charts_status status = out->sink(out->context, out->text.bytes, out->text.length, out->error);
  buffer_clear(&out->text);
  return status;
}

/* The number at a place of a row (a list or a column); NaN where there is none. */
static double cell_number(const charts_value *row, size_t place) {
  if (charts_value_kind(row) == CHARTS_COLUMN)
    return charts_column_number(charts_value_column(row), place);
  double number = (double)NAN;
  return value_as_number(charts_value_at(row, place), &number) ? number : (double)NAN;
}

static void write_cell(writing *out, const charts_value *row, size_t place) {
  json_write_number(&out->text, cell_number(row, place));
}

static charts_status write_point(writing *out, const series *from, const charts_value *row) {
  charts_value *point = value_plain(row);
  double x;
  if (point != NULL && value_as_number(charts_value_get(point, "x"), &x))
    value_replace(point, "x", charts_number(value_milliseconds(from->time, x)));
  bool failed = point == NULL || value_failed(point);
  if (!failed)
    value_write(&out->text, point);
  charts_value_free(point);
  return failed ? error_memory(out->error) : CHARTS_OK;
}

static charts_status write_row(writing *out, const series *from, const charts_value *row) {
  double number = (double)NAN;
  size_t length = 0;
  const char *text = NULL;
  switch (from->kind) {
  case SERIES_Y:
    if (!value_as_number(row, &number))
      number = (double)NAN;
    json_write_number(&out->text, number);
    return CHARTS_OK;
  case SERIES_POINTS:
    return write_point(out, from, row);
  case SERIES_NAMED:
    (void)value_as_text(charts_value_at(row, 0), &text, &length);
    buffer_add_char(&out->text, '[');
    json_write_text(&out->text, text != NULL ? text : "", length);
    buffer_add_char(&out->text, ',');
    write_cell(out, row, 1);
    buffer_add_char(&out->text, ']');
    return CHARTS_OK;
  default:
    buffer_add_char(&out->text, '[');
    json_write_number(&out->text, value_milliseconds(from->time, cell_number(row, 0)));
    for (size_t i = 1; i < series_width(from->kind); i++) {
      buffer_add_char(&out->text, ',');
      write_cell(out, row, i);
    }
    buffer_add_char(&out->text, ']');
    return CHARTS_OK;
  }
}

/* One point from columns. */
static void write_columns(writing *out, const series *from, size_t row) {
  if (from->kind == SERIES_Y) {
    json_write_number(&out->text, charts_column_number(charts_value_column(from->columns[0]), row));
    return;
  }
  buffer_add_char(&out->text, '[');
  if (from->kind == SERIES_NAMED) {
    size_t length = 0;
    const char *label = charts_value_text(charts_value_at(from->labels, row), &length);
    json_write_text(&out->text, label != NULL ? label : "", length);
    buffer_add_char(&out->text, ',');
    json_write_number(&out->text, charts_column_number(charts_value_column(from->columns[0]), row));
  } else {
    double x = charts_column_number(charts_value_column(from->columns[0]), row);
    json_write_number(&out->text, value_milliseconds(from->time, x));
    for (size_t i = 1; i < series_width(from->kind); i++) {
      buffer_add_char(&out->text, ',');
      json_write_number(&out->text, charts_column_number(charts_value_column(from->columns[i]), row));
    }
  }
  buffer_add_char(&out->text, ']');
}

static charts_status write_reader(writing *out, const charts_value *reader) {
  double block[1024];
  bool first = true;
  for (;;) {
    size_t got = value_reader_read(reader, block, sizeof block / sizeof block[0]);
    if (got == SIZE_MAX)
      return error_set(out->error, CHARTS_INTERRUPTED, "the function that gives the data failed");
    if (got == 0)
      return CHARTS_OK;
    for (size_t i = 0; i < got && i < sizeof block / sizeof block[0]; i++) {
      if (!first)
        buffer_add_char(&out->text, ',');
      first = false;
      json_write_number(&out->text, block[i]);
    }
    charts_status status = out->text.length > FLUSH_AT ? flush(out) : CHARTS_OK;
    if (status != CHARTS_OK)
      return status;
  }
}

static charts_status write_points(writing *out, const series *from) {
  if (from->reader != NULL)
    return write_reader(out, from->reader);
  for (size_t i = 0; i < from->count; i++) {
    if (i > 0)
      buffer_add_char(&out->text, ',');
    charts_status status = CHARTS_OK;
    if (from->rows == NULL)
      write_columns(out, from, i);
    else if (from->kind == SERIES_POINTS && charts_value_kind(charts_value_at(from->rows, i)) == CHARTS_NULL)
      buffer_add_text(&out->text, "null");
    else
      status = write_row(out, from, charts_value_at(from->rows, i));
    if (status == CHARTS_OK && out->text.length > FLUSH_AT)
      status = flush(out);
    if (status != CHARTS_OK)
      return status;
  }
  return CHARTS_OK;
}

static void write_head(writing *out, const series *from, bool display, double index) {
  buffer_add_text(&out->text, "{\"name\":");
  json_write_text(&out->text, from->name, strlen(from->name));
  buffer_add_text(&out->text, display ? ",\"display\":true,\"index\":" : ",\"display\":false,\"index\":");
  json_write_number(&out->text, index);
  if (charts_value_count(from->attributes) > 0) {
    buffer attributes = {0};
    value_write(&attributes, from->attributes);
    out->text.failed = out->text.failed || attributes.failed;
    buffer_add_char(&out->text, ',');
    if (attributes.length > 2)
      buffer_add(&out->text, attributes.bytes + 1, attributes.length - 2);
    buffer_free(&attributes);
  }
  buffer_add_text(&out->text, ",\"data\":[");
}

charts_status seriesfile_write(const series *from, bool display, double index, series_sink sink, void *context,
                               charts_error *error) {
  writing out = {.sink = sink, .context = context, .error = error};
  write_head(&out, from, display, index);
  charts_status status = write_points(&out, from);
  buffer_add_text(&out.text, "]}");
  if (status == CHARTS_OK)
    status = flush(&out);
  buffer_free(&out.text);
  return status;
}
