/* Random series, and what their windows must be: a scan of all points, and a picture of all points. */
#ifndef CHARTS_TESTS_ORACLE_H
#define CHARTS_TESTS_ORACLE_H

#include "opened.h"

#include "buffer.h"
#include "window.h"

#include <math.h>

enum { PICTURE_HEIGHT = 97 };

typedef struct point {
  double x;
  double y;
} point;

/* ---- Random data ---- */

static uint64_t seed = 1;

static uint64_t next_random(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

static size_t below(size_t limit) {
  return (size_t)(next_random() % limit);
}

static double unit(void) {
  return (double)(next_random() >> 11) / 9007199254740992.0;
}

typedef enum shape {
  WALK,
  SPIKES,
  SAWTOOTH,
  PLATEAUS,
  GAPS,
  LONG_GAPS,
  HUGE_VALUES,
  TINY_VALUES,
  CONSTANT,
  SHAPES
} shape;
typedef enum spacing { REGULAR, IRREGULAR, DOUBLES, CLUSTERS, WIDE, POSITIVE, SPACINGS } spacing;

static double next_y(shape of, size_t place, double before) {
  switch (of) {
  case SPIKES:
    return below(50) == 0 ? (unit() - 0.5) * 1000 : unit();
  case SAWTOOTH:
    return (double)(place % 37);
  case PLATEAUS:
    return below(20) == 0 || isnan(before) ? (double)below(5) : before;
  case HUGE_VALUES:
    return (unit() - 0.5) * 1.7e308 * 2;
  case TINY_VALUES:
    return unit() * 1e-310;
  case CONSTANT:
    return 7;
  default:
    return (isnan(before) ? 0 : before) + unit() - 0.5;
  }
}

static double next_x(spacing of, size_t place, double before) {
  switch (of) {
  case IRREGULAR:
    return before + unit() * unit() * 10;
  case DOUBLES:
    return below(3) == 0 ? before + 1 : before;
  case CLUSTERS:
    return before + (below(30) == 0 ? 1000 : unit() * 0.01);
  case WIDE:
    return place == 0 ? -1.45e308 : before + 1e305;
  case POSITIVE:
    return place == 0 ? 1e-6 : before * (1 + unit() * 0.02);
  default:
    return (double)place;
  }
}

__attribute__((unused)) static void make_points(point *points, size_t count, shape y, spacing x) {
  double last_x = x == POSITIVE ? 1e-6 : -50;
  double last_y = 0;
  size_t hole = 0;
  for (size_t i = 0; i < count; i++) {
    last_x = next_x(x, i, last_x);
    last_y = next_y(y, i, last_y);
    if (y == LONG_GAPS && hole == 0 && below(60) == 0)
      hole = 1 + below(80);
    bool gap = (y == GAPS && below(3) == 0) || hole > 0;
    hole -= hole > 0 ? 1 : 0;
    points[i] = (point){last_x, gap ? (double)NAN : last_y};
  }
}

static void add_number(buffer *to, double number) {
  if (isfinite(number))
    buffer_add_format(to, "%.17g", number);
  else
    buffer_add_text(to, "null");
}

__attribute__((unused)) static void write_points(const char *file, const point *points, size_t count, bool only_y) {
  buffer text = {0};
  buffer_add_text(&text, "{\"name\":\"A\",\"data\":[");
  for (size_t i = 0; i < count; i++) {
    buffer_add_text(&text, i > 0 ? "," : "");
    buffer_add_text(&text, only_y ? "" : "[");
    if (!only_y) {
      add_number(&text, points[i].x);
      buffer_add_char(&text, ',');
    }
    add_number(&text, points[i].y);
    buffer_add_text(&text, only_y ? "" : "]");
  }
  buffer_add_text(&text, "]}");
  assert_false(text.failed);
  scratch_write(file, text.bytes, text.length);
  buffer_free(&text);
}

/* ---- The oracle ---- */

/* The pixel column of x; -1 and `columns` outside. */
static long pixel_of(const window_request *in, double x) {
  if (x < in->from || (in->logarithmic && x <= 0))
    return -1;
  if (x > in->to)
    return (long)in->columns;
  if (in->from == in->to)
    return 0;
  double part;
  if (in->logarithmic)
    part = (log(x) - log(in->from)) / (log(in->to) - log(in->from));
  else if (isfinite(in->to - in->from))
    part = (x - in->from) / (in->to - in->from);
  else
    part = (x / 2 - in->from / 2) / (in->to / 2 - in->from / 2);
  long column = (long)floor(part * (double)in->columns);
  return column < 0 ? 0 : column >= (long)in->columns ? (long)in->columns - 1 : column;
}

/* Where x stands, in pixels. */
static double position_of(const window_request *in, double x) {
  if (in->from == in->to)
    return x < in->from ? -1 : x > in->to ? 2 : 0.5;
  double start = in->logarithmic ? log(in->from) : in->from / 2;
  double end = in->logarithmic ? log(in->to) : in->to / 2;
  double at = in->logarithmic ? log(x) : x / 2;
  return (at - start) / (end - start) * (double)in->columns;
}

typedef struct picture {
  bool *dots;
  size_t columns;
  double low;
  double span;
} picture;

static void set_run(picture *on, long column, double one, double other) {
  if (column < 0 || column >= (long)on->columns)
    return;
  double lowest = fmin(one, other);
  double highest = fmax(one, other);
  for (long row = (long)floor(lowest); row <= (long)floor(highest); row++)
    if (row >= 0 && row < PICTURE_HEIGHT)
      on->dots[(size_t)column * PICTURE_HEIGHT + (size_t)row] = true;
}

static double row_of(const picture *on, double y) {
  return on->span > 0 ? (y / 2 - on->low / 2) / on->span * (PICTURE_HEIGHT - 1) : 0.5;
}

/* Draws the line between two points that no gap parts: in each column that it meets, the rows that it meets there. */
static void draw_segment(picture *on, const window_request *in, point from, point to) {
  long first = pixel_of(in, from.x);
  long last = pixel_of(in, to.x);
  double from_row = row_of(on, from.y);
  double to_row = row_of(on, to.y);
  if (first == last) {
    set_run(on, first, from_row, to_row);
    return;
  }
  double from_at = position_of(in, from.x);
  double to_at = position_of(in, to.x);
  for (long column = first < 0 ? 0 : first; column <= last && column < (long)in->columns; column++) {
    double enter = fmax(from_at, (double)column);
    double leave = fmin(to_at, (double)column + 1);
    double enter_row = from_row + (to_row - from_row) * ((enter - from_at) / (to_at - from_at));
    double leave_row = from_row + (to_row - from_row) * ((leave - from_at) / (to_at - from_at));
    set_run(on, column, column == first ? from_row : enter_row, column == last ? to_row : leave_row);
  }
}

/* The polyline as FORMAT.md says: a gap within one column is joined, another breaks the line, a lone point is a dot. */
static void draw(picture *on, const window_request *in, const point *points, size_t count) {
  const point *before = NULL;
  bool gap = false;
  for (size_t i = 0; i < count; i++) {
    if (isnan(points[i].y) || (in->logarithmic && points[i].x <= 0)) {
      gap = true;
      continue;
    }
    long column = pixel_of(in, points[i].x);
    set_run(on, column, row_of(on, points[i].y), row_of(on, points[i].y));
    if (before != NULL && (!gap || pixel_of(in, before->x) == column))
      draw_segment(on, in, *before, points[i]);
    before = &points[i];
    gap = false;
  }
}

static picture picture_new(size_t columns, const point *points, size_t count) {
  double low = INFINITY;
  double high = -INFINITY;
  for (size_t i = 0; i < count; i++) {
    if (!isnan(points[i].y)) {
      low = fmin(low, points[i].y);
      high = fmax(high, points[i].y);
    }
  }
  return (picture){calloc(columns * PICTURE_HEIGHT, sizeof(bool)), columns, low, low < high ? high / 2 - low / 2 : 0};
}

/* The range that an answer stands for, where the request left it open. */
static window_request closed(window_request in, const point *points, size_t count) {
  double first = INFINITY;
  double last = -INFINITY;
  for (size_t i = 0; i < count; i++) {
    if (!in.logarithmic || points[i].x > 0)
      first = fmin(first, points[i].x);
    last = fmax(last, points[i].x);
  }
  if (!isfinite(in.from) || (in.logarithmic && in.from <= 0))
    in.from = first;
  if (!isfinite(in.to))
    in.to = last;
  return in;
}

static point *points_of(const window *answer) {
  assert_int_equal(answer->column_count, 2);
  assert_string_equal(answer->columns[0].role, "x");
  assert_string_equal(answer->columns[1].role, "y");
  size_t count = answer->columns[0].count;
  assert_int_equal(answer->columns[1].count, count);
  point *points = malloc((count + 1) * sizeof *points);
  for (size_t i = 0; i < count; i++)
    points[i] = (point){answer->columns[0].numbers[i], answer->columns[1].numbers[i]};
  return points;
}

/* Per column: first, lowest, highest and last equal those of all points, and nothing else stands there. */
static void check_columns(const window_request *in, const point *all, size_t all_count, const point *some,
                          size_t some_count, bool raw) {
  size_t at = 0;
  while (at < some_count && (isnan(some[at].y) || pixel_of(in, some[at].x) < 0))
    at++;
  size_t i = 0;
  while (i < all_count) {
    long column = pixel_of(in, all[i].x);
    if (isnan(all[i].y) || column < 0 || column >= (long)in->columns) {
      i++;
      continue;
    }
    point first = all[i];
    point low = all[i];
    point high = all[i];
    point last = all[i];
    for (; i < all_count && (isnan(all[i].y) || pixel_of(in, all[i].x) == column); i++) {
      if (isnan(all[i].y))
        continue;
      last = all[i];
      low = all[i].y < low.y ? all[i] : low;
      high = all[i].y > high.y ? all[i] : high;
    }
    while (at < some_count && isnan(some[at].y))
      at++;
    assert_true(at < some_count);
    assert_int_equal(pixel_of(in, some[at].x), column);
    assert_memory_equal(&some[at], &first, sizeof first);
    point own_last = some[at];
    bool low_found = false;
    bool high_found = false;
    size_t vertices = 0;
    for (; at < some_count && (isnan(some[at].y) || pixel_of(in, some[at].x) == column); at++) {
      if (isnan(some[at].y))
        continue;
      vertices++;
      own_last = some[at];
      assert_true(some[at].y >= low.y && some[at].y <= high.y);
      low_found = low_found || memcmp(&some[at], &low, sizeof low) == 0;
      high_found = high_found || memcmp(&some[at], &high, sizeof high) == 0;
    }
    assert_true(low_found && high_found);
    assert_memory_equal(&own_last, &last, sizeof last);
    assert_true(raw || vertices <= 4);
  }
  while (at < some_count && (isnan(some[at].y) || pixel_of(in, some[at].x) >= (long)in->columns))
    at++;
  assert_int_equal(at, some_count);
}

static void check_order(const point *points, size_t count, bool raw) {
  for (size_t i = 1; i < count; i++) {
    assert_true(points[i].x >= points[i - 1].x);
    if (!raw) {
      assert_false(isnan(points[i].y) && isnan(points[i - 1].y));
      assert_false(points[i].x == points[i - 1].x && points[i].y == points[i - 1].y);
    }
  }
}

/* Checks an answer: its columns against a scan of all points, and its picture against that of all points. */
static void check_answer(const point *all, size_t count, const window_request *request, const window *answer) {
  window_request in = closed(*request, all, count);
  assert_int_equal(answer->count, count);
  assert_true(answer->sorted);
  point *some = points_of(answer);
  size_t some_count = answer->columns[0].count;
  size_t inside = 0;
  for (size_t i = 0; i < count; i++) {
    long column = pixel_of(&in, all[i].x);
    inside += column >= 0 && column < (long)in.columns ? 1 : 0;
  }
  assert_int_equal(answer->raw, inside <= 4 * in.columns);
  check_order(some, some_count, answer->raw);
  check_columns(&in, all, count, some, some_count, answer->raw);
  picture whole = picture_new(in.columns, all, count);
  picture drawn = picture_new(in.columns, all, count);
  draw(&whole, &in, all, count);
  draw(&drawn, &in, some, some_count);
  size_t different = 0;
  for (size_t i = 0; i < in.columns * PICTURE_HEIGHT; i++)
    different += whole.dots[i] != drawn.dots[i] ? 1 : 0;
  assert_int_equal(different, 0);
  free(whole.dots);
  free(drawn.dots);
  free(some);
}

__attribute__((unused)) static void check_window(const point *all, size_t count, const window_request *request) {
  window answer;
  charts_error error;
  if (window_read(&answer, opened, "A.json", request, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  check_answer(all, count, request, &answer);
  window_free(&answer);
}

static window_request random_request(const point *points, size_t count, bool logarithmic) {
  static const size_t widths[] = {1, 2, 3, 7, 40, 333, 1200};
  window_request request = {.from = -INFINITY, .to = INFINITY, .columns = widths[below(7)], .logarithmic = logarithmic};
  double first = points[0].x;
  double last = points[count - 1].x;
  if (below(4) > 0) {
    double one = first + (last / 4 - first / 4) * (unit() * 4.4 - 0.2);
    double other = first + (last / 4 - first / 4) * (unit() * 4.4 - 0.2);
    if (!isfinite(one) || below(3) == 0)
      one = points[below(count)].x;
    if (!isfinite(other) || below(3) == 0)
      other = points[below(count)].x;
    request.from = fmin(one, other);
    request.to = fmax(one, other);
  }
  if (below(8) == 0)
    request.from = -INFINITY;
  if (below(8) == 0)
    request.to = INFINITY;
  if (below(20) == 0 && isfinite(request.from))
    request.to = request.from;
  return request;
}

#endif
