#include "rawrows.h"

#include <string.h>

rawrows rawrows_begin(const char *file, series_kind kind, double from, double to, bool logarithmic, uint64_t limit) {
  return (rawrows){.kind = kind,
                   .from = from,
                   .to = to,
                   .logarithmic = logarithmic,
                   .limit = limit,
                   .out = {.file = file, .width = series_width(kind), .texts = series_has_texts(kind)}};
}

void rawrows_free(rawrows *of) {
  rows_free(&of->out);
  buffer_free(&of->label);
  buffer_free(&of->record);
}

/* -1: left of the window, 0: inside, 1: right of it. */
static int side_of(const rawrows *of, double x) {
  if (x < of->from || (of->logarithmic && x <= 0))
    return -1;
  return x > of->to ? 1 : 0;
}

/* Takes a row. Where the row before it in the file was not taken, the line is broken. */
static charts_status take(rawrows *to, const double *numbers, bool follows, const char *label, const char *record,
                          charts_error *error) {
  if (!follows && to->out.count > 0) {
    charts_status status = rows_break(&to->out, to->out.numbers[0][to->out.count - 1], error);
    if (status != CHARTS_OK)
      return status;
  }
  return rows_add(&to->out, numbers, label, record, error);
}

static charts_status take_previous(rawrows *to, charts_error *error) {
  if (to->previous_taken)
    return CHARTS_OK;
  to->previous_taken = true;
  return take(to, to->previous, false, to->has_label ? to->label.bytes : NULL, to->has_record ? to->record.bytes : NULL,
              error);
}

static bool keep_text(buffer *in, bool *has, const char *text) {
  *has = text != NULL;
  buffer_clear(in);
  if (text != NULL)
    buffer_add(in, text, strlen(text));
  return !in->failed;
}

charts_status rawrows_add(rawrows *to, const double *numbers, const char *label, const char *record,
                          charts_error *error) {
  if (to->over)
    return CHARTS_OK;
  int side = side_of(to, numbers[0]);
  bool gap = summary_is_gap(to->kind, numbers) || (to->logarithmic && numbers[0] <= 0);
  bool joined = to->has_previous && !to->previous_gap && !gap;
  bool crosses = joined && (side == 0 || to->previous_side == 0 || side != to->previous_side);
  bool taken = side == 0 || crosses;
  charts_status status = CHARTS_OK;
  to->inside += side == 0 ? 1 : 0;
  if (to->inside > to->limit) {
    rows_free(&to->out);
    to->over = true;
    return CHARTS_OK;
  }
  if (crosses)
    status = take_previous(to, error);
  if (status == CHARTS_OK && taken)
    status = take(to, numbers, to->has_previous && to->previous_taken, label, record, error);
  to->previous_taken = taken;
  to->previous_side = side;
  to->previous_gap = gap;
  to->has_previous = true;
  memcpy(to->previous, numbers, to->out.width * sizeof *numbers);
  if (status == CHARTS_OK && series_has_texts(to->kind) && !taken &&
      (!keep_text(&to->label, &to->has_label, label) || !keep_text(&to->record, &to->has_record, record)))
    return error_memory(error);
  return status;
}
