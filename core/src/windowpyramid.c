/* Answering a window by a pyramid; declared in window.h. */
#include "bins.h"
#include "rawrows.h"
#include "windowruns.h"

#include <math.h>
#include <stdlib.h>

/* A window on its way. */
typedef struct answering {
  window *answer;
  const pyramid_source *source;
  series_kind kind;
  const window_request *request; /* with finite ends */
  size_t width;
  uint64_t begin; /* the rows that count: those inside, and their neighbours */
  uint64_t end;
  rawrows raw;
  bins counted;
  double low;
  double high;
} answering;

static bool nobody_waits(const answering *in) {
  return in->request->left != NULL && in->request->left(in->request->left_context);
}

/* Rows [*from, *to) of a block that count; false when there are none. */
static bool rows_wanted(const answering *in, uint64_t first, size_t count, size_t *from, size_t *to) {
  if (first + count <= in->begin || first >= in->end)
    return false;
  *from = in->begin > first ? (size_t)(in->begin - first) : 0;
  *to = in->end - first < count ? (size_t)(in->end - first) : count;
  return true;
}

/* Runs outside the rows that count are passed over; ends the walk behind them. */
static bool run_outside(const answering *in, uint64_t first, uint64_t count, walk_step *step) {
  if (first >= in->end)
    *step = WALK_STOP;
  return first + count <= in->begin || first >= in->end;
}

/* ---- Reduced ---- */

static charts_status read_reduced(answering *in, charts_error *error) {
  const window_request *request = in->request;
  window_grid grid = window_grid_of(request->from, request->to, request->columns, request->logarithmic);
  reduction reduced = reduction_begin(in->source->name, in->kind, &grid);
  charts_status status = windowruns_reduce(&reduced, in->source, in->begin, in->end, error);
  if (status == CHARTS_OK)
    status = reduction_end(&reduced, error);
  if (status == CHARTS_OK)
    window_take(in->answer, in->kind, &reduced.out);
  rows_free(&reduced.out);
  return status;
}

/* ---- Raw ---- */

static charts_status split_run(void *context, const summary *of, uint64_t first, uint64_t count, walk_step *step,
                               charts_error *error) {
  const answering *in = context;
  (void)of;
  (void)error;
  if (!run_outside(in, first, count, step))
    *step = WALK_SPLIT;
  return CHARTS_OK;
}

static charts_status raw_rows(void *context, const double *rows, size_t count, uint64_t first, walk_step *step,
                              charts_error *error) {
  answering *in = context;
  size_t from = 0;
  size_t to = 0;
  charts_status status = CHARTS_OK;
  (void)step;
  if (!rows_wanted(in, first, count, &from, &to))
    return CHARTS_OK;
  for (size_t i = from; i < to && status == CHARTS_OK; i++)
    status = rawrows_add(&in->raw, rows + i * in->width, NULL, NULL, error);
  return status;
}

static charts_status read_raw(answering *in, charts_error *error) {
  const window_request *request = in->request;
  pyramid_walk by = {in->source, in, split_run, raw_rows};
  in->raw = rawrows_begin(in->source->name, in->kind, request->from, request->to, request->logarithmic, UINT64_MAX);
  charts_status status = pyramid_walk_run(&by, error);
  if (status == CHARTS_OK) {
    in->answer->raw = true;
    window_take(in->answer, in->kind, &in->raw.out);
  }
  rawrows_free(&in->raw);
  return status;
}

/* ---- Bins ---- */

static charts_status range_run(void *context, const summary *of, uint64_t first, uint64_t count, walk_step *step,
                               charts_error *error) {
  answering *in = context;
  (void)error;
  if (run_outside(in, first, count, step))
    return CHARTS_OK;
  if (first < in->begin || first + count > in->end) {
    *step = WALK_SPLIT;
  } else if (!(of->flags & SUMMARY_EMPTY)) {
    in->low = fmin(in->low, of->values[SUMMARY_LOW]);
    in->high = fmax(in->high, of->values[SUMMARY_HIGH]);
  }
  return CHARTS_OK;
}

static charts_status range_rows(void *context, const double *rows, size_t count, uint64_t first, walk_step *step,
                                charts_error *error) {
  answering *in = context;
  size_t from = 0;
  size_t to = 0;
  (void)step;
  (void)error;
  if (!rows_wanted(in, first, count, &from, &to))
    return CHARTS_OK;
  for (size_t i = from; i < to; i++) {
    if (!isfinite(rows[2 * i + 1]))
      continue;
    in->low = fmin(in->low, rows[2 * i + 1]);
    in->high = fmax(in->high, rows[2 * i + 1]);
  }
  return CHARTS_OK;
}

static charts_status count_rows(void *context, const double *rows, size_t count, uint64_t first, walk_step *step,
                                charts_error *error) {
  answering *in = context;
  size_t from = 0;
  size_t to = 0;
  (void)step;
  if (!rows_wanted(in, first, count, &from, &to))
    return CHARTS_OK;
  if (nobody_waits(in))
    return error_set(error, CHARTS_INTERRUPTED, "nobody waits for the window");
  bins_add(&in->counted, rows + 2 * from, to - from);
  return CHARTS_OK;
}

static charts_status read_bins(answering *in, charts_error *error) {
  const window_request *request = in->request;
  pyramid_walk range = {in->source, in, range_run, range_rows};
  pyramid_walk by = {in->source, in, split_run, count_rows};
  charts_status status = CHARTS_OK;
  in->low = INFINITY;
  in->high = -INFINITY;
  if (!isfinite(request->bin_low) || !isfinite(request->bin_high))
    status = pyramid_walk_run(&range, error);
  if (isfinite(request->bin_low))
    in->low = request->bin_low;
  if (isfinite(request->bin_high))
    in->high = request->bin_high;
  if (status == CHARTS_OK)
    status = bins_begin(&in->counted, request, in->low, in->high, error);
  if (status == CHARTS_OK)
    status = pyramid_walk_run(&by, error);
  if (status == CHARTS_OK)
    status = bins_take(in->answer, &in->counted, error);
  bins_free(&in->counted);
  return status;
}

/* ---- The answer ---- */

/* Finds the rows inside, and then the answer that fits them. */
static charts_status read_rows(answering *in, charts_error *error) {
  const window_request *request = in->request;
  uint64_t first = 0;
  uint64_t behind = 0;
  charts_status status = pyramid_count_below(&first, in->source, request->from, false, error);
  if (status == CHARTS_OK)
    status = pyramid_count_below(&behind, in->source, request->to, true, error);
  if (status != CHARTS_OK)
    return status;
  uint64_t inside = behind > first ? behind - first : 0;
  bool points = request->points && in->width == 2;
  if (points && inside > WINDOW_RAW_LIMIT) {
    in->begin = first;
    in->end = behind;
    return read_bins(in, error);
  }
  in->begin = first > 0 ? first - 1 : 0;
  in->end = behind < in->source->all.count ? behind + 1 : behind;
  uint64_t limit = points ? WINDOW_RAW_LIMIT : (uint64_t)request->columns * WINDOW_RAW_PER_COLUMN;
  return inside <= limit ? read_raw(in, error) : read_reduced(in, error);
}

charts_status window_read_pyramid(window *answer, const pyramid_source *source, const window_request *request,
                                  charts_error *error) {
  const totals *all = &source->all;
  window_request bounded = window_bounded(request, all);
  charts_status status = window_check(request, error);
  if (status != CHARTS_OK)
    return status;
  if (!all->sorted)
    return error_set(error, CHARTS_INTERNAL, "%s: a pyramid of unsorted x answers no window", source->name);
  answering in = {
      .answer = answer, .source = source, .kind = pyramid_state_of(source->from)->kind, .request = &bounded};
  in.width = series_width(in.kind);
  window_describe(answer, in.kind, all);
  status = read_rows(&in, error);
  if (status != CHARTS_OK)
    window_free(answer);
  return status;
}
