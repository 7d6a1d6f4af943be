#include "seriestail.h"
#include "filebytes.h"
#include "json.h"

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

/* Whether the text, which ends before the `]` of the data, ends as the last element of data of that kind may. A bare
 * null among rows is never ours: there it is the end of a row, whose bracket was taken for that of the data. */
static bool ends_a_row(const char *text, size_t length, series_kind kind, bool ours) {
  length = trimmed(text, length);
  if (!has_rows(kind))
    return true;
  char last = length > 0 ? text[length - 1] : '\0';
  return last == ']' || last == '[' || (last == 'l' && !ours);
}

/* A file whose end is looked at. */
typedef struct looking {
  int file;
  const char *name;
  series_kind kind;
  uint64_t start; /* of the first element */
  bool ours;
  uint64_t most;
  uint64_t size;
  char *block; /* BLOCK bytes of room */
} looking;

static charts_status too_long(const looking *in, charts_error *error) {
  return error_set(error, CHARTS_LIMIT, "%s: it takes long to read", in->name);
}

/* The last newline of the file behind the beginning of the data, or 0: our files have one before each append. It may
 * stand far back, before gigabytes of a broken append; holes, which somebody's file may have instead, are passed. */
static charts_status last_newline(uint64_t *found, const looking *in, charts_error *error) {
  uint64_t read = 0;
  uint64_t end = in->size;
  *found = 0;
  while (end > in->start && *found == 0) {
    size_t length = end - in->start < BLOCK ? (size_t)(end - in->start) : BLOCK;
    size_t got = 0;
    if (in->most > 0 && read >= in->most)
      return too_long(in, error);
    charts_status status = filebytes_read(in->file, in->name, in->block, length, end - length, &got, error);
    if (status != CHARTS_OK)
      return status;
    const char *newline = memrchr(in->block, '\n', got);
    if (newline != NULL)
      *found = end - length + (uint64_t)(newline - in->block);
    end -= length;
    read += length;
    if (got > 0 && in->block[0] == '\0')
      end -= filebytes_hole(in->file, in->start, end);
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

/* What the last append added, as a list of its own. */
typedef struct added_text {
  const looking *in;
  uint64_t offset;
  uint64_t begin;
  uint64_t end;
  bool opened;
} added_text;

static charts_status refill_added(void *context, char *bytes, size_t room, size_t *length, charts_error *error) {
  added_text *from = context;
  if (!from->opened) {
    from->opened = true;
    bytes[0] = '[';
    *length = 1;
    return CHARTS_OK;
  }
  if (from->in->most > 0 && from->offset - from->begin >= from->in->most)
    return too_long(from->in, error);
  if (from->end - from->offset < room)
    room = (size_t)(from->end - from->offset);
  charts_status status = filebytes_read(from->in->file, from->in->name, bytes, room, from->offset, length, error);
  from->offset += *length;
  return status;
}

/* Whether what the last append added is whole: texts may hold brackets of their own, behind which a write may have been
 * broken off. `newline` is where it begins, `brace` the offset of the brace that closes the record. */
static charts_status is_whole(bool *whole, const looking *in, uint64_t newline, uint64_t brace, charts_error *error) {
  added_text from = {.in = in, .offset = newline + 1, .begin = newline, .end = brace};
  json_token token;
  charts_error reason;
  char first = '\0';
  size_t got = 0;
  charts_status status = filebytes_read(in->file, in->name, &first, 1, from.offset, &got, error);
  if (status != CHARTS_OK)
    return status;
  if (got == 1 && first == ',' && from.offset < from.end)
    from.offset++;
  json_scanner *scanner = json_scan_refill(refill_added, &from, true);
  if (scanner == NULL)
    return error_memory(error);
  status = json_next(scanner, &token, &reason);
  if (status == CHARTS_OK)
    status = json_skip(scanner, &token, &reason);
  if (status == CHARTS_OK)
    status = json_next(scanner, &token, &reason);
  *whole = status == CHARTS_OK && token.kind == JSON_END;
  json_scanner_free(scanner);
  return status == CHARTS_OK || status == CHARTS_FORMAT ? CHARTS_OK : error_set(error, status, "%s", reason.message);
}

/* A closed file of texts is torn all the same when its last append is not whole. */
static charts_status check_texts(seriestail *found, const looking *in, uint64_t brace, charts_error *error) {
  uint64_t newline = 0;
  bool whole = true;
  charts_status status = last_newline(&newline, in, error);
  if (status == CHARTS_OK && newline > 0)
    status = is_whole(&whole, in, newline, brace, error);
  if (status == CHARTS_OK && !whole) {
    found->kind = TAIL_TORN;
    found->limit = newline;
  }
  return status;
}

/* Whether a text behind the last newline is what a broken append left: rows, the lone brace that a single written byte
 * leaves, or bytes that a power cut kept from the disk, in whose place there are zeros. */
static bool is_broken_off(const char *text, size_t length, bool texts) {
  if (texts || memchr(text, '\0', length) != NULL)
    return true;
  if (length > 0 && text[0] == '}') {
    text++;
    length--;
  }
  return memchr(text, '"', length) == NULL && memchr(text, '}', length) == NULL;
}

/* Where an append of ours was broken off, if the file ends in one. */
static charts_status find_torn(seriestail *found, const looking *in, bool texts, charts_error *error) {
  uint64_t newline = 0;
  size_t got = 0;
  charts_status status = last_newline(&newline, in, error);
  if (status != CHARTS_OK || newline == 0)
    return status;
  size_t length = in->size - newline - 1 < BLOCK ? (size_t)(in->size - newline - 1) : BLOCK;
  status = filebytes_read(in->file, in->name, in->block, length, newline + 1, &got, error);
  if (status != CHARTS_OK || !is_broken_off(in->block, got, texts))
    return status;
  found->kind = TAIL_TORN;
  found->limit = newline;
  return CHARTS_OK;
}

static charts_status find(seriestail *found, const looking *in, charts_error *error) {
  const char *block = in->block;
  size_t length = in->size - in->start < BLOCK ? (size_t)(in->size - in->start) : BLOCK;
  uint64_t base = in->size - length;
  size_t got = 0;
  charts_status status = filebytes_read(in->file, in->name, in->block, length, base, &got, error);
  if (status != CHARTS_OK)
    return status;
  bool texts = in->kind == SERIES_NAMED || in->kind == SERIES_POINTS;
  size_t end = trimmed(block, got);
  bool closed = end > 0 && block[end - 1] == '}';
  size_t list = closed ? trimmed(block, end - 1) : 0;
  size_t near = list > QUOTELESS ? list - QUOTELESS : 0;
  bool data_last = list > 0 && block[list - 1] == ']' && (texts || memchr(block + near, '"', list - near) == NULL);
  if (data_last && (list < 2 || ends_a_row(block, list - 1, in->kind, in->ours)) && (!texts || in->ours)) {
    found->kind = TAIL_LAST;
    found->close = base + list - 1;
    if (texts)
      return check_texts(found, in, base + end - 1, error);
  } else if (closed && !texts && !data_last) {
    find_members(found, block, end, base, base == in->start);
  }
  if (found->kind == TAIL_UNKNOWN && in->ours)
    return find_torn(found, in, texts, error);
  return found->members.failed ? error_memory(error) : CHARTS_OK;
}

charts_status seriestail_find(seriestail *found, int file, const char *name, const seriestail_look *how,
                              charts_error *error) {
  struct stat status;
  *found = (seriestail){.kind = TAIL_UNKNOWN};
  if (fstat(file, &status) != 0)
    return error_system(error, errno, "cannot read", name);
  if ((uint64_t)status.st_size <= how->data_start + 1)
    return CHARTS_OK;
  looking in = {.file = file,
                .name = name,
                .kind = how->kind,
                .start = how->data_start + 1,
                .ours = how->ours,
                .most = how->most,
                .size = (uint64_t)status.st_size,
                .block = memory_new(BLOCK)};
  charts_status result = in.block != NULL ? find(found, &in, error) : error_memory(error);
  free(in.block);
  if (result != CHARTS_OK)
    seriestail_free(found);
  return result;
}

void seriestail_free(seriestail *of) {
  buffer_free(&of->members);
  *of = (seriestail){0};
}

bool seriestail_closed(int file, const char *name, uint64_t size) {
  char last[2];
  size_t got = 0;
  return size > 2 && filebytes_read(file, name, last, 2, size - 2, &got, NULL) == CHARTS_OK && got == 2 &&
         last[0] == ']' && last[1] == '}';
}
