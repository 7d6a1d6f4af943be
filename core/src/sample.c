#include "sample.h"
#include "filebytes.h"

#include "rowscan.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { PIECE = 1024 };

typedef struct sampling {
  int file;
  const char *name;
  series_head head;
  uint64_t size;
  double start;
  double interval;
  size_t width;
  totals all;
  double bytes; /* of a row, on average so far */
  double place; /* of the last row of a series of bare numbers, as estimated */
  row_columns out;
} sampling;

static bool is_bare(const sampling *of) {
  return of->head.kind == SERIES_Y;
}

/* The first byte of a row behind `at`, or NULL: rows begin with a bracket, bare numbers behind a comma. */
static const char *next_start(const sampling *of, const char *at, const char *end) {
  const char *found = memchr(at, is_bare(of) ? ',' : '[', (size_t)(end - at));
  if (found != NULL && is_bare(of))
    found++;
  while (found != NULL && found < end && (*found == ' ' || *found == '\n' || *found == '\r' || *found == '\t'))
    found++;
  return found;
}

/* Reads the first whole row behind an offset; false where there is none. */
static bool read_row(sampling *of, uint64_t offset, double row[SUMMARY_WIDTH], uint64_t *stands) {
  char piece[PIECE];
  size_t got = 0;
  if (filebytes_read(of->file, of->name, piece, sizeof piece, offset, &got, NULL) != CHARTS_OK)
    return false;
  const char *start = next_start(of, piece, piece + got);
  if (start == NULL)
    return false;
  rowtext text = {.kind = of->head.kind, .at = start, .end = piece + got};
  size_t count = 0;
  (void)rowtext_read(&text, row, 1, &count);
  if (count == 0)
    return false;
  *stands = offset + (uint64_t)(text.row - piece);
  double bytes = (double)(text.at - text.row) + 1;
  of->bytes = of->bytes > 0 ? of->bytes * 0.98 + bytes * 0.02 : bytes;
  return true;
}

static charts_status take(sampling *of, uint64_t offset, double row[SUMMARY_WIDTH], const window_request *request,
                          charts_error *error) {
  if (is_bare(of)) { /* the average changes, but no row stands before the one before it */
    of->place = fmax(of->place, floor((double)(offset - of->head.data_start) / of->bytes));
    row[0] = of->start + of->interval * of->place;
  }
  totals_add_rows(&of->all, of->head.kind, row, 1);
  if (row[0] < request->from || row[0] > request->to)
    return CHARTS_OK;
  return rows_add(&of->out, row, NULL, NULL, error);
}

static charts_status run(sampling *of, const window_request *request, size_t points, charts_error *error) {
  uint64_t from = of->head.data_start + 1;
  uint64_t length = of->size - from;
  uint64_t last = 0;
  charts_status status = CHARTS_OK;
  for (size_t i = 0; i < points && status == CHARTS_OK; i++) {
    double row[SUMMARY_WIDTH];
    uint64_t stands = 0;
    /* The very first row has no comma before it: the bracket of the data stands for it. */
    uint64_t offset = from - (is_bare(of) ? 0 : 1) + (uint64_t)((double)length * ((double)i / (double)points));
    if (!is_bare(of) && i == 0)
      offset = from;
    if (!read_row(of, offset, row, &stands) || stands <= last)
      continue;
    last = stands;
    status = take(of, stands, row, request, error);
  }
  return status;
}

charts_status sample_read(window *answer, int descriptor, const char *file, const window_request *request,
                          size_t points, charts_error *error) {
  struct stat found;
  sampling of = {.file = descriptor, .name = file, .all = totals_none()};
  if (fstat(descriptor, &found) != 0)
    return error_system(error, errno, "cannot read", file);
  charts_status status = seriesfile_head(&of.head, descriptor, file, error);
  if (status != CHARTS_OK)
    return status;
  of.size = (uint64_t)found.st_size;
  if (of.head.limit < of.size) /* members may follow that look like rows */
    of.size = of.head.limit;
  of.width = series_width(of.head.kind);
  of.out = (row_columns){.file = file, .width = of.width};
  seriesfile_counted_x(of.head.attributes, &of.start, &of.interval);
  if (pyramid_leaf_rows(of.head.kind) > 0)
    status = run(&of, request, points, error);
  else
    status = error_set(error, CHARTS_TYPE, "%s: it is not sampled", file);
  if (status == CHARTS_OK) {
    window_describe(answer, of.head.kind, &of.all);
    answer->count = of.bytes > 0 ? (uint64_t)((double)of.size / of.bytes) : of.all.count;
    window_take(answer, of.head.kind, &of.out);
  }
  rows_free(&of.out);
  series_head_free(&of.head);
  return status;
}
