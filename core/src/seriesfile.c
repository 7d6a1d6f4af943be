#include "seriesfile.h"
#include "filebytes.h"

#include "rowscan.h"
#include "seriestext.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_ROWS = 4096, WIDTH_MOST = 5 };

typedef struct point_reading {
  json_scanner *scanner;
  const series_head *head;
  series_visit visit;
  void *context;
  charts_error *error;
  double start;
  double interval;
  uint64_t place; /* of the next point */
  double *rows;
  size_t count;
  size_t width;
  uint64_t skip; /* rows that were handed over already */
  uint64_t end;  /* offset of the `]` of the data */
  char **labels;
  char **records;
} point_reading;

/* Hands the block over and empties it. */
static charts_status hand_over(point_reading *in) {
  if (in->count == 0)
    return CHARTS_OK;
  size_t skipped = in->skip < in->count ? (size_t)in->skip : in->count; /* such rows have no texts */
  series_block block = {in->rows + skipped * in->width, in->count - skipped, in->width, (const char *const *)in->labels,
                        (const char *const *)in->records};
  in->skip -= skipped;
  charts_status status = block.count > 0 ? in->visit(in->context, &block, in->error) : CHARTS_OK;
  for (size_t i = 0; i < in->count; i++) {
    if (in->labels != NULL) {
      free(in->labels[i]);
      in->labels[i] = NULL;
    }
    if (in->records != NULL) {
      free(in->records[i]);
      in->records[i] = NULL;
    }
  }
  in->count = 0;
  return status;
}

static charts_status data_error(point_reading *in, const char *expected) {
  uint64_t line = 0;
  uint64_t column = 0;
  json_position(in->scanner, &line, &column);
  return error_set(in->error, CHARTS_FORMAT, "line %" PRIu64 ", column %" PRIu64 ": data: expected %s", line, column,
                   expected);
}

static double counted_x(point_reading *in) {
  return in->start + in->interval * (double)in->place;
}

static charts_status read_numbers(point_reading *in) {
  double numbers[512];
  for (;;) {
    size_t got = 0;
    charts_status status = json_numbers(in->scanner, numbers, sizeof numbers / sizeof numbers[0], &got, in->error);
    if (status != CHARTS_OK)
      return status;
    if (got == 0) {
      json_token token;
      status = json_next(in->scanner, &token, in->error);
      in->end = token.start;
      if (status != CHARTS_OK || token.kind == JSON_LIST_CLOSE)
        return status;
      return data_error(in, "numbers as in the first element");
    }
    for (size_t i = 0; i < got; i++) {
      double *row = in->rows + in->count * in->width;
      row[0] = counted_x(in);
      row[1] = numbers[i];
      in->place++;
      if (++in->count == BLOCK_ROWS) {
        status = hand_over(in);
        if (status != CHARTS_OK)
          return status;
      }
    }
  }
}

/* Reads the numbers of the row that was just opened. */
static charts_status read_row(point_reading *in) {
  double *row = in->rows + in->count * in->width;
  size_t got = 0;
  charts_status status = json_numbers(in->scanner, row, in->width, &got, in->error);
  json_token token = {0};
  if (status == CHARTS_OK)
    status = json_next(in->scanner, &token, in->error);
  if (status != CHARTS_OK)
    return status;
  if (got != in->width || token.kind != JSON_LIST_CLOSE)
    return data_error(in, "rows of as many numbers as the first one");
  return isfinite(row[0]) ? CHARTS_OK : data_error(in, "a number for x");
}

/* Reads [name, y]; the row was just opened. */
static charts_status read_named(point_reading *in) {
  json_token token;
  charts_status status = json_next(in->scanner, &token, in->error);
  if (status != CHARTS_OK)
    return status;
  if (token.kind != JSON_TEXT)
    return data_error(in, "rows of a name and a number");
  in->labels[in->count] = memory_text(token.text, token.length);
  if (in->labels[in->count] == NULL)
    return error_memory(in->error);
  double *row = in->rows + in->count * in->width;
  size_t got = 0;
  row[0] = (double)in->place;
  status = json_numbers(in->scanner, row + 1, 1, &got, in->error);
  if (status == CHARTS_OK)
    status = json_next(in->scanner, &token, in->error);
  bool whole = got == 1 && token.kind == JSON_LIST_CLOSE;
  return status != CHARTS_OK || whole ? status : data_error(in, "rows of a name and a number");
}

/* Reads a record; it was just opened by `token`. */
static charts_status read_point(point_reading *in, const json_token *token) {
  charts_value *record = NULL;
  charts_status status = value_scan(&record, in->scanner, token, in->error);
  if (status != CHARTS_OK)
    return status;
  double *row = in->rows + in->count * in->width;
  if (!value_as_number(charts_value_get(record, "x"), &row[0]) || !isfinite(row[0]))
    row[0] = counted_x(in);
  if (!value_as_number(charts_value_get(record, "y"), &row[1]))
    row[1] = (double)NAN;
  const char *label = charts_value_text(charts_value_get(record, "name"), NULL);
  buffer text = {0};
  value_write(&text, record);
  if (label != NULL)
    in->labels[in->count] = memory_text(label, strlen(label));
  in->records[in->count] = text.bytes;
  bool failed = text.failed || (label != NULL && in->labels[in->count] == NULL);
  charts_value_free(record);
  return failed ? error_memory(in->error) : CHARTS_OK;
}

static charts_status read_element(point_reading *in, const json_token *token) {
  bool points = in->head->kind == SERIES_POINTS;
  if (token->kind == JSON_NULL) {
    if (!points)
      return CHARTS_OK; /* FORMAT.md: a bare null among rows is skipped */
    in->rows[in->count * in->width] = counted_x(in);
    in->rows[in->count * in->width + 1] = (double)NAN;
  } else if (points) {
    if (token->kind != JSON_RECORD_OPEN)
      return data_error(in, "points as in the first element");
    charts_status status = read_point(in, token);
    if (status != CHARTS_OK)
      return status;
  } else {
    if (token->kind != JSON_LIST_OPEN)
      return data_error(in, "rows as in the first element");
    charts_status status = in->head->kind == SERIES_NAMED ? read_named(in) : read_row(in);
    if (status != CHARTS_OK)
      return status;
  }
  in->place++;
  in->count++;
  return in->count == BLOCK_ROWS ? hand_over(in) : CHARTS_OK;
}

static charts_status read_elements(point_reading *in) {
  for (;;) {
    json_token token;
    charts_status status = json_next(in->scanner, &token, in->error);
    in->end = token.start;
    if (status != CHARTS_OK || token.kind == JSON_LIST_CLOSE)
      return status;
    status = read_element(in, &token);
    if (status != CHARTS_OK)
      return status;
  }
}

/* Moves the scanner behind the `[` of the data. */
static charts_status find_data(point_reading *in) {
  json_token token;
  charts_status status = json_next(in->scanner, &token, in->error);
  while (status == CHARTS_OK && token.start != in->head->data_start) {
    if (token.kind == JSON_END)
      return data_error(in, "the list that was there before");
    status = json_next(in->scanner, &token, in->error);
  }
  return status;
}

static charts_status read_points(point_reading *in) {
  charts_status status = find_data(in);
  if (status != CHARTS_OK || in->head->kind == SERIES_EMPTY)
    return status;
  status = in->head->kind == SERIES_Y ? read_numbers(in) : read_elements(in);
  return status == CHARTS_OK ? hand_over(in) : status;
}

static void free_texts(char **texts) {
  for (size_t i = 0; texts != NULL && i < BLOCK_ROWS; i++)
    free(texts[i]);
  free(texts);
}

/* Reads the points with the JSON scanner, which takes all that there is and says what is wrong. */
static charts_status scan_points(point_reading *in, int file, const char *name, charts_error *error) {
  const series_head *head = in->head;
  bool points = head->kind == SERIES_POINTS;
  bool texts = points || head->kind == SERIES_NAMED;
  seriestext from = {.file = file, .name = name, .limit = head->limit, .closed = head->limit != UINT64_MAX ? 0 : 2};
  in->scanner = json_scan_refill(seriestext_refill, &from, true);
  in->rows = memory_new((size_t)BLOCK_ROWS * WIDTH_MOST * sizeof *in->rows);
  if (texts)
    in->labels = memory_new_zeroed(BLOCK_ROWS, sizeof *in->labels);
  if (points)
    in->records = memory_new_zeroed(BLOCK_ROWS, sizeof *in->records);
  bool failed =
      in->scanner == NULL || in->rows == NULL || (points && in->records == NULL) || (texts && in->labels == NULL);
  charts_status status = failed ? error_memory(error) : read_points(in);
  json_scanner_free(in->scanner);
  free(in->rows);
  free_texts(in->labels);
  free_texts(in->records);
  return seriestext_name(error, status, name);
}

static charts_status hand_rows_over(void *context, const double *rows, size_t count, uint64_t offset,
                                    charts_error *error) {
  const point_reading *in = context;
  series_block block = {rows, count, in->width, NULL, NULL};
  (void)offset;
  return in->visit(in->context, &block, error);
}

/* A member that counts x. Larger ones are taken for absent: no number of points makes x infinite. */
static double counting(const charts_value *attributes, const char *key, double otherwise) {
  double number;
  bool there = value_as_number(charts_value_get(attributes, key), &number) && fabs(number) <= 1e280;
  return there ? number : otherwise;
}

void seriesfile_counted_x(const charts_value *attributes, double *start, double *interval) {
  *start = counting(attributes, "pointStart", 0);
  *interval = counting(attributes, "pointInterval", 1);
}

/* Data that end before the place that the end of the file told: it told of another list, or the file is broken. */
static charts_status check_end(uint64_t end, int file, const char *name, const series_head *head, charts_error *error) {
  series_head whole;
  if (head->limit == UINT64_MAX || end >= head->limit || head->kind == SERIES_EMPTY)
    return CHARTS_OK;
  if (head->torn)
    return error_set(error, CHARTS_FORMAT, "%s: data: expected a list that goes on to the last append", name);
  charts_status status = seriesfile_head_whole(&whole, file, name, error);
  series_head_free(&whole);
  return status;
}

charts_status seriesfile_points(int file, const char *name, const series_head *head, series_visit visit, void *context,
                                charts_error *error) {
  point_reading in = {.head = head, .visit = visit, .context = context, .error = error};
  in.width = series_width(head->kind);
  seriesfile_counted_x(head->attributes, &in.start, &in.interval);
  if (pyramid_leaf_rows(head->kind) > 0) {
    rowscan scan = {.file = file,
                    .name = name,
                    .kind = head->kind,
                    .start = in.start,
                    .interval = in.interval,
                    .from = head->data_start + 1,
                    .limit = head->limit,
                    .block = BLOCK_ROWS / 4};
    charts_status status = rowscan_run(&scan, hand_rows_over, &in, error);
    if (status != CHARTS_OK || !scan.odd)
      return status == CHARTS_OK ? check_end(scan.end, file, name, head, error) : status;
    in.skip = scan.place;
  }
  charts_status status = scan_points(&in, file, name, error);
  return status == CHARTS_OK ? check_end(in.end, file, name, head, error) : status;
}

static charts_status ignore_block(void *context, const series_block *block, charts_error *error) {
  (void)context;
  (void)block;
  (void)error;
  return CHARTS_OK;
}

charts_status seriesfile_check(int file, const char *name, charts_error *error) {
  series_head head;
  charts_status status = seriesfile_head_whole(&head, file, name, error);
  if (status != CHARTS_OK)
    return status;
  status = seriesfile_points(file, name, &head, ignore_block, NULL, error);
  series_head_free(&head);
  return status;
}

void seriesfile_stamp(char *stamp, const struct stat *status) {
  struct {
    int64_t numbers[6];
  } parts = {{(int64_t)status->st_size, (int64_t)status->st_mtim.tv_sec, (int64_t)status->st_mtim.tv_nsec,
              (int64_t)status->st_ctim.tv_sec, (int64_t)status->st_ctim.tv_nsec, (int64_t)status->st_ino}};
  (void)snprintf(stamp, 64, "%" PRIx64 "-%016" PRIx64, (uint64_t)status->st_size, hash_bytes(&parts, sizeof parts));
}
