/* The text of a series file; declared in seriesfile.h. */
#include "seriesfile.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FLUSH_AT = 1 << 16 };

typedef struct writing {
  buffer text;
  series_sink sink;
  void *context;
  charts_error *error;
  struct cursor *cursors;
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

static void write_numbers(writing *out, const series *from, const double *numbers, size_t width) {
  json_write_number(&out->text, value_milliseconds(from->time, numbers[0]));
  for (size_t i = 1; i < width; i++) {
    buffer_add_char(&out->text, ',');
    json_write_number(&out->text, numbers[i]);
  }
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

/* ---- What a reader gives, checked on its way ---- */

enum { BLOCK = 960 }; /* numbers read at once: whole rows of every width */

/* How far a column that a function gives is read. */
typedef struct cursor {
  double block[BLOCK];
  size_t place;
  size_t got;
} cursor;

static charts_status read_failed(writing *out) {
  return error_set(out->error, CHARTS_INTERRUPTED, "the function that gives the data failed");
}

static charts_status x_missing(writing *out, const series *from, size_t row) {
  return error_set(out->error, CHARTS_TYPE, "data of %s: row %zu: expected a finite x, got none", from->name, row + 1);
}

/* The number of column `i` at the next row, `row`. */
static charts_status next_number(double *number, writing *out, const series *from, size_t i, size_t row) {
  const charts_value *column = from->columns[i];
  bool is_x = i == 0 && from->kind != SERIES_Y && from->kind != SERIES_NAMED;
  if (charts_value_kind(column) != CHARTS_READER) {
    *number = charts_column_number(charts_value_column(column), row);
    return CHARTS_OK;
  }
  cursor *at = &out->cursors[i];
  if (at->place == at->got) {
    at->place = 0;
    at->got = value_reader_read(column, at->block, BLOCK);
    if (at->got == SIZE_MAX)
      return read_failed(out);
    if (at->got == 0)
      return error_set(out->error, CHARTS_TYPE, "data of %s: expected columns of equal length, got %zu and %zu",
                       from->name, from->count, row);
  }
  *number = at->block[at->place++];
  return is_x && !isfinite(*number) ? x_missing(out, from, row) : CHARTS_OK;
}

/* One point from columns. */
static charts_status write_columns(writing *out, const series *from, size_t row) {
  size_t width = from->kind == SERIES_Y || from->kind == SERIES_NAMED ? 1 : series_width(from->kind);
  double numbers[5] = {0};
  for (size_t i = 0; i < width; i++) {
    charts_status status = next_number(&numbers[i], out, from, i, row);
    if (status != CHARTS_OK)
      return status;
  }
  if (from->kind == SERIES_Y) {
    json_write_number(&out->text, numbers[0]);
    return CHARTS_OK;
  }
  buffer_add_char(&out->text, '[');
  if (from->kind == SERIES_NAMED) {
    size_t length = 0;
    const char *label = charts_value_text(charts_value_at(from->labels, row), &length);
    json_write_text(&out->text, label != NULL ? label : "", length);
    buffer_add_char(&out->text, ',');
    json_write_number(&out->text, numbers[0]);
  } else {
    write_numbers(out, from, numbers, width);
  }
  buffer_add_char(&out->text, ']');
  return CHARTS_OK;
}

static charts_status write_read_row(writing *out, const series *from, const double *numbers, size_t row) {
  size_t width = value_reader_width(from->reader);
  if (row > 0)
    buffer_add_char(&out->text, ',');
  if (width == 1) {
    json_write_number(&out->text, numbers[0]);
    return CHARTS_OK;
  }
  buffer_add_char(&out->text, '[');
  write_numbers(out, from, numbers, width);
  buffer_add_char(&out->text, ']');
  return isfinite(numbers[0]) ? CHARTS_OK : x_missing(out, from, row);
}

static charts_status write_reader(writing *out, const series *from) {
  double block[BLOCK];
  size_t width = value_reader_width(from->reader);
  for (size_t row = 0;;) {
    size_t got = value_reader_read(from->reader, block, BLOCK);
    if (got == SIZE_MAX)
      return read_failed(out);
    if (got == 0)
      return CHARTS_OK;
    charts_status status = CHARTS_OK;
    for (size_t i = 0; status == CHARTS_OK && i + width <= got && i < BLOCK; i += width)
      status = write_read_row(out, from, block + i, row++);
    if (status == CHARTS_OK && out->text.length > FLUSH_AT)
      status = flush(out);
    if (status != CHARTS_OK)
      return status;
  }
}

static charts_status write_points(writing *out, const series *from) {
  if (from->reader != NULL)
    return write_reader(out, from);
  out->cursors = memory_new_zeroed(5, sizeof *out->cursors);
  if (out->cursors == NULL)
    return error_memory(out->error);
  for (size_t i = 0; i < from->count; i++) {
    if (i > 0)
      buffer_add_char(&out->text, ',');
    charts_status status = CHARTS_OK;
    if (from->rows == NULL)
      status = write_columns(out, from, i);
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
  free(out.cursors);
  return status;
}
