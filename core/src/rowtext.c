#include "rowtext.h"

#include "decimal.h"
#include "decimalshort.h"

#include <math.h>
#include <string.h>

/* A row that is longer than this is left to the JSON scanner. */
enum { ROW_BYTES = 4096 };

static const char *skip_space(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
    at++;
  return at;
}

static const char *word(const char *at, const char *end, const char *expected) {
  size_t length = strlen(expected);
  return (size_t)(end - at) >= length && memcmp(at, expected, length) == 0 ? at + length : NULL;
}

/* Reads a number, null, NaN or an infinity; NULL where there is none, or where its end is not at hand. */
static const char *cell(const char *at, const char *end, double *number) {
  const char *stop = decimal_read_short(at, end, number);
  if (stop != NULL)
    return stop < end ? stop : NULL;
  stop = decimal_read(at, end, number);
  if (stop != NULL) {
    if (!isfinite(*number))
      *number = (double)NAN;
    return stop < end ? stop : NULL;
  }
  if (at == end)
    return NULL;
  *number = (double)NAN;
  if (*at == 'n')
    return word(at, end, "null");
  if (*at == 'N')
    return word(at, end, "NaN");
  return word(at, end, *at == '-' ? "-Infinity" : "Infinity");
}

/* Reads `[x,…]` of `width` numbers; NULL where it is not there as a whole. */
static const char *list(const char *at, const char *end, double *row, size_t width) {
  if (at == end || *at != '[')
    return NULL;
  at++;
  for (size_t i = 0; i < width; i++) {
    at = cell(skip_space(at, end), end, &row[i]);
    if (at == NULL)
      return NULL;
    at = skip_space(at, end);
    if (at == end || *at != (i + 1 < width ? ',' : ']'))
      return NULL;
    at++;
  }
  return isfinite(row[0]) ? at : NULL;
}

static rowtext_end broken_off(const rowtext *of, const char *at) {
  return !of->last && of->end - at < ROW_BYTES ? ROWTEXT_MORE : ROWTEXT_ODD;
}

/* Moves from the end of a row to the beginning of the next; *ended tells when there is none at hand. */
static const char *next_row(const rowtext *of, rowtext_end *ended, bool *stop) {
  const char *at = skip_space(of->at, of->end);
  *stop = true;
  if (at == of->end) {
    *ended = of->last && of->cut ? ROWTEXT_CLOSED : broken_off(of, of->at);
    return at;
  }
  if (*at == ']') {
    *ended = ROWTEXT_CLOSED;
    return at;
  }
  if (of->behind) {
    const char *comma = at;
    if (*at != ',') {
      *ended = ROWTEXT_ODD;
      return at;
    }
    at = skip_space(at + 1, of->end);
    if (at == of->end || *at == ']') {
      *ended = at == of->end ? broken_off(of, comma) : ROWTEXT_ODD;
      return at;
    }
  }
  *stop = false;
  return at;
}

rowtext_end rowtext_read(rowtext *of, double *rows, size_t room, size_t *count) {
  const size_t width = series_width(of->kind);
  const bool bare = of->kind == SERIES_Y;
  rowtext_end ended = ROWTEXT_FULL;
  *count = 0;
  while (*count < room) {
    bool stop = false;
    const char *start = next_row(of, &ended, &stop);
    if (stop)
      return ended;
    double *row = rows + *count * width;
    const char *at = bare ? cell(start, of->end, &row[1]) : list(start, of->end, row, width);
    const char *skipped = at == NULL && !bare ? word(start, of->end, "null") : NULL;
    if (at == NULL && skipped == NULL)
      return broken_off(of, start);
    of->at = at != NULL ? at : skipped;
    of->behind = true;
    if (skipped != NULL)
      continue;
    if (bare)
      row[0] = of->start + of->interval * (double)of->place;
    if (*count == 0)
      of->row = start;
    of->place++;
    (*count)++;
  }
  return ROWTEXT_FULL;
}
