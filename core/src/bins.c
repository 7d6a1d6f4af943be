#include "bins.h"

#include <math.h>
#include <stdlib.h>

charts_status bins_begin(bins *made, const window_request *request, double low, double high, charts_error *error) {
  *made = (bins){.grid = window_grid_of(request->from, request->to, request->columns, request->logarithmic),
                 .rows = request->bin_rows,
                 .low = low,
                 .high = high};
  if (made->rows == 0 || request->columns > BINS_MOST / made->rows)
    return error_set(error, CHARTS_ARGUMENT, "bins: expected at most %d of them", BINS_MOST);
  made->counts = memory_new_zeroed(request->columns * made->rows, sizeof *made->counts);
  return made->counts != NULL ? CHARTS_OK : error_memory(error);
}

void bins_free(bins *of) {
  free(of->counts);
  *of = (bins){0};
}

/* So that the range of the widest doubles is finite. */
static double scale_of(const bins *of) {
  return isfinite(of->high - of->low) ? 1 : 0.5;
}

void bins_add(bins *to, const double *points, size_t count) {
  double scale = scale_of(to);
  double span = to->high * scale - to->low * scale;
  for (size_t i = 0; i < count; i++) {
    double y = points[2 * i + 1];
    long column = window_grid_place(&to->grid, points[2 * i]);
    if (column < 0 || column >= (long)to->grid.columns || !(y >= to->low && y <= to->high))
      continue;
    double row = span > 0 ? floor((y * scale - to->low * scale) / span * (double)to->rows) : 0;
    size_t place = row < (double)to->rows ? (size_t)row : to->rows - 1;
    uint32_t *bin = &to->counts[(size_t)column * to->rows + place];
    if (*bin < UINT32_MAX)
      ++*bin;
  }
}

/* The middle of a column, in x. */
static double middle_of(const window_grid *grid, size_t column) {
  double position = grid->start + grid->span * (((double)column + 0.5) / (double)grid->columns);
  return grid->logarithmic ? exp(position) : position / grid->scale;
}

charts_status bins_take(window *answer, const bins *from, charts_error *error) {
  row_columns out = {.file = "", .width = 3};
  charts_status status = CHARTS_OK;
  double scale = scale_of(from);
  double low = from->low * scale;
  double span = from->high * scale - low;
  for (size_t column = 0; column < from->grid.columns; column++) {
    double x = middle_of(&from->grid, column);
    for (size_t row = 0; row < from->rows && status == CHARTS_OK; row++) {
      uint32_t points = from->counts[column * from->rows + row];
      double bin[3] = {x, (low + span * (((double)row + 0.5) / (double)from->rows)) / scale, points};
      if (points > 0)
        status = rows_add(&out, bin, NULL, NULL, error);
    }
  }
  static const char *const roles[] = {"x", "y", "count"};
  for (size_t i = 0; i < 3 && status == CHARTS_OK; i++) {
    answer->columns[answer->column_count++] =
        (window_column){.role = roles[i], .numbers = out.numbers[i], .count = out.count};
    out.numbers[i] = NULL;
  }
  answer->binned = status == CHARTS_OK;
  rows_free(&out);
  return status;
}

/* ---- From the text ---- */

typedef struct counting {
  const window_request *request;
  bins *into; /* NULL: only the values' range is wanted */
  double low;
  double high;
} counting;

static charts_status count_block(void *context, const series_block *block, charts_error *error) {
  counting *in = context;
  if (in->request->left != NULL && in->request->left(in->request->left_context))
    return error_set(error, CHARTS_INTERRUPTED, "nobody waits for the window");
  if (in->into != NULL) {
    bins_add(in->into, block->rows, block->count);
    return CHARTS_OK;
  }
  for (size_t i = 0; i < block->count; i++) {
    const double *point = block->rows + 2 * i;
    if (!(point[0] >= in->request->from && point[0] <= in->request->to) || !isfinite(point[1]))
      continue;
    in->low = fmin(in->low, point[1]);
    in->high = fmax(in->high, point[1]);
  }
  return CHARTS_OK;
}

charts_status bins_read(window *answer, int descriptor, const char *file, const series_head *head,
                        const window_request *request, charts_error *error) {
  bins counted = {0};
  counting in = {.request = request, .low = request->bin_low, .high = request->bin_high};
  charts_status status = CHARTS_OK;
  if (!isfinite(in.low) || !isfinite(in.high)) {
    in.low = INFINITY;
    in.high = -INFINITY;
    status = seriesfile_points(descriptor, file, head, count_block, &in, error);
    in.low = isfinite(request->bin_low) ? request->bin_low : in.low;
    in.high = isfinite(request->bin_high) ? request->bin_high : in.high;
  }
  if (status == CHARTS_OK)
    status = bins_begin(&counted, request, in.low, in.high, error);
  in.into = &counted;
  if (status == CHARTS_OK)
    status = seriesfile_points(descriptor, file, head, count_block, &in, error);
  if (status == CHARTS_OK)
    status = bins_take(answer, &counted, error);
  bins_free(&counted);
  return status;
}
