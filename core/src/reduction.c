#include "reduction.h"

#include <math.h>
#include <string.h>

window_grid window_grid_of(double from, double to, size_t columns, bool logarithmic) {
  window_grid grid = {.from = from, .to = to, .columns = columns, .logarithmic = logarithmic};
  grid.scale = isfinite(to - from) ? 1 : 0.5;
  grid.start = logarithmic ? log(from) : from * grid.scale;
  grid.span = (logarithmic ? log(to) : to * grid.scale) - grid.start;
  return grid;
}

long window_grid_place(const window_grid *grid, double x) {
  if (x < grid->from || (grid->logarithmic && x <= 0))
    return -1;
  if (x > grid->to)
    return (long)grid->columns;
  if (!(grid->span > 0))
    return 0;
  double position = grid->logarithmic ? log(x) : x * grid->scale;
  double column = floor((position - grid->start) / grid->span * (double)grid->columns);
  if (column < 0)
    return 0;
  return column < (double)grid->columns ? (long)column : (long)grid->columns - 1;
}

reduction reduction_begin(const char *file, series_kind kind, const window_grid *grid) {
  return (reduction){.kind = kind, .grid = *grid, .out = {.file = file, .width = series_width(kind)}};
}

static charts_status vertex(reduction *of, double x, double y, charts_error *error) {
  const row_columns *to = &of->out;
  size_t last = to->count - 1;
  if (of->drawn && to->numbers[0][last] == x && to->numbers[1][last] == y)
    return CHARTS_OK;
  double numbers[2] = {x, y};
  of->drawn = true;
  return rows_add(&of->out, numbers, NULL, NULL, error);
}

static charts_status bar(reduction *of, charts_error *error) {
  double numbers[SUMMARY_WIDTH];
  numbers[0] = of->current.first_x;
  memcpy(numbers + 1, of->current.values, (of->out.width - 1) * sizeof *numbers);
  of->drawn = true;
  return rows_add(&of->out, numbers, NULL, NULL, error);
}

/* Writes the vertices of the current run. Left of the window only its last point counts, right of it the first, and
 * each only where a line leads there. */
static charts_status flush(reduction *of, charts_error *error) {
  const summary *run = &of->current;
  const double *values = run->values;
  if (!of->any || (of->column < 0 && of->gap))
    return CHARTS_OK;
  if (of->out.width > 2)
    return bar(of, error);
  if (of->column < 0)
    return vertex(of, run->last_x, values[SUMMARY_LAST], error);
  charts_status status = vertex(of, run->first_x, values[SUMMARY_FIRST], error);
  if (of->column == (long)of->grid.columns)
    return status;
  bool high_first = (run->flags & SUMMARY_HIGH_FIRST) != 0;
  for (int i = 0; i < 2 && status == CHARTS_OK; i++) {
    bool high = (i == 0) == high_first;
    status = high ? vertex(of, values[SUMMARY_HIGH_X], values[SUMMARY_HIGH], error)
                  : vertex(of, values[SUMMARY_LOW_X], values[SUMMARY_LOW], error);
  }
  return status == CHARTS_OK ? vertex(of, run->last_x, values[SUMMARY_LAST], error) : status;
}

/* Ends the current run and begins that of `column`, with a break where a gap lies between them. */
static charts_status step(reduction *of, long column, const summary *run, charts_error *error) {
  charts_status status = flush(of, error);
  bool outside = column == (long)of->grid.columns;
  bool breaks = of->gap && of->kind != SERIES_OHLC && of->drawn && !outside;
  if (status == CHARTS_OK && breaks) {
    of->drawn = false;
    status = rows_break(&of->out, of->out.numbers[0][of->out.count - 1], error);
  }
  of->any = !(outside && of->gap);
  of->current = *run;
  of->column = column;
  return status;
}

charts_status reduction_add(reduction *to, long column, const summary *run, charts_error *error) {
  if (to->done)
    return CHARTS_OK;
  to->gap = to->gap || (run->flags & (SUMMARY_EMPTY | SUMMARY_GAP_BEFORE)) != 0;
  if (run->flags & SUMMARY_EMPTY)
    return CHARTS_OK;
  if (to->any && column < to->column) /* a pyramid said that x is in order: the vertices would be without number */
    return error_set(error, CHARTS_FORMAT, "%s: its x is not in order", to->out.file);
  charts_status status = CHARTS_OK;
  to->done = column == (long)to->grid.columns;
  if (!to->any || to->column != column)
    status = step(to, column, run, error);
  else if (column < 0)
    to->current = *run;
  else
    summary_add(&to->current, to->kind, run);
  to->gap = (run->flags & SUMMARY_GAP_BEHIND) != 0;
  return status;
}

charts_status reduction_add_rows(reduction *to, const double *rows, size_t count, charts_error *error) {
  size_t width = to->out.width;
  charts_status status = CHARTS_OK;
  for (size_t i = 0; i < count && status == CHARTS_OK && !to->done;) {
    long column = window_grid_place(&to->grid, rows[i * width]);
    size_t end = i + 1;
    /* Outside the window every row is a run, since only the nearest one counts. */
    bool inside = column >= 0 && column < (long)to->grid.columns;
    while (inside && end < count && window_grid_place(&to->grid, rows[end * width]) == column)
      end++;
    summary run;
    summary_of_rows(&run, to->kind, rows + i * width, end - i);
    if (to->grid.logarithmic && rows[i * width] <= 0)
      run.flags = SUMMARY_EMPTY;
    status = reduction_add(to, column, &run, error);
    i = end;
  }
  return status;
}

charts_status reduction_end(reduction *of, charts_error *error) {
  bool left = of->any && of->column < 0; /* nothing followed: no line leads into the window */
  return left ? CHARTS_OK : flush(of, error);
}
