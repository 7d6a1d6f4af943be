#include "summary.h"

#include <math.h>

size_t summary_values(series_kind kind) {
  switch (kind) {
  case SERIES_Y:
  case SERIES_XY:
    return 6;
  case SERIES_RANGE:
    return 2;
  case SERIES_OHLC:
    return 4;
  default:
    return 0;
  }
}

bool summary_is_gap(series_kind kind, const double *row) {
  size_t width = series_width(kind);
  size_t missing = 0;
  for (size_t i = 1; i < width; i++)
    missing += isfinite(row[i]) ? 0 : 1;
  return kind == SERIES_OHLC ? missing == width - 1 : missing > 0;
}

static void lower(double *to, double number) {
  if (isfinite(number) && !(number >= *to))
    *to = number;
}

static void raise(double *to, double number) {
  if (isfinite(number) && !(number <= *to))
    *to = number;
}

/* The commonest kind has a loop of its own: writing and indexing run through it for every point. */
static void of_points(summary *of, const double *rows, size_t count) {
  double *values = of->values;
  size_t low = 0;
  size_t high = 0;
  bool gap = false;
  of->flags = SUMMARY_EMPTY;
  for (size_t i = 0; i < count; i++) {
    double y = rows[2 * i + 1];
    if (!isfinite(y)) {
      gap = true;
      continue;
    }
    if (of->flags & SUMMARY_EMPTY) {
      of->flags = gap ? SUMMARY_GAP_BEFORE : 0;
      of->first_x = rows[2 * i];
      values[SUMMARY_FIRST] = values[SUMMARY_LOW] = values[SUMMARY_HIGH] = y;
      low = high = i;
    } else if (y < values[SUMMARY_LOW]) {
      values[SUMMARY_LOW] = y;
      low = i;
    } else if (y > values[SUMMARY_HIGH]) {
      values[SUMMARY_HIGH] = y;
      high = i;
    }
    of->last_x = rows[2 * i];
    values[SUMMARY_LAST] = y;
    gap = false;
  }
  if (of->flags & SUMMARY_EMPTY)
    return;
  values[SUMMARY_LOW_X] = rows[2 * low];
  values[SUMMARY_HIGH_X] = rows[2 * high];
  of->flags |= (gap ? SUMMARY_GAP_BEHIND : 0) | (high < low ? SUMMARY_HIGH_FIRST : 0);
}

static void of_row(summary *of, series_kind kind, const double *row) {
  of->x_first = of->x_last = of->first_x = of->last_x = row[0];
  of->flags = summary_is_gap(kind, row) ? SUMMARY_EMPTY : 0;
  for (size_t i = 0; i < summary_values(kind); i++)
    of->values[i] = row[i + 1];
}

void summary_of_rows(summary *of, series_kind kind, const double *rows, size_t count) {
  size_t width = series_width(kind);
  *of = (summary){.x_first = rows[0], .x_last = rows[(count - 1) * width]};
  if (width == 2) {
    of_points(of, rows, count);
    return;
  }
  of_row(of, kind, rows);
  for (size_t i = 1; i < count; i++) {
    summary next = {0};
    of_row(&next, kind, rows + i * width);
    summary_add(of, kind, &next);
  }
}

static void add_points(summary *to, const summary *next) {
  double *values = to->values;
  bool lower_there = next->values[SUMMARY_LOW] < values[SUMMARY_LOW];
  bool higher_there = next->values[SUMMARY_HIGH] > values[SUMMARY_HIGH];
  if (lower_there) {
    values[SUMMARY_LOW] = next->values[SUMMARY_LOW];
    values[SUMMARY_LOW_X] = next->values[SUMMARY_LOW_X];
  }
  if (higher_there) {
    values[SUMMARY_HIGH] = next->values[SUMMARY_HIGH];
    values[SUMMARY_HIGH_X] = next->values[SUMMARY_HIGH_X];
  }
  if (lower_there && higher_there)
    to->flags = (to->flags & ~(unsigned)SUMMARY_HIGH_FIRST) | (next->flags & SUMMARY_HIGH_FIRST);
  else if (lower_there)
    to->flags |= SUMMARY_HIGH_FIRST;
  else if (higher_there)
    to->flags &= ~(unsigned)SUMMARY_HIGH_FIRST;
  values[SUMMARY_LAST] = next->values[SUMMARY_LAST];
}

static void add_bar(summary *to, const summary *next) {
  if (!isfinite(to->values[SUMMARY_OPEN]))
    to->values[SUMMARY_OPEN] = next->values[SUMMARY_OPEN];
  raise(&to->values[SUMMARY_BAR_HIGH], next->values[SUMMARY_BAR_HIGH]);
  lower(&to->values[SUMMARY_BAR_LOW], next->values[SUMMARY_BAR_LOW]);
  if (isfinite(next->values[SUMMARY_CLOSE]))
    to->values[SUMMARY_CLOSE] = next->values[SUMMARY_CLOSE];
}

void summary_add(summary *to, series_kind kind, const summary *next) {
  if (next->flags & SUMMARY_EMPTY) {
    to->x_last = next->x_last;
    to->flags |= to->flags & SUMMARY_EMPTY ? 0 : SUMMARY_GAP_BEHIND;
    return;
  }
  if (to->flags & SUMMARY_EMPTY) {
    double x = to->x_first;
    *to = *next;
    to->x_first = x;
    to->flags |= SUMMARY_GAP_BEFORE;
    return;
  }
  to->x_last = next->x_last;
  to->last_x = next->last_x;
  to->flags = (to->flags & ~(unsigned)SUMMARY_GAP_BEHIND) | (next->flags & SUMMARY_GAP_BEHIND);
  if (kind == SERIES_RANGE) {
    lower(&to->values[SUMMARY_RANGE_LOW], next->values[SUMMARY_RANGE_LOW]);
    raise(&to->values[SUMMARY_RANGE_HIGH], next->values[SUMMARY_RANGE_HIGH]);
  } else if (kind == SERIES_OHLC) {
    add_bar(to, next);
  } else {
    add_points(to, next);
  }
}

/* ---- Totals ---- */

totals totals_none(void) {
  return (totals){.sorted = true,
                  .x = {INFINITY, -INFINITY},
                  .y = {INFINITY, -INFINITY},
                  .positive = INFINITY,
                  .last_x = -INFINITY};
}

static void widen(double range[2], double number) {
  if (number < range[0])
    range[0] = number;
  if (number > range[1])
    range[1] = number;
}

/* The commonest width has a loop of its own, without stores. */
static void add_pairs(totals *to, const double *rows, size_t count) {
  double x[2] = {to->x[0], to->x[1]};
  double y[2] = {to->y[0], to->y[1]};
  double last = to->last_x;
  double positive = to->positive;
  bool sorted = to->sorted;
  for (size_t i = 0; i < count; i++) {
    double at = rows[2 * i];
    double value = rows[2 * i + 1];
    sorted = sorted && !(at < last);
    last = at;
    x[0] = at < x[0] ? at : x[0];
    x[1] = at > x[1] ? at : x[1];
    positive = at > 0 && at < positive ? at : positive;
    bool there = isfinite(value);
    y[0] = there && value < y[0] ? value : y[0];
    y[1] = there && value > y[1] ? value : y[1];
  }
  *to = (totals){to->count + count, sorted, last, {x[0], x[1]}, {y[0], y[1]}, positive};
}

void totals_add_rows(totals *to, series_kind kind, const double *rows, size_t count) {
  size_t width = series_width(kind);
  if (width == 2) {
    add_pairs(to, rows, count);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    const double *row = rows + i * width;
    to->sorted = to->sorted && !(row[0] < to->last_x);
    to->last_x = row[0];
    widen(to->x, row[0]);
    if (row[0] > 0 && row[0] < to->positive)
      to->positive = row[0];
    for (size_t j = 1; j < width; j++)
      if (isfinite(row[j]))
        widen(to->y, row[j]);
  }
  to->count += count;
}

void totals_add(totals *to, const totals *next, double first_x) {
  if (next->count == 0)
    return;
  to->sorted = to->sorted && next->sorted && !(first_x < to->last_x);
  to->last_x = next->last_x;
  widen(to->x, next->x[0]);
  widen(to->x, next->x[1]);
  if (next->y[0] <= next->y[1]) {
    widen(to->y, next->y[0]);
    widen(to->y, next->y[1]);
  }
  if (next->positive < to->positive)
    to->positive = next->positive;
  to->count += next->count;
}
