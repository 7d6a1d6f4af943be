#include "reply.h"

#include "embedded.h"
#include "seriesfile.h"
#include "seriestail.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void reply_json(http_request *request, buffer *text) {
  http_reply reply = {.status = 200, .type = "application/json"};
  if (text->failed)
    http_problem(request, 503, "out of memory");
  else
    http_answer(request, &reply, text->bytes, text->length);
  buffer_free(text);
}

void reply_error(http_request *request, const charts_error *error) {
  int status = 500;
  switch (error->status) {
  case CHARTS_NOT_FOUND:
    status = 404;
    break;
  case CHARTS_ARGUMENT:
  case CHARTS_TYPE:
  case CHARTS_NAME:
  case CHARTS_FORMAT:
  case CHARTS_LIMIT:
    status = 422;
    break;
  case CHARTS_REFUSED:
    status = 403;
    break;
  case CHARTS_MEMORY:
    status = 503;
    break;
  default:
    break;
  }
  http_problem(request, status, "%s", error->message);
}

/* Whether If-None-Match names `etag` (which stands without quotes). */
static bool unchanged(const http_request *request, const char *etag) {
  const char *known = http_header(request, "If-None-Match");
  char quoted[96];
  snprintf(quoted, sizeof quoted, "\"%s\"", etag);
  return known && strstr(known, quoted);
}

void reply_embedded(http_request *request, const char *name) {
  const embedded_file *file = embedded_find(name);
  if (!file) {
    http_problem(request, 404, "there is no such page");
    return;
  }
  char headers[160];
  snprintf(headers, sizeof headers, "ETag: \"%s\"\r\n%s", file->etag,
           file->compressed ? "Content-Encoding: gzip\r\n" : "");
  http_reply reply = {.status = 200, .type = file->type, .headers = headers, .cache = "no-cache"};
  if (unchanged(request, file->etag)) {
    reply.status = 304;
    http_answer(request, &reply, NULL, 0);
  } else {
    http_answer(request, &reply, file->bytes, file->size);
  }
}

/* ---- Files ---- */

typedef enum range_kind { RANGE_NONE, RANGE_ONE, RANGE_OUTSIDE } range_kind;

/* Reads up to 18 digits; false when there are none, or more. */
static bool read_digits(const char **at, uint64_t *number) {
  size_t digits = strspn(*at, "0123456789");
  if (digits == 0 || digits > 18)
    return false;
  *number = strtoull(*at, NULL, 10);
  *at += digits;
  return true;
}

/* Reads `bytes=a-b`, `bytes=a-` or `bytes=-n`; anything else (several ranges too) counts as none. */
static range_kind read_range(const char *text, uint64_t size, uint64_t *start, uint64_t *length) {
  uint64_t first = 0;
  uint64_t last = UINT64_MAX;
  if (!text || strncmp(text, "bytes=", 6) != 0)
    return RANGE_NONE;
  text += 6;
  bool has_first = read_digits(&text, &first);
  if (*text++ != '-')
    return RANGE_NONE;
  bool has_last = read_digits(&text, &last);
  if (*text || (!has_first && !has_last) || (has_first && last < first))
    return RANGE_NONE;
  if (!has_first) { /* the last n bytes */
    first = last < size ? size - last : 0;
    last = last ? UINT64_MAX : 0;
  }
  if (first >= size || last < first)
    return RANGE_OUTSIDE;
  *start = first;
  *length = (last < size ? last : size - 1) - first + 1;
  return RANGE_ONE;
}

/* What is sent of a series file: bytes of it, and the brackets that close what they hold. */
typedef struct sending {
  int descriptor;
  uint64_t text; /* so many bytes of the file */
  const char *closers;
} sending;

static const char closers[] = "]}";

/* The bytes before the closers stay whoever appends: those that the file has are sent from here. */
static void close_at(sending *of, uint64_t text) {
  of->text = text;
  of->closers = closers;
}

/* Finds out how much of a file is a whole series, as FORMAT.md (section 1) has it for a file that somebody appends to;
 * *known is whether that holds whatever the file became meanwhile. A long file of another program, which only reading
 * all of it would tell about, is sent as it stands. */
static charts_status find_whole(sending *of, bool *known, uint64_t size, const char *name, charts_error *error) {
  enum { FRONT_BYTES = 4 << 20 };
  series_head head;
  bool closed = seriestail_closed(of->descriptor, name, size);
  of->text = size;
  of->closers = "";
  *known = false;
  charts_status result = seriesfile_head_within(&head, of->descriptor, name, FRONT_BYTES, 0, error);
  if (result == CHARTS_OK) {
    *known = head.torn || (head.limit != UINT64_MAX && !head.guessed);
    if (*known)
      close_at(of, head.limit);
    series_head_free(&head);
  }
  if (!*known && closed)
    close_at(of, size - 2);
  return result == CHARTS_LIMIT ? CHARTS_OK : result;
}

/* The same of one state of the file, which *status becomes. */
static charts_status look(sending *of, struct stat *status, const char *name, charts_error *error) {
  bool known = false;
  for (int attempt = 0; attempt < 20; attempt++) {
    uint64_t size = (uint64_t)status->st_size;
    charts_status result = find_whole(of, &known, size, name, error);
    if (result != CHARTS_OK || known || fstat(of->descriptor, status) != 0 || (uint64_t)status->st_size == size)
      return result;
  }
  return CHARTS_OK;
}

/* Whether all was sent. */
static bool send_file(http_request *request, int descriptor, uint64_t start, uint64_t length) {
  enum { PIECE = 256 * 1024 };
  char *piece = memory_new(PIECE);
  while (piece && length) {
    ssize_t got = pread(descriptor, piece, length < PIECE ? (size_t)length : PIECE, (off_t)start);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0 || !http_write(request, piece, (size_t)got))
      break;
    start += (uint64_t)got;
    length -= (uint64_t)got;
  }
  free(piece);
  if (length)
    http_abort(request); /* shorter than it was announced: somebody truncated it */
  return length == 0;
}

static void send_part(http_request *request, const sending *of, uint64_t start, uint64_t length) {
  uint64_t rest = start < of->text ? of->text - start : 0;
  uint64_t read = length < rest ? length : rest;
  if (send_file(request, of->descriptor, start, read) && length > read)
    (void)http_write(request, of->closers + (start + read - of->text), (size_t)(length - read));
}

/* Answers with what was looked at. */
static void answer_file(http_request *request, const sending *of, const struct stat *status) {
  uint64_t size = of->text + strlen(of->closers);
  uint64_t start = 0;
  uint64_t length = size;
  char stamp[64];
  char headers[256];
  seriesfile_stamp(stamp, status);
  int used = snprintf(headers, sizeof headers, "ETag: \"%s\"\r\nAccept-Ranges: bytes\r\n", stamp);
  http_reply reply = {.status = 200, .type = "application/json", .headers = headers, .cache = "no-cache"};
  const char *condition = http_header(request, "If-Range");
  range_kind range = condition && !strstr(condition, stamp)
                         ? RANGE_NONE
                         : read_range(http_header(request, "Range"), size, &start, &length);
  if (unchanged(request, stamp)) {
    reply.status = 304;
    http_answer(request, &reply, NULL, 0);
    return;
  }
  if (range == RANGE_OUTSIDE) {
    http_problem(request, 416, "the file has %llu bytes", (unsigned long long)size);
    return;
  }
  if (range == RANGE_ONE) {
    reply.status = 206;
    snprintf(headers + used, sizeof headers - (size_t)used, "Content-Range: bytes %llu-%llu/%llu\r\n",
             (unsigned long long)start, (unsigned long long)(start + length - 1), (unsigned long long)size);
  }
  if (http_begin(request, &reply, length))
    send_part(request, of, start, length);
}

void reply_file(http_request *request, int descriptor, const struct stat *status, const char *name) {
  charts_error error;
  struct stat now = *status;
  sending of = {.descriptor = descriptor};
  charts_status result = look(&of, &now, name, &error);
  if (result == CHARTS_OK)
    answer_file(request, &of, &now);
  else if (result == CHARTS_IO) /* of the file, not of the server */
    http_problem(request, 422, "%s", error.message);
  else
    reply_error(request, &error);
}
