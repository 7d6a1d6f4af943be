#include "seriestail.h"
#include "filebytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 1 << 16, QUOTELESS = 4096 };

static bool is_space(char byte) {
  return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static size_t trimmed(const char *text, size_t length) {
  while (length > 0 && is_space(text[length - 1]))
    length--;
  return length;
}

static bool has_rows(series_kind kind) {
  return kind == SERIES_XY || kind == SERIES_RANGE || kind == SERIES_OHLC;
}

/* Whether the text, which ends before the `]` of the data, ends as the last element of data of that kind may. */
static bool ends_a_row(const char *text, size_t length, series_kind kind) {
  length = trimmed(text, length);
  if (!has_rows(kind))
    return true;
  return length > 0 && (text[length - 1] == ']' || text[length - 1] == 'l' || text[length - 1] == '[');
}

/* The last newline of the file behind the beginning of the data, or 0: our files have one before each append. */
static charts_status last_newline(uint64_t *found, int file, const char *name, uint64_t start, uint64_t end,
                                  char *block, charts_error *error) {
  *found = 0;
  while (end > start && *found == 0) {
    size_t length = end - start < BLOCK ? (size_t)(end - start) : BLOCK;
    size_t got = 0;
    charts_status status = filebytes_read(file, name, block, length, end - length, &got, error);
    if (status != CHARTS_OK)
      return status;
    const char *newline = memrchr(block, '\n', got);
    if (newline != NULL)
      *found = end - length + (uint64_t)(newline - block);
    end -= length;
  }
  return CHARTS_OK;
}

/* What stands in rows of numbers. */
static bool in_rows(char byte) {
  return (byte >= '0' && byte <= '9') || is_space(byte) || (byte != '\0' && strchr("+-.eE,[]nulNaIfity", byte) != NULL);
}

/* Members behind rows of numbers begin with the first quote, since rows have none. */
static void find_members(seriestail *found, const char *text, size_t length, uint64_t base, bool whole) {
  size_t quote = 0;
  while (quote < length && in_rows(text[quote]))
    quote++;
  if (quote == length || text[quote] != '"' || (!whole && quote < QUOTELESS / 4))
    return;
  size_t comma = trimmed(text, quote);
  if (comma == 0 || text[comma - 1] != ',')
    return;
  size_t close = trimmed(text, comma - 1);
  if (close == 0 || text[close - 1] != ']')
    return;
  found->kind = TAIL_MEMBERS;
  found->close = base + close - 1;
  buffer_add_char(&found->members, '{');
  buffer_add(&found->members, text + quote, length - quote);
}

static charts_status find(seriestail *found, int file, const char *name, series_kind kind, uint64_t start, bool ours,
                          uint64_t size, char *block, charts_error *error) {
  size_t length = size - start < BLOCK ? (size_t)(size - start) : BLOCK;
  uint64_t base = size - length;
  size_t got = 0;
  charts_status status = filebytes_read(file, name, block, length, base, &got, error);
  if (status != CHARTS_OK)
    return status;
  bool texts = kind == SERIES_NAMED || kind == SERIES_POINTS;
  size_t end = trimmed(block, got);
  bool closed = end > 0 && block[end - 1] == '}';
  size_t list = closed ? trimmed(block, end - 1) : 0;
  size_t near = list > QUOTELESS ? list - QUOTELESS : 0;
  bool data_last = list > 0 && block[list - 1] == ']' && (texts || memchr(block + near, '"', list - near) == NULL);
  if (data_last && (list < 2 || ends_a_row(block, list - 1, kind)) && (!texts || ours)) {
    found->kind = TAIL_LAST;
    found->close = base + list - 1;
  } else if (closed && !texts && !data_last) {
    find_members(found, block, end, base, base == start);
  }
  if (found->kind != TAIL_UNKNOWN || !ours)
    return found->members.failed ? error_memory(error) : CHARTS_OK;
  uint64_t newline = 0;
  status = last_newline(&newline, file, name, start, size, block, error);
  if (status != CHARTS_OK || newline == 0)
    return status;
  /* What was torn off is rows, or the lone brace that a single written byte leaves. */
  length = size - newline - 1 < BLOCK ? (size_t)(size - newline - 1) : BLOCK;
  status = filebytes_read(file, name, block, length, newline + 1, &got, error);
  bool lone = got == 1 && block[0] == '}';
  if (status != CHARTS_OK || (!texts && !lone && (memchr(block, '"', got) != NULL || memchr(block, '}', got) != NULL)))
    return status;
  found->kind = TAIL_TORN;
  found->limit = newline;
  return CHARTS_OK;
}

charts_status seriestail_find(seriestail *found, int file, const char *name, series_kind kind, uint64_t data_start,
                              bool ours, charts_error *error) {
  struct stat status;
  *found = (seriestail){.kind = TAIL_UNKNOWN};
  if (fstat(file, &status) != 0)
    return error_system(error, errno, "cannot read", name);
  if ((uint64_t)status.st_size <= data_start + 1)
    return CHARTS_OK;
  char *block = memory_new(BLOCK);
  charts_status result =
      block != NULL ? find(found, file, name, kind, data_start + 1, ours, (uint64_t)status.st_size, block, error)
                    : error_memory(error);
  free(block);
  if (result != CHARTS_OK)
    seriestail_free(found);
  return result;
}

void seriestail_free(seriestail *of) {
  buffer_free(&of->members);
  *of = (seriestail){0};
}
