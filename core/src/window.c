#include "window.h"

#include "windowrows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS_LIMIT = 65536, RAW_PER_COLUMN = 4 };

/* One row: x, then the values. Where it came from orders rows of equal x. */
typedef struct row {
  double numbers[ROWS_WIDTH];
  uint64_t place;
} row;

/* The rows of one pixel column (-1: left of the window, `columns`: right of it) that stand for all of them. */
typedef struct group {
  bool any;
  long column;
  row first;
  row low;
  row high;
  row last;
} group;

/* One reading of the series file. */
typedef struct pass {
  const char *file;
  series_kind kind;
  size_t width;
  bool logarithmic;
  size_t columns;
  double from; /* may be infinite */
  double to;
  bool known; /* the range is finite: pixel columns exist */
  double scale;
  double start; /* the range in the scale of the axis */
  double span;

  uint64_t count;
  bool sorted;
  double x[2]; /* extents; first > second: none */
  double y[2];
  double positive; /* the smallest x > 0, for a logarithmic axis */

  uint64_t raw_limit;
  bool raw_only; /* beyond the limit there is no answer */
  bool raw_over;
  uint64_t inside;
  rows raw;
  bool has_previous;
  bool previous_taken;
  int previous_side;
  bool previous_gap;
  row previous;
  buffer previous_label;
  buffer previous_record;
  bool previous_has_label;
  bool previous_has_record;

  rows reduced;
  group current;
  bool gap;
  double gap_x;
  bool drawn; /* a vertex was written since the last break */
  bool done;  /* the one point beyond the right end was seen */
} pass;

static const char *const *roles(series_kind kind) {
  static const char *const plain[] = {"x", "y"};
  static const char *const range[] = {"x", "low", "high"};
  static const char *const ohlc[] = {"x", "open", "high", "low", "close"};
  return kind == SERIES_RANGE ? range : kind == SERIES_OHLC ? ohlc : plain;
}

static bool has_text(series_kind kind) {
  return kind == SERIES_NAMED || kind == SERIES_POINTS;
}

/* ---- What a row is ---- */

/* Whether nothing can be drawn at the row: a value is missing (of a bar: all are), or x has no place on the axis. */
static bool is_gap(const pass *of, const double *numbers) {
  if (of->logarithmic && numbers[0] <= 0)
    return true;
  size_t missing = 0;
  for (size_t i = 1; i < of->width; i++)
    missing += isfinite(numbers[i]) ? 0 : 1;
  return of->kind == SERIES_OHLC ? missing == of->width - 1 : missing > 0;
}

/* -1: left of the window, 0: inside, 1: right of it. */
static int side_of(const pass *of, double x) {
  if (x < of->from || (of->logarithmic && x <= 0))
    return -1;
  return x > of->to ? 1 : 0;
}

/* The pixel column of x, which is inside. */
static long column_of(const pass *of, double x) {
  if (!(of->span > 0))
    return 0;
  double position = of->logarithmic ? log(x) : x * of->scale;
  double column = floor((position - of->start) / of->span * (double)of->columns);
  if (column < 0)
    return 0;
  return column < (double)of->columns ? (long)column : (long)of->columns - 1;
}

static void widen(double range[2], double number) {
  if (number < range[0])
    range[0] = number;
  if (number > range[1])
    range[1] = number;
}

static void note_extent(pass *of, const double *numbers) {
  of->count++;
  if (of->has_previous && numbers[0] < of->previous.numbers[0])
    of->sorted = false;
  widen(of->x, numbers[0]);
  if (numbers[0] > 0 && numbers[0] < of->positive)
    of->positive = numbers[0];
  for (size_t i = 1; i < of->width; i++)
    if (isfinite(numbers[i]))
      widen(of->y, numbers[i]);
}

/* ---- Raw: the rows inside, and the far ends of the lines that cross the window's ends ---- */

static charts_status beyond_limit(const pass *of, charts_error *error) {
  if (has_text(of->kind))
    return error_set(error, CHARTS_LIMIT,
                     "%s: the window holds more than %d named points or point records: zoom in, or give the data as "
                     "[x, y] pairs",
                     of->file, WINDOW_RAW_LIMIT);
  return error_set(
      error, CHARTS_LIMIT,
      "%s: the window holds more than %d points and their x is not in order: sort the series by x, or zoom in",
      of->file, WINDOW_RAW_LIMIT);
}

/* Takes a row. Where the row before it in the file was not taken, the line is broken. */
static charts_status take(pass *of, const double *numbers, bool follows, const char *label, const char *record,
                          charts_error *error) {
  if (!follows && of->raw.count > 0) {
    charts_status status = rows_break(&of->raw, numbers[0], error);
    if (status != CHARTS_OK)
      return status;
  }
  return rows_add(&of->raw, numbers, label, record, error);
}

static charts_status take_previous(pass *of, charts_error *error) {
  if (of->previous_taken)
    return CHARTS_OK;
  of->previous_taken = true;
  return take(of, of->previous.numbers, false, of->previous_has_label ? of->previous_label.bytes : NULL,
              of->previous_has_record ? of->previous_record.bytes : NULL, error);
}

static bool keep_text(buffer *in, bool *has, const char *text) {
  *has = text != NULL;
  buffer_clear(in);
  if (text != NULL)
    buffer_add(in, text, strlen(text));
  return !in->failed;
}

static charts_status raw_row(pass *of, const double *numbers, bool gap, const char *label, const char *record,
                             charts_error *error) {
  int side = side_of(of, numbers[0]);
  bool joined = of->has_previous && !of->previous_gap && !gap;
  bool crosses = joined && (side == 0 || of->previous_side == 0 || side != of->previous_side);
  bool taken = side == 0 || crosses;
  charts_status status = CHARTS_OK;
  of->inside += side == 0 ? 1 : 0;
  if (of->inside > of->raw_limit) {
    rows_free(&of->raw);
    of->raw_over = true;
    return of->raw_only ? beyond_limit(of, error) : CHARTS_OK;
  }
  if (crosses)
    status = take_previous(of, error);
  if (status == CHARTS_OK && taken)
    status = take(of, numbers, of->has_previous && of->previous_taken, label, record, error);
  of->previous_taken = taken;
  of->previous_side = side;
  of->previous_gap = gap;
  if (status == CHARTS_OK && has_text(of->kind) && !taken &&
      (!keep_text(&of->previous_label, &of->previous_has_label, label) ||
       !keep_text(&of->previous_record, &of->previous_has_record, record)))
    return error_memory(error);
  return status;
}

/* ---- Reduced: M4 ---- */

static void group_start(group *to, long column, const row *with) {
  *to = (group){.any = true, .column = column, .first = *with, .low = *with, .high = *with, .last = *with};
}

static void lower(double *to, double number) {
  if (isfinite(number) && !(number >= *to))
    *to = number;
}

static void raise(double *to, double number) {
  if (isfinite(number) && !(number <= *to))
    *to = number;
}

/* Adds a row behind those of a group. `first` holds the one vertex of a range or bar. */
static void group_add(group *to, series_kind kind, const row *with) {
  double *one = to->first.numbers;
  const double *numbers = with->numbers;
  if (kind == SERIES_RANGE) {
    lower(&one[1], numbers[1]);
    raise(&one[2], numbers[2]);
  } else if (kind == SERIES_OHLC) {
    if (!isfinite(one[1]))
      one[1] = numbers[1];
    raise(&one[2], numbers[2]);
    lower(&one[3], numbers[3]);
    if (isfinite(numbers[4]))
      one[4] = numbers[4];
  } else {
    if (numbers[1] < to->low.numbers[1])
      to->low = *with;
    if (numbers[1] > to->high.numbers[1])
      to->high = *with;
    to->last = *with;
  }
}

static charts_status vertex(pass *of, const row *at, charts_error *error) {
  const rows *to = &of->reduced;
  size_t last = to->count - 1;
  if (of->drawn && of->width == 2 && to->numbers[0][last] == at->numbers[0] && to->numbers[1][last] == at->numbers[1])
    return CHARTS_OK;
  of->drawn = true;
  return rows_add(&of->reduced, at->numbers, NULL, NULL, error);
}

/* Writes the vertices of the current group. A point outside the window is written only where a line leads into it. */
static charts_status flush(pass *of, bool joined, charts_error *error) {
  const group *from = &of->current;
  if (!from->any || (from->column < 0 && !joined))
    return CHARTS_OK;
  if (of->width > 2)
    return vertex(of, &from->first, error);
  const row *second = from->low.place < from->high.place ? &from->low : &from->high;
  const row *third = second == &from->low ? &from->high : &from->low;
  charts_status status = vertex(of, &from->first, error);
  if (status == CHARTS_OK && second->place != from->first.place)
    status = vertex(of, second, error);
  if (status == CHARTS_OK && third->place != from->first.place && third->place != second->place)
    status = vertex(of, third, error);
  if (status == CHARTS_OK && from->last.place != from->first.place && from->last.place != third->place &&
      from->last.place != second->place)
    status = vertex(of, &from->last, error);
  return status;
}

/* Ends the current group and begins that of `column`, with a break where a gap lies between them. */
static charts_status step(pass *of, long column, const row *with, charts_error *error) {
  bool broken = of->gap && of->kind != SERIES_OHLC;
  charts_status status = flush(of, !broken, error);
  bool outside = column == (long)of->columns;
  of->current.any = false;
  if (status == CHARTS_OK && broken && of->drawn && !outside) {
    of->drawn = false;
    status = rows_break(&of->reduced, of->gap_x, error);
  }
  if (!(outside && broken))
    group_start(&of->current, column, with);
  of->gap = false;
  return status;
}

static charts_status reduce_row(pass *of, const row *with, bool gap, charts_error *error) {
  if (gap) {
    if (!of->gap)
      of->gap_x = with->numbers[0];
    of->gap = true;
    return CHARTS_OK;
  }
  int side = side_of(of, with->numbers[0]);
  long column = side < 0 ? -1 : side > 0 ? (long)of->columns : column_of(of, with->numbers[0]);
  if (of->done)
    return CHARTS_OK;
  of->done = side > 0;
  if (!of->current.any || of->current.column != column)
    return step(of, column, with, error);
  of->gap = false;
  if (side < 0)
    group_start(&of->current, column, with);
  else
    group_add(&of->current, of->kind, with);
  return CHARTS_OK;
}

/* ---- One reading ---- */

static charts_status feed(pass *of, const double *numbers, const char *label, const char *record, charts_error *error) {
  if (!isfinite(numbers[0]))
    return CHARTS_OK;
  note_extent(of, numbers);
  row now = {.place = of->count};
  memcpy(now.numbers, numbers, of->width * sizeof *numbers);
  bool gap = is_gap(of, numbers);
  charts_status status = CHARTS_OK;
  if (!of->raw_over)
    status = raw_row(of, numbers, gap, label, record, error);
  if (status == CHARTS_OK && of->known && of->sorted && !of->raw_only)
    status = reduce_row(of, &now, gap, error);
  of->previous = now;
  of->has_previous = true;
  return status;
}

static charts_status visit(void *context, const series_block *block, charts_error *error) {
  pass *of = context;
  if (block->width != of->width)
    return error_set(error, CHARTS_INTERNAL, "%s: rows of %zu numbers where %zu were expected", of->file, block->width,
                     of->width);
  for (size_t i = 0; i < block->count; i++) {
    const char *label = block->labels != NULL ? block->labels[i] : NULL;
    const char *record = block->records != NULL ? block->records[i] : NULL;
    charts_status status = feed(of, block->rows + i * block->width, label, record, error);
    if (status != CHARTS_OK)
      return status;
  }
  return CHARTS_OK;
}

static void pass_free(pass *of) {
  rows_free(&of->raw);
  rows_free(&of->reduced);
  buffer_free(&of->previous_label);
  buffer_free(&of->previous_record);
}

/* Prepares a reading of the window from..to; with `raw_only` up to the limit that needs no order. */
static void pass_start(pass *of, const char *file, series_kind kind, const window_request *request, bool raw_only) {
  *of = (pass){.file = file, .kind = kind, .width = series_width(kind)};
  of->logarithmic = request->logarithmic;
  of->columns = request->columns;
  of->from = request->from;
  of->to = request->to;
  of->known = isfinite(of->from) && isfinite(of->to) && (!of->logarithmic || of->from > 0);
  of->scale = isfinite(of->to - of->from) ? 1 : 0.5;
  of->start = of->logarithmic ? log(of->from) : of->from * of->scale;
  of->span = (of->logarithmic ? log(of->to) : of->to * of->scale) - of->start;
  of->sorted = true;
  of->x[0] = of->y[0] = of->positive = INFINITY;
  of->x[1] = of->y[1] = -INFINITY;
  of->raw = of->reduced = (rows){.file = file, .width = of->width, .texts = has_text(kind)};
  of->raw_only = raw_only || has_text(kind);
  of->raw_limit = of->raw_only ? WINDOW_RAW_LIMIT : (uint64_t)request->columns * RAW_PER_COLUMN;
}

static charts_status pass_run(pass *of, int file, const series_head *head, charts_error *error) {
  charts_status status = seriesfile_points(file, of->file, head, visit, of, error);
  if (status == CHARTS_OK && of->known)
    status = flush(of, false, error);
  return status;
}

/* Reads the file until the answer is found: once when the range is given or everything fits, else a second time with
 * the range that the first reading found, or without reduction when x turned out not to be in order. */
static charts_status read_passes(pass *of, int file, const char *name, const series_head *head, window_request request,
                                 charts_error *error) {
  bool raw_only = false;
  for (;;) {
    pass_start(of, name, head->kind, &request, raw_only);
    charts_status status = pass_run(of, file, head, error);
    if (status != CHARTS_OK)
      return status;
    if (!of->sorted && of->inside > WINDOW_RAW_LIMIT)
      return beyond_limit(of, error);
    if (!of->raw_over || (of->sorted && of->known))
      return CHARTS_OK;
    raw_only = !of->sorted;
    double first = of->logarithmic ? of->positive : of->x[0];
    if (!isfinite(request.from) || (of->logarithmic && request.from <= 0))
      request.from = first;
    if (!isfinite(request.to))
      request.to = of->x[1];
    pass_free(of);
  }
}

/* Hands the rows over to the answer. */
static void answer_take(window *answer, pass *of) {
  rows *from = of->raw_over ? &of->reduced : &of->raw;
  const char *const *names = roles(of->kind);
  answer->raw = !of->raw_over;
  for (size_t i = 0; i < of->width; i++) {
    answer->columns[answer->column_count++] =
        (window_column){.role = names[i], .numbers = from->numbers[i], .count = from->count};
    from->numbers[i] = NULL;
  }
  if (from->labels != NULL && (of->kind == SERIES_NAMED || from->labelled)) {
    answer->columns[answer->column_count++] =
        (window_column){.role = "label", .texts = from->labels, .count = from->count};
    from->labels = NULL;
  }
  if (from->records != NULL && of->kind == SERIES_POINTS) {
    answer->columns[answer->column_count++] =
        (window_column){.role = "point", .texts = from->records, .count = from->count};
    from->records = NULL;
  }
}

static void answer_describe(window *answer, const pass *of) {
  answer->kind = of->kind;
  answer->sorted = of->sorted;
  answer->count = of->count;
  answer->has_x = of->x[0] <= of->x[1];
  answer->has_y = of->y[0] <= of->y[1];
  if (answer->has_x)
    memcpy(answer->x, of->x, sizeof answer->x);
  if (answer->has_y)
    memcpy(answer->y, of->y, sizeof answer->y);
}

static charts_status check_request(const window_request *request, charts_error *error) {
  if (request->columns < 1 || request->columns > COLUMNS_LIMIT)
    return error_set(error, CHARTS_ARGUMENT, "columns: expected a whole number from 1 to %d", COLUMNS_LIMIT);
  if (isnan(request->from) || isnan(request->to) || request->from > request->to)
    return error_set(error, CHARTS_ARGUMENT,
                     "from, to: expected two numbers, the first at most as large as the second");
  return CHARTS_OK;
}

charts_status window_read_open(window *answer, int descriptor, const char *file, const window_request *request,
                               charts_error *error) {
  struct stat found;
  *answer = (window){.sorted = true};
  charts_status status = check_request(request, error);
  if (status != CHARTS_OK)
    return status;
  if (fstat(descriptor, &found) != 0)
    return error_system(error, errno, "cannot read", file);
  series_head head = {0};
  pass reading = {0};
  seriesfile_stamp(answer->stamp, &found);
  status = seriesfile_head(&head, descriptor, file, error);
  if (status == CHARTS_OK && head.kind != SERIES_EMPTY)
    status = read_passes(&reading, descriptor, file, &head, *request, error);
  if (status == CHARTS_OK && head.kind != SERIES_EMPTY) {
    answer_describe(answer, &reading);
    answer_take(answer, &reading);
  } else if (status == CHARTS_OK) {
    answer->kind = SERIES_EMPTY;
    answer->raw = true;
  }
  pass_free(&reading);
  series_head_free(&head);
  return status;
}

charts_status window_read(window *answer, const directory *opened, const char *file, const window_request *request,
                          charts_error *error) {
  int descriptor = -1;
  *answer = (window){.sorted = true};
  charts_status status = directory_open_series(&descriptor, NULL, opened, file, error);
  if (status != CHARTS_OK)
    return status;
  status = window_read_open(answer, descriptor, file, request, error);
  (void)close(descriptor);
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
