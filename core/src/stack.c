#include "stack.h"

#include "rawrows.h"
#include "rowscan.h"
#include "stackpyramid.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_ROWS = 1024 };

/* One layer on its way. */
typedef struct reading {
  stack_layer *of;
  char stamp[64]; /* before the reading */
  series_head head;
  rowscan scan;
  rowcursor *cursor;
  double *rows;
  totals all;
  rawrows raw;
  reduction reduced;
} reading;

static charts_status apart(charts_error *error) {
  return error_set(error, CHARTS_TYPE, "the series of the stack do not share x");
}

static charts_status open_layer(reading *in, charts_error *error) {
  struct stat found;
  if (fstat(in->of->descriptor, &found) != 0)
    return error_system(error, errno, "cannot read", in->of->file);
  seriesfile_stamp(in->stamp, &found);
  charts_status status = seriesfile_head(&in->head, in->of->descriptor, in->of->file, error);
  if (status != CHARTS_OK)
    return status;
  return in->head.kind == SERIES_Y || in->head.kind == SERIES_XY ? CHARTS_OK : apart(error);
}

static charts_status begin_pass(reading *in, const window_request *request, charts_error *error) {
  in->scan = (rowscan){.file = in->of->descriptor,
                       .name = in->of->file,
                       .kind = in->head.kind,
                       .from = in->head.data_start + 1,
                       .limit = in->head.limit,
                       .block = BLOCK_ROWS};
  seriesfile_counted_x(in->head.attributes, &in->scan.start, &in->scan.interval);
  in->all = totals_none();
  window_grid grid = window_grid_of(request->from, request->to, request->columns, request->logarithmic);
  in->raw = rawrows_begin(in->of->file, SERIES_XY, request->from, request->to, request->logarithmic,
                          (uint64_t)request->columns * WINDOW_RAW_PER_COLUMN);
  in->reduced = reduction_begin(in->of->file, SERIES_XY, &grid);
  in->cursor = rowcursor_open(&in->scan);
  return in->cursor != NULL ? CHARTS_OK : error_memory(error);
}

static void end_pass(reading *in) {
  rowcursor_close(in->cursor);
  in->cursor = NULL;
  rawrows_free(&in->raw);
  rows_free(&in->reduced.out);
}

/* Adds the layer below to a block; false where x differs. A missing value below is missing in the sum too. */
static bool add_below(double *rows, const double *below, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (rows[2 * i] != below[2 * i])
      return false;
    rows[2 * i + 1] += below[2 * i + 1];
  }
  return true;
}

static charts_status feed(reading *in, size_t count, bool reduce, charts_error *error) {
  charts_status status = CHARTS_OK;
  totals_add_rows(&in->all, SERIES_XY, in->rows, count);
  if (!in->all.sorted)
    return apart(error);
  for (size_t i = 0; i < count && status == CHARTS_OK && !in->raw.over; i++)
    status = rawrows_add(&in->raw, in->rows + 2 * i, NULL, NULL, error);
  return status == CHARTS_OK && reduce ? reduction_add_rows(&in->reduced, in->rows, count, error) : status;
}

/* Reads the same rows of all layers; *count is 0 at the end. */
static charts_status next_block(reading *layers, size_t layer_count, bool reduce, stackpyramid_new *made, size_t *count,
                                charts_error *error) {
  charts_status status = CHARTS_OK;
  for (size_t i = 0; i < layer_count && status == CHARTS_OK; i++) {
    uint64_t offset = 0;
    size_t got = 0;
    status = rowcursor_next(layers[i].cursor, &layers[i].rows, &got, &offset, error);
    if (status == CHARTS_OK && (layers[i].scan.odd || (i > 0 && got != *count)))
      status = apart(error);
    *count = got;
    if (status == CHARTS_OK && i > 0 && !add_below(layers[i].rows, layers[i - 1].rows, got))
      status = apart(error);
    if (status == CHARTS_OK)
      status = feed(&layers[i], got, reduce, error);
    if (status == CHARTS_OK)
      stackpyramid_add(made, i, layers[i].rows, got);
  }
  return status;
}

static charts_status run_pass(reading *layers, size_t count, const window_request *request, bool reduce,
                              stackpyramid_new *made, charts_error *error) {
  charts_status status = CHARTS_OK;
  for (size_t i = 0; i < count && status == CHARTS_OK; i++)
    status = begin_pass(&layers[i], request, error);
  for (size_t rows = 1; status == CHARTS_OK && rows > 0;) {
    if (request->left != NULL && request->left(request->left_context))
      return error_set(error, CHARTS_INTERRUPTED, "nobody waits for the window");
    status = next_block(layers, count, reduce, made, &rows, error);
  }
  for (size_t i = 0; i < count && reduce && status == CHARTS_OK; i++)
    status = reduction_end(&layers[i].reduced, error);
  return status;
}

static void take(reading *in) {
  window *answer = &in->of->answer;
  *answer = (window){.stacked = true, .raw = !in->raw.over};
  window_describe(answer, in->head.kind, &in->all);
  window_take(answer, SERIES_XY, answer->raw ? &in->raw.out : &in->reduced.out);
  memcpy(answer->stamp, in->stamp, sizeof answer->stamp);
}

static charts_status read_passes(reading *layers, size_t count, window_request request, stackpyramid_new *made,
                                 charts_error *error) {
  stackpyramid_new none = {0};
  for (;; made = &none) { /* the first reading is of all rows */
    bool known = isfinite(request.from) && isfinite(request.to) && (!request.logarithmic || request.from > 0);
    charts_status status = run_pass(layers, count, &request, known, made, error);
    bool done = status != CHARTS_OK || known || !layers[0].raw.over;
    request = window_bounded(&request, &layers[0].all);
    for (size_t i = 0; i < count; i++) {
      if (done && status == CHARTS_OK)
        take(&layers[i]);
      end_pass(&layers[i]);
    }
    if (done)
      return status;
  }
}

charts_status stack_read(const directory *opened, stack_layer *layers, size_t count, const window_request *request,
                         charts_error *error) {
  charts_status status = window_check(request, error);
  if (status != CHARTS_OK || stackpyramid_read(opened, layers, count, request))
    return status;
  stackpyramid_new made;
  bool makes = stackpyramid_begin(&made, opened, layers, count);
  reading *in = memory_new_zeroed(count, sizeof *in);
  if (in == NULL) {
    stackpyramid_end(&made, layers, false);
    return error_memory(error);
  }
  for (size_t i = 0; i < count && status == CHARTS_OK; i++) {
    in[i].of = &layers[i];
    status = open_layer(&in[i], error);
  }
  if (status == CHARTS_OK)
    status = read_passes(in, count, *request, &made, error);
  stackpyramid_end(&made, layers, makes && status == CHARTS_OK);
  for (size_t i = 0; i < count; i++)
    series_head_free(&in[i].head);
  free(in);
  return status;
}
