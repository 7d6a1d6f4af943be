/* The text of a series file; declared in seriesfile.h. */
#include "seriesfile.h"

#include "rowblock.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { FLUSH_AT = 1 << 16 };

typedef struct writing {
  buffer text;
  const series_output *to;
  uint64_t written;
  charts_error *error;
} writing;

static charts_status flush(writing *out) {
  if (out->text.failed)
    return error_memory(out->error);
  if (out->text.length == 0)
    return CHARTS_OK;
  charts_status status = out->to->write(out->to->context, out->text.bytes, out->text.length, out->error);
  out->written += out->text.length;
  buffer_clear(&out->text);
  return status;
}

/* ---- Points that are not rows of numbers ---- */

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

/* The y of named points that come in columns; a function gives them in their order. */
static charts_status named_number(double *number, const series *from, size_t place, charts_error *error) {
  if (charts_value_kind(from->columns[0]) != CHARTS_READER) {
    *number = charts_column_number(charts_value_column(from->columns[0]), place);
    return CHARTS_OK;
  }
  size_t got = value_reader_read(from->columns[0], number, 1);
  if (got == SIZE_MAX)
    return error_set(error, CHARTS_INTERRUPTED, "the function that gives the data failed");
  if (got == 0)
    return error_set(error, CHARTS_TYPE, "data of %s: expected columns of equal length, got %zu and %zu", from->name,
                     from->count, place);
  return CHARTS_OK;
}

/* `[name, y]` from a row, or from columns. */
static charts_status write_named(writing *out, const series *from, size_t place) {
  const charts_value *row = from->rows != NULL ? charts_value_at(from->rows, place) : NULL;
  size_t length = 0;
  const char *text = NULL;
  double number = (double)NAN;
  charts_status status = CHARTS_OK;
  if (row != NULL) {
    (void)value_as_text(charts_value_at(row, 0), &text, &length);
    number = rowblock_cell(row, 1);
  } else {
    text = charts_value_text(charts_value_at(from->labels, place), &length);
    status = named_number(&number, from, place, out->error);
  }
  buffer_add_char(&out->text, '[');
  json_write_text(&out->text, text != NULL ? text : "", text != NULL ? length : 0);
  buffer_add_char(&out->text, ',');
  json_write_number(&out->text, number);
  buffer_add_char(&out->text, ']');
  return status;
}

static charts_status write_texts(writing *out, const series *from, bool behind) {
  charts_status status = CHARTS_OK;
  for (size_t i = 0; i < from->count && status == CHARTS_OK; i++) {
    const charts_value *row = from->rows != NULL ? charts_value_at(from->rows, i) : NULL;
    if (i > 0 || behind)
      buffer_add_char(&out->text, ',');
    if (from->kind == SERIES_NAMED)
      status = write_named(out, from, i);
    else if (charts_value_kind(row) == CHARTS_NULL)
      buffer_add_text(&out->text, "null");
    else
      status = write_point(out, from, row);
    if (status == CHARTS_OK && out->text.length > FLUSH_AT)
      status = flush(out);
  }
  return status == CHARTS_OK ? flush(out) : status;
}

charts_status seriesfile_write_points(rowwriter *writer, const series *from, charts_error *error) {
  if (from->kind != SERIES_NAMED && from->kind != SERIES_POINTS && from->kind != SERIES_EMPTY)
    return rowwriter_run(writer, from, error);
  writing out = {.to = writer->to, .error = error};
  charts_status status = write_texts(&out, from, writer->behind);
  writer->state.data_end += out.written;
  writer->state.totals.count += from->count;
  buffer_free(&out.text);
  return status;
}

/* ---- The file ---- */

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

charts_status seriesfile_write(const series *from, bool display, double index, const series_output *to,
                               pyramid_state *state, charts_error *error) {
  writing out = {.to = to, .error = error};
  write_head(&out, from, display, index);
  charts_status status = flush(&out);
  rowwriter writer = {.to = to,
                      .state = {.kind = from->kind,
                                .data_start = out.written - 1,
                                .data_end = out.written,
                                .tail = out.written,
                                .totals = totals_none()}};
  seriesfile_counted_x(from->attributes, &writer.state.start, &writer.state.interval);
  if (status == CHARTS_OK)
    status = seriesfile_write_points(&writer, from, error);
  *state = writer.state;
  if (writer.pending_count == 0)
    state->tail = state->data_end;
  buffer_add_text(&out.text, "]}");
  if (status == CHARTS_OK)
    status = flush(&out);
  buffer_free(&out.text);
  return status;
}
