#include "rowblock.h"

#include "value.h"

#include <math.h>
#include <stdlib.h>

static size_t column_count(const series *from) {
  return from->kind == SERIES_Y ? 1 : series_width(from->kind);
}

static bool has_readers(const series *from) {
  for (size_t i = 0; from->rows == NULL && i < column_count(from); i++)
    if (charts_value_kind(from->columns[i]) == CHARTS_READER)
      return true;
  return from->reader != NULL;
}

charts_status rowblock_begin(rowblock *begun, const series *from, charts_error *error) {
  bool readers = has_readers(from);
  *begun = (rowblock){.from = from, .shared = !readers && from->rows == NULL};
  if (!readers)
    return CHARTS_OK;
  begun->numbers = memory_new((size_t)ROWBLOCK_MOST * series_width(from->kind) * sizeof *begun->numbers);
  return begun->numbers != NULL ? CHARTS_OK : error_memory(error);
}

void rowblock_end(rowblock *of) {
  free(of->numbers);
  of->numbers = NULL;
}

/* ---- Memory ---- */

/* Puts numbers of a column into every `width`-th place. */
static void read_column(const charts_column *column, size_t first, size_t count, double *to, size_t width) {
  const ptrdiff_t size = (ptrdiff_t)sizeof(double);
  bool aligned = (uintptr_t)column->memory % sizeof(double) == 0 && column->stride % size == 0;
  if (column->type != CHARTS_FLOAT64 || !aligned || column->has_missing) {
    for (size_t i = 0; i < count; i++)
      to[i * width] = charts_column_number(column, first + i);
    return;
  }
  const ptrdiff_t step = column->stride != 0 ? column->stride / size : 1;
  const double *from = (const double *)column->memory + (ptrdiff_t)first * step;
  for (size_t i = 0; i < count; i++)
    to[i * width] = from[(ptrdiff_t)i * step];
}

static void to_milliseconds(const series *from, double *rows, size_t count) {
  size_t width = series_width(from->kind);
  if (from->kind == SERIES_Y || from->time == CHARTS_TIME_NONE || from->time == CHARTS_TIME_MS)
    return;
  for (size_t i = 0; i < count; i++)
    rows[i * width] = value_milliseconds(from->time, rows[i * width]);
}

void rowblock_columns(const series *from, size_t first, size_t count, double *rows) {
  size_t width = series_width(from->kind);
  size_t skip = from->kind == SERIES_Y ? 1 : 0;
  for (size_t i = 0; i < column_count(from); i++)
    read_column(charts_value_column(from->columns[i]), first, count, rows + skip + i, width);
  to_milliseconds(from, rows, count);
}

/* ---- Lists of rows ---- */

double rowblock_cell(const charts_value *row, size_t place) {
  if (charts_value_kind(row) == CHARTS_COLUMN)
    return charts_column_number(charts_value_column(row), place);
  double number = (double)NAN;
  return value_as_number(charts_value_at(row, place), &number) ? number : (double)NAN;
}

static void read_list(const series *from, size_t first, size_t count, double *rows) {
  size_t width = series_width(from->kind);
  for (size_t i = 0; i < count; i++) {
    const charts_value *row = charts_value_at(from->rows, first + i);
    double *to = rows + i * width;
    if (from->kind == SERIES_Y && !value_as_number(row, &to[1]))
      to[1] = (double)NAN;
    for (size_t j = 0; from->kind != SERIES_Y && j < width; j++)
      to[j] = rowblock_cell(row, j);
  }
  to_milliseconds(from, rows, count);
}

/* ---- Readers ---- */

static charts_status x_missing(const rowblock *of, size_t row, charts_error *error) {
  return error_set(error, CHARTS_TYPE, "data of %s: row %zu: expected a finite x, got none", of->from->name,
                   of->next + row + 1);
}

/* Other values were checked when the series was read; what functions give was not there yet. */
static charts_status check_x(const rowblock *of, const double *rows, size_t count, charts_error *error) {
  size_t width = series_width(of->from->kind);
  for (size_t i = 0; i < count && of->from->kind != SERIES_Y; i++)
    if (!isfinite(rows[i * width]))
      return x_missing(of, i, error);
  return CHARTS_OK;
}

static charts_status reader_failed(charts_error *error) {
  return error_set(error, CHARTS_INTERRUPTED, "the function that gives the data failed");
}

/* Reads whole rows of a reader of all columns: as many as there is room for, or to its end. */
static charts_status read_reader(rowblock *of, double *rows, size_t room, size_t *count, charts_error *error) {
  size_t width = series_width(of->from->kind);
  size_t given = of->from->kind == SERIES_Y ? 1 : width;
  size_t have = 0;
  while (have < room * given && !of->ended) {
    size_t got = value_reader_read(of->from->reader, of->numbers + have, room * given - have);
    if (got == SIZE_MAX)
      return reader_failed(error);
    if (got % given != 0 || got > room * given - have)
      return error_set(error, CHARTS_ARGUMENT, "data: expected rows of %zu numbers from the function", given);
    of->ended = got == 0;
    have += got;
  }
  *count = have / given;
  for (size_t i = 0; i < *count; i++)
    for (size_t j = 0; j < given; j++)
      rows[i * width + (width - given) + j] = of->numbers[i * given + j];
  return CHARTS_OK;
}

/* Reads exactly `count` numbers of a reader that is a column. */
static charts_status read_numbers(const rowblock *of, const charts_value *reader, size_t count, charts_error *error) {
  for (size_t have = 0; have < count;) {
    size_t got = value_reader_read(reader, of->numbers + have, count - have);
    if (got == SIZE_MAX)
      return reader_failed(error);
    if (got == 0 || got > count - have)
      return error_set(error, CHARTS_TYPE, "data of %s: expected columns of equal length, got %zu and %zu",
                       of->from->name, of->from->count, of->next + have);
    have += got;
  }
  return CHARTS_OK;
}

static charts_status read_mixed(rowblock *of, double *rows, size_t count, charts_error *error) {
  const series *from = of->from;
  size_t width = series_width(from->kind);
  size_t skip = from->kind == SERIES_Y ? 1 : 0;
  for (size_t i = 0; i < column_count(from); i++) {
    const charts_value *column = from->columns[i];
    if (charts_value_kind(column) != CHARTS_READER) {
      read_column(charts_value_column(column), of->next, count, rows + skip + i, width);
      continue;
    }
    charts_status status = read_numbers(of, column, count, error);
    if (status != CHARTS_OK)
      return status;
    for (size_t j = 0; j < count; j++)
      rows[j * width + skip + i] = of->numbers[j];
  }
  return CHARTS_OK;
}

charts_status rowblock_next(rowblock *of, double *rows, size_t room, size_t *count, charts_error *error) {
  const series *from = of->from;
  charts_status status = CHARTS_OK;
  *count = 0;
  if (from->reader != NULL) {
    status = read_reader(of, rows, room, count, error);
  } else {
    size_t left = from->count - of->next;
    *count = left < room ? left : room;
    if (from->rows != NULL)
      read_list(from, of->next, *count, rows);
    else
      status = read_mixed(of, rows, *count, error);
  }
  if (status == CHARTS_OK && from->rows == NULL)
    status = check_x(of, rows, *count, error);
  if (status == CHARTS_OK && from->rows == NULL)
    to_milliseconds(from, rows, *count);
  of->next += *count;
  return status;
}
