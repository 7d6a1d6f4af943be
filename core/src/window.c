#include "window.h"

#include "bins.h"
#include "rawrows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One reading of the series file. */
typedef struct pass {
  const char *file;
  series_kind kind;
  size_t width;
  const window_request *request;
  bool known;    /* the range is finite: pixel columns exist */
  bool raw_only; /* beyond the limit there is no reduced answer */
  totals all;
  rawrows raw;
  reduction reduced;
} pass;

static const char *const *roles(series_kind kind) {
  static const char *const plain[] = {"x", "y"};
  static const char *const range[] = {"x", "low", "high"};
  static const char *const ohlc[] = {"x", "open", "high", "low", "close"};
  return kind == SERIES_RANGE ? range : kind == SERIES_OHLC ? ohlc : plain;
}

charts_status window_beyond_limit(series_kind kind, const char *file, charts_error *error) {
  if (series_has_texts(kind))
    return error_set(error, CHARTS_LIMIT,
                     "%s: the window holds more than %d named points or point records: zoom in, or give the data as "
                     "[x, y] pairs",
                     file, WINDOW_RAW_LIMIT);
  return error_set(
      error, CHARTS_LIMIT,
      "%s: the window holds more than %d points and their x is not in order: sort the series by x, draw it "
      "as scatter, or zoom in",
      file, WINDOW_RAW_LIMIT);
}

/* ---- One reading ---- */

static charts_status feed(pass *of, const series_block *block, charts_error *error) {
  charts_status status = CHARTS_OK;
  totals_add_rows(&of->all, of->kind, block->rows, block->count);
  for (size_t i = 0; i < block->count && status == CHARTS_OK && !of->raw.over; i++)
    status = rawrows_add(&of->raw, block->rows + i * block->width, block->labels != NULL ? block->labels[i] : NULL,
                         block->records != NULL ? block->records[i] : NULL, error);
  if (status == CHARTS_OK && of->raw.over && of->raw_only && !of->request->points)
    return window_beyond_limit(of->kind, of->file, error);
  if (status == CHARTS_OK && of->known && of->all.sorted && !of->raw_only)
    status = reduction_add_rows(&of->reduced, block->rows, block->count, error);
  return status;
}

static charts_status visit(void *context, const series_block *block, charts_error *error) {
  pass *of = context;
  if (block->width != of->width)
    return error_set(error, CHARTS_INTERNAL, "%s: rows of %zu numbers where %zu were expected", of->file, block->width,
                     of->width);
  if (of->request->left != NULL && of->request->left(of->request->left_context))
    return error_set(error, CHARTS_INTERRUPTED, "nobody waits for the window");
  return feed(of, block, error);
}

static void pass_free(pass *of) {
  rawrows_free(&of->raw);
  rows_free(&of->reduced.out);
}

/* Prepares a reading of the window from..to; with `raw_only` up to the limit that needs no order. */
static void pass_start(pass *of, const char *file, series_kind kind, const window_request *request, bool raw_only) {
  *of = (pass){.file = file, .kind = kind, .width = series_width(kind), .request = request, .all = totals_none()};
  bool logarithmic = request->logarithmic;
  of->known = isfinite(request->from) && isfinite(request->to) && (!logarithmic || request->from > 0);
  of->raw_only = raw_only || series_has_texts(kind);
  uint64_t limit =
      of->raw_only || request->points ? WINDOW_RAW_LIMIT : (uint64_t)request->columns * WINDOW_RAW_PER_COLUMN;
  window_grid grid = window_grid_of(request->from, request->to, request->columns, logarithmic);
  of->raw = rawrows_begin(file, kind, request->from, request->to, logarithmic, limit);
  of->reduced = reduction_begin(file, kind, &grid);
}

static charts_status pass_run(pass *of, int file, const series_head *head, charts_error *error) {
  charts_status status = seriesfile_points(file, of->file, head, visit, of, error);
  return status == CHARTS_OK && of->known ? reduction_end(&of->reduced, error) : status;
}

/* Reads the file until the answer is found: once when the range is given or everything fits, else a second time with
 * the range that the first reading found, or without reduction when x turned out not to be in order. */
static charts_status read_passes(pass *of, int file, const char *name, const series_head *head, window_request *request,
                                 charts_error *error) {
  bool raw_only = false;
  for (;;) {
    pass_start(of, name, head->kind, request, raw_only);
    charts_status status = pass_run(of, file, head, error);
    if (status != CHARTS_OK)
      return status;
    bool enough = !of->raw.over || (of->all.sorted && of->known) || request->points;
    if (!of->all.sorted && of->raw.inside > WINDOW_RAW_LIMIT && !request->points)
      return window_beyond_limit(of->kind, name, error);
    *request = window_bounded(request, &of->all);
    if (enough)
      return CHARTS_OK;
    raw_only = !of->all.sorted;
    pass_free(of);
  }
}

/* ---- The answer ---- */

void window_take(window *answer, series_kind kind, row_columns *from) {
  const char *const *names = roles(kind);
  for (size_t i = 0; i < from->width; i++) {
    answer->columns[answer->column_count++] =
        (window_column){.role = names[i], .numbers = from->numbers[i], .count = from->count};
    from->numbers[i] = NULL;
  }
  if (from->labels != NULL && (kind == SERIES_NAMED || from->labelled)) {
    answer->columns[answer->column_count++] =
        (window_column){.role = "label", .texts = from->labels, .count = from->count};
    from->labels = NULL;
  }
  if (from->records != NULL && kind == SERIES_POINTS) {
    answer->columns[answer->column_count++] =
        (window_column){.role = "point", .texts = from->records, .count = from->count};
    from->records = NULL;
  }
}

void window_describe(window *answer, series_kind kind, const totals *of) {
  answer->kind = kind;
  answer->sorted = of->sorted;
  answer->count = of->count;
  answer->has_x = of->x[0] <= of->x[1];
  answer->has_y = of->y[0] <= of->y[1];
  if (answer->has_x)
    memcpy(answer->x, of->x, sizeof answer->x);
  if (answer->has_y)
    memcpy(answer->y, of->y, sizeof answer->y);
}

window_request window_bounded(const window_request *request, const totals *of) {
  window_request bounded = *request;
  bool open = !isfinite(request->from) || (request->logarithmic && request->from <= 0);
  if (open)
    bounded.from = request->logarithmic ? of->positive : of->x[0];
  if (!isfinite(request->to)) /* a window may begin behind the last point */
    bounded.to = open ? of->x[1] : fmax(request->from, of->x[1]);
  if (!isfinite(bounded.from) || bounded.from > bounded.to) /* a logarithmic axis has no place for any point */
    bounded.from = bounded.to;
  return bounded;
}

charts_status window_check(const window_request *request, charts_error *error) {
  if (request->columns < 1 || request->columns > WINDOW_COLUMNS_MOST)
    return error_set(error, CHARTS_ARGUMENT, "columns: expected a whole number from 1 to %d", WINDOW_COLUMNS_MOST);
  if (isnan(request->from) || isnan(request->to) || request->from > request->to)
    return error_set(error, CHARTS_ARGUMENT,
                     "from, to: expected two numbers, the first at most as large as the second");
  return CHARTS_OK;
}

static charts_status read_text(window *answer, int descriptor, const char *file, const series_head *head,
                               const window_request *request, charts_error *error) {
  pass reading = {0};
  window_request bounded = *request;
  bounded.points = request->points && (head->kind == SERIES_Y || head->kind == SERIES_XY);
  charts_status status = read_passes(&reading, descriptor, file, head, &bounded, error);
  if (status == CHARTS_OK) {
    window_describe(answer, reading.kind, &reading.all);
    answer->raw = !reading.raw.over;
    if (reading.raw.over && bounded.points)
      status = bins_read(answer, descriptor, file, head, &bounded, error);
    else
      window_take(answer, reading.kind, answer->raw ? &reading.raw.out : &reading.reduced.out);
  }
  pass_free(&reading);
  return status;
}

charts_status window_read_open(window *answer, int descriptor, const char *file, const window_request *request,
                               charts_error *error) {
  struct stat found;
  *answer = (window){.sorted = true};
  charts_status status = window_check(request, error);
  if (status != CHARTS_OK)
    return status;
  if (fstat(descriptor, &found) != 0)
    return error_system(error, errno, "cannot read", file);
  series_head head = {0};
  seriesfile_stamp(answer->stamp, &found);
  status = seriesfile_head(&head, descriptor, file, error);
  if (status == CHARTS_OK && head.kind != SERIES_EMPTY)
    status = read_text(answer, descriptor, file, &head, request, error);
  else if (status == CHARTS_OK) {
    answer->kind = SERIES_EMPTY;
    answer->raw = true;
  }
  series_head_free(&head);
  return status;
}

void window_free(window *answer) {
  for (size_t i = 0; i < answer->column_count; i++) {
    window_column *column = &answer->columns[i];
    free(column->numbers);
    for (size_t j = 0; column->texts != NULL && j < column->count; j++)
      free(column->texts[j]);
    free(column->texts);
  }
  *answer = (window){0};
}
