#include "rowscan.h"
#include "filebytes.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 18 };

struct rowcursor {
  rowscan *scan;
  rowtext text;
  char *chunk;
  size_t length;   /* bytes at hand */
  uint64_t offset; /* of chunk[0] */
  double *rows;
  bool begun;
  bool ended;
};

/* Reads more text behind what is left of the chunk. */
static charts_status refill(rowcursor *in, charts_error *error) {
  const rowscan *scan = in->scan;
  size_t used = in->length > 0 ? (size_t)(in->text.at - in->chunk) : 0;
  size_t left = in->length - used;
  memmove(in->chunk, in->chunk + used, left);
  in->offset += used;
  uint64_t next = in->offset + left;
  size_t room = CHUNK - left;
  uint64_t stop = scan->limit == UINT64_MAX ? UINT64_MAX : scan->limit + 1; /* what follows a number tells its end */
  if (stop - next < room)
    room = (size_t)(stop - next);
  size_t got = 0;
  charts_status status = filebytes_read(scan->file, scan->name, in->chunk + left, room, next, &got, error);
  in->length = left + got;
  in->text.at = in->chunk;
  in->text.end = in->chunk + in->length;
  in->text.last = got < room || next + got == stop;
  in->text.cut = next + got == stop;
  return status;
}

rowcursor *rowcursor_open(rowscan *scan) {
  rowcursor *made = memory_new_zeroed(1, sizeof *made);
  if (made == NULL)
    return NULL;
  *made = (rowcursor){.scan = scan, .offset = scan->from};
  made->text = (rowtext){.kind = scan->kind, .start = scan->start, .interval = scan->interval, .place = scan->place};
  scan->odd = false;
  scan->last = scan->from;
  made->chunk = memory_new(CHUNK);
  made->rows = memory_new(scan->block * series_width(scan->kind) * sizeof *made->rows);
  if (made->chunk != NULL && made->rows != NULL)
    return made;
  rowcursor_close(made);
  return NULL;
}

void rowcursor_close(rowcursor *of) {
  if (of == NULL)
    return;
  free(of->chunk);
  free(of->rows);
  free(of);
}

/* The rows have ended, or something stands there that is none. */
static void end_at(rowcursor *in, rowtext_end ended) {
  rowscan *scan = in->scan;
  in->ended = true;
  scan->odd = ended == ROWTEXT_ODD;
  while (in->text.at < in->text.end && *in->text.at != ']' && !scan->odd)
    in->text.at++;
  scan->end = in->offset + (uint64_t)(in->text.at - in->chunk);
}

charts_status rowcursor_next(rowcursor *of, double **rows, size_t *count, uint64_t *offset, charts_error *error) {
  rowscan *scan = of->scan;
  size_t width = series_width(scan->kind);
  charts_status status = of->begun ? CHARTS_OK : refill(of, error);
  of->begun = true;
  *count = 0;
  *rows = of->rows;
  while (status == CHARTS_OK && !of->ended) {
    size_t got = 0;
    rowtext_end ended = rowtext_read(&of->text, of->rows + *count * width, scan->block - *count, &got);
    if (*count == 0 && got > 0)
      *offset = of->offset + (uint64_t)(of->text.row - of->chunk);
    *count += got;
    if (got > 0)
      scan->last = of->offset + (uint64_t)(of->text.at - of->chunk);
    if (ended == ROWTEXT_FULL)
      break;
    if (ended == ROWTEXT_MORE)
      status = refill(of, error);
    else
      end_at(of, ended);
  }
  scan->place = of->text.place;
  return status;
}

charts_status rowscan_run(rowscan *scan, rowscan_visit visit, void *context, charts_error *error) {
  rowcursor *cursor = rowcursor_open(scan);
  charts_status status = cursor != NULL ? CHARTS_OK : error_memory(error);
  while (status == CHARTS_OK) {
    double *rows = NULL;
    size_t count = 0;
    uint64_t offset = 0;
    status = rowcursor_next(cursor, &rows, &count, &offset, error);
    if (status != CHARTS_OK || count == 0)
      break;
    status = visit(context, rows, count, offset, error);
  }
  rowcursor_close(cursor);
  return status;
}
