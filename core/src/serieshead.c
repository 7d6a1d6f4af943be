/* The head of a series file; declared in seriesfile.h. */
#include "seriesfile.h"

#include "filebytes.h"
#include "seriestail.h"
#include "seriestext.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  WIDTH_MOST = 5,
  ATTRIBUTE_BYTES = 1 << 20,
  SCANNED_BYTES = 1 << 20 /* files of other programs up to this size are scanned whole, so that all that is wrong with
                             them is known at once */
};

void series_head_free(series_head *head) {
  charts_value_free(head->attributes);
  free(head->name);
  *head = (series_head){0};
}

/* The kind of the row that was just opened; reads it to its end. */
static charts_status row_kind(series_kind *kind, json_scanner *scanner, charts_error *error) {
  json_token token;
  size_t count = 0;
  bool named = false;
  for (;;) {
    charts_status status = json_next(scanner, &token, error);
    if (status != CHARTS_OK)
      return status;
    if (token.kind == JSON_LIST_CLOSE)
      break;
    if (token.kind == JSON_TEXT && count == 0)
      named = true;
    else if (token.kind != JSON_NUMBER && token.kind != JSON_NULL)
      return error_set(error, CHARTS_FORMAT, "data: expected rows of numbers");
    if (++count > WIDTH_MOST)
      break;
  }
  *kind = named && count == 2 ? SERIES_NAMED
          : named             ? SERIES_EMPTY
          : count == 2        ? SERIES_XY
          : count == 3        ? SERIES_RANGE
          : count == 5        ? SERIES_OHLC
                              : SERIES_EMPTY;
  if (*kind == SERIES_EMPTY)
    return error_set(error, CHARTS_FORMAT, "data: expected rows of 2, 3 or 5 numbers or of a name and a number");
  return CHARTS_OK;
}

/* Reads elements until one tells the kind; *open is whether the list goes on afterwards. */
static charts_status data_kind(series_kind *kind, bool *open, json_scanner *scanner, charts_error *error) {
  *kind = SERIES_EMPTY;
  *open = true;
  for (;;) {
    json_token token;
    charts_status status = json_next(scanner, &token, error);
    if (status != CHARTS_OK)
      return status;
    switch (token.kind) {
    case JSON_NULL:
      *kind = SERIES_Y;
      continue;
    case JSON_NUMBER:
      *kind = SERIES_Y;
      return CHARTS_OK;
    case JSON_LIST_OPEN:
      return row_kind(kind, scanner, error);
    case JSON_RECORD_OPEN:
      *kind = SERIES_POINTS;
      return json_skip(scanner, &token, error);
    case JSON_LIST_CLOSE:
      *open = false;
      return CHARTS_OK;
    default:
      return error_set(error, CHARTS_FORMAT, "data: expected numbers, rows or points");
    }
  }
}

typedef struct head_reading {
  series_head *head;
  json_scanner *scanner;
  int file;
  const char *file_name;
  bool whole;      /* read to the end whatever the file looks like */
  uint64_t behind; /* the most bytes from the end; 0: as many as there are */
  int members;
  bool ours; /* the members so far stand as we write them */
  bool data;
  charts_error *error;
} head_reading;

/* Closes the list that is open at the given depth of nesting: 1, the data. */
static charts_status skip_data(head_reading *in) {
  json_token token;
  for (;;) {
    charts_status status = json_next(in->scanner, &token, in->error);
    if (status != CHARTS_OK || token.kind == JSON_LIST_CLOSE)
      return status;
    status = json_skip(in->scanner, &token, in->error);
    if (status != CHARTS_OK)
      return status;
  }
}

static charts_status read_members(head_reading *in);

/* Whether all of the file is JSON. */
static charts_status is_json(bool *whole, head_reading *in, uint64_t size) {
  json_token token;
  seriestext from = {.file = in->file, .name = in->file_name, .limit = size, .closed = 2, .most = in->behind};
  json_scanner *scanner = json_scan_refill(seriestext_refill, &from, true);
  if (scanner == NULL)
    return error_memory(in->error);
  charts_status status = json_next(scanner, &token, in->error);
  if (status == CHARTS_OK)
    status = json_skip(scanner, &token, in->error);
  if (status == CHARTS_OK)
    status = json_next(scanner, &token, in->error);
  json_scanner_free(scanner);
  *whole = status == CHARTS_OK;
  return status == CHARTS_FORMAT ? CHARTS_OK : status;
}

/* A file of ours that somebody laid out anew has newlines where no append began. The beginning of a record is never one
 * itself: what is JSON to its end was not broken off. */
static charts_status check_torn(seriestail *tail, head_reading *in) {
  struct stat state;
  char last = '\0';
  size_t got = 0;
  bool whole = false;
  if (tail->kind != TAIL_TORN || fstat(in->file, &state) != 0 || state.st_size == 0)
    return CHARTS_OK;
  uint64_t size = (uint64_t)state.st_size;
  charts_status status = filebytes_read(in->file, in->file_name, &last, 1, size - 1, &got, in->error);
  if (status == CHARTS_OK && strchr("} \n\r\t", last) != NULL) /* others are cheaply told */
    status = is_json(&whole, in, size);
  if (whole)
    tail->kind = TAIL_UNKNOWN;
  return status;
}

/* Reads the members that stand behind the data. */
static charts_status tail_members(head_reading *in, const seriestail *tail) {
  json_token token;
  head_reading behind = *in;
  behind.scanner = json_scan_text(tail->members.bytes, tail->members.length, true);
  charts_status status =
      behind.scanner != NULL ? json_next(behind.scanner, &token, in->error) : error_memory(in->error);
  if (status == CHARTS_OK)
    status = read_members(&behind);
  json_scanner_free(behind.scanner);
  return status;
}

/* Finds the end of the data from the end of the file, where that tells; *done when it does. */
static charts_status head_tail(head_reading *in, bool *done) {
  struct stat status;
  seriestail tail;
  bool ours = in->ours && in->members >= 3;
  bool scanned = in->whole || fstat(in->file, &status) != 0 || status.st_size <= SCANNED_BYTES;
  if (!ours && scanned)
    return CHARTS_OK;
  seriestail_look how = {in->head->kind, in->head->data_start, ours, in->behind};
  charts_status result = seriestail_find(&tail, in->file, in->file_name, &how, in->error);
  if (result != CHARTS_OK)
    return result;
  result = check_torn(&tail, in);
  *done = tail.kind == TAIL_TORN || (tail.kind != TAIL_UNKNOWN && !in->whole);
  if (result != CHARTS_OK) {
    *done = true;
  } else if (tail.kind == TAIL_TORN) {
    in->head->torn = true;
    in->head->limit = tail.limit;
    if (tail.limit == in->head->data_start + 1)
      in->head->kind = SERIES_EMPTY;
  } else if (*done && tail.kind == TAIL_LAST) {
    in->head->limit = tail.close;
    in->head->guessed = !ours;
  } else if (*done && tail.kind == TAIL_MEMBERS) {
    in->head->data_last = false;
    result = tail_members(in, &tail);
  }
  seriestail_free(&tail);
  return result;
}

/* How many newlines stand right behind the bracket of the data: one of each append that was broken off there. */
static uint64_t newlines_at_once(const head_reading *in) {
  char bytes[64];
  uint64_t count = 0;
  size_t got = 0;
  size_t run = sizeof bytes;
  for (; run == sizeof bytes; count += run) {
    if (filebytes_read(in->file, in->file_name, bytes, sizeof bytes, in->head->data_start + 1 + count, &got, NULL) !=
        CHARTS_OK)
      return 0;
    for (run = 0; run < got && bytes[run] == '\n';)
      run++;
  }
  return count;
}

/* Whether the first append to an empty series was broken off: a newline stands right behind the bracket, and at the end
 * of the file no closers, but for the brace of those that stood there when only the newline was written. */
static bool torn_at_once(head_reading *in, bool *done) {
  char last = '}';
  size_t got = 0;
  struct stat state;
  bool ours = in->ours && in->members >= 3 && fstat(in->file, &state) == 0;
  uint64_t newlines = ours ? newlines_at_once(in) : 0;
  *done = newlines > 0 &&
          filebytes_read(in->file, in->file_name, &last, 1, (uint64_t)state.st_size - 1, &got, NULL) == CHARTS_OK;
  *done = *done && (last != '}' || (uint64_t)state.st_size == in->head->data_start + newlines + 2);
  in->head->kind = SERIES_EMPTY;
  in->head->torn = *done;
  in->head->limit = in->head->data_start + (newlines > 0 ? newlines : 1);
  return *done;
}

/* Reads the data's beginning, and the rest of it unless its end is found without. */
static charts_status head_data(head_reading *in, const json_token *token, bool *done) {
  if (token->kind != JSON_LIST_OPEN)
    return error_set(in->error, CHARTS_FORMAT, "data: expected a list");
  if (in->data)
    return error_set(in->error, CHARTS_FORMAT, "data: expected once");
  in->data = true;
  in->head->data_start = token->start;
  in->head->data_last = true;
  bool open = false;
  charts_status status = data_kind(&in->head->kind, &open, in->scanner, in->error);
  if (status == CHARTS_FORMAT)
    return torn_at_once(in, done) ? CHARTS_OK : status;
  if (status == CHARTS_OK && open)
    status = head_tail(in, done);
  return status != CHARTS_OK || !open || *done ? status : skip_data(in);
}

static charts_status head_name(head_reading *in, const json_token *token) {
  if (token->kind != JSON_TEXT)
    return error_set(in->error, CHARTS_FORMAT, "name: expected text");
  charts_status status = series_name_check(token->text, token->length, "name", in->error);
  if (status != CHARTS_OK)
    return error_set(in->error, CHARTS_FORMAT, "name: expected 1 to 1024 bytes of UTF-8 without NUL");
  free(in->head->name);
  in->head->name = memory_text(token->text, token->length);
  return in->head->name != NULL ? CHARTS_OK : error_memory(in->error);
}

static charts_status head_attribute(head_reading *in, const char *key, const json_token *token) {
  charts_value *item = NULL;
  uint64_t start = token->start;
  charts_status status = value_scan(&item, in->scanner, token, in->error);
  if (status != CHARTS_OK)
    return status;
  if (token->end - start > ATTRIBUTE_BYTES || charts_value_count(in->head->attributes) > 1000) {
    charts_value_free(item);
    return error_set(in->error, CHARTS_FORMAT, "%s: expected attributes of a reasonable size", key);
  }
  value_replace(in->head->attributes, key, item);
  return value_failed(in->head->attributes) ? error_memory(in->error) : CHARTS_OK;
}

static charts_status head_member(head_reading *in, const char *key, bool *done) {
  static const char *const first[] = {"name", "display", "index"};
  if (in->members < 3)
    in->ours = in->ours && strcmp(key, first[in->members]) == 0;
  in->members++;
  in->head->data_last = false;
  json_token token;
  charts_status status = json_next(in->scanner, &token, in->error);
  if (status != CHARTS_OK)
    return status;
  if (strcmp(key, "data") == 0)
    return head_data(in, &token, done);
  if (strcmp(key, "name") == 0)
    return head_name(in, &token);
  if (strcmp(key, "display") == 0) {
    in->head->display = token.kind != JSON_FALSE;
    bool truth = token.kind == JSON_TRUE || token.kind == JSON_FALSE || token.kind == JSON_NULL;
    return truth ? CHARTS_OK : error_set(in->error, CHARTS_FORMAT, "display: expected true or false");
  }
  if (strcmp(key, "index") == 0 && token.kind != JSON_NULL) {
    in->head->index = token.number;
    in->head->has_index = token.kind == JSON_NUMBER && isfinite(token.number);
    return in->head->has_index ? CHARTS_OK : error_set(in->error, CHARTS_FORMAT, "index: expected a number");
  }
  return head_attribute(in, key, &token);
}

/* Reads members to the end of the record, or to where the rest is known. */
static charts_status read_members(head_reading *in) {
  for (bool done = false; !done;) {
    json_token token;
    charts_status status = json_next(in->scanner, &token, in->error);
    if (status != CHARTS_OK)
      return status;
    if (token.kind == JSON_RECORD_CLOSE)
      return json_next(in->scanner, &token, in->error);
    char *key = memory_text(token.text, token.length);
    status = key != NULL ? head_member(in, key, &done) : error_memory(in->error);
    free(key);
    if (status != CHARTS_OK)
      return status;
  }
  return CHARTS_OK;
}

static charts_status read_head(head_reading *in) {
  json_token token;
  charts_status status = json_next(in->scanner, &token, in->error);
  if (status != CHARTS_OK)
    return status;
  if (token.kind != JSON_RECORD_OPEN)
    return error_set(in->error, CHARTS_FORMAT, "expected a record {\"name\":…,\"data\":[…]}");
  status = read_members(in);
  if (status == CHARTS_OK && !in->data)
    return error_set(in->error, CHARTS_FORMAT, "expected a member `data` with the points");
  return status;
}

/* How much of a file may be read: seriesfile_head_within. */
typedef struct head_extent {
  bool whole;
  uint64_t most;
  uint64_t behind;
} head_extent;

static charts_status try_head(series_head *head, int file, const char *name, const head_extent *extent, uint64_t size,
                              charts_error *error) {
  series_head found = {.attributes = charts_record(), .display = true, .limit = UINT64_MAX};
  seriestext from = {.file = file, .name = name, .limit = size, .closed = 2, .most = extent->most};
  head_reading in = {.head = &found,
                     .file = file,
                     .file_name = name,
                     .whole = extent->whole,
                     .behind = extent->behind,
                     .ours = true,
                     .error = error};
  in.scanner = json_scan_refill(seriestext_refill, &from, true);
  charts_status status = in.scanner != NULL && found.attributes != NULL ? read_head(&in) : error_memory(error);
  json_scanner_free(in.scanner);
  if (status == CHARTS_OK)
    *head = found;
  else
    series_head_free(&found);
  return status;
}

/* Somebody may append meanwhile: what does not parse then is looked at anew. */
static charts_status head_of(series_head *head, int file, const char *name, const head_extent *extent,
                             charts_error *error) {
  charts_status status = CHARTS_FORMAT;
  bool changed = true;
  *head = (series_head){0};
  for (int attempt = 0; attempt < 100 && changed && status == CHARTS_FORMAT; attempt++) {
    struct stat before;
    struct stat after;
    if (fstat(file, &before) != 0)
      return error_system(error, errno, "cannot read", name);
    status = try_head(head, file, name, extent, (uint64_t)before.st_size, error);
    changed = fstat(file, &after) == 0 &&
              (after.st_size != before.st_size || after.st_mtim.tv_nsec != before.st_mtim.tv_nsec);
  }
  return seriestext_name(error, status, name);
}

charts_status seriesfile_head(series_head *head, int file, const char *name, charts_error *error) {
  return head_of(head, file, name, &(head_extent){0}, error);
}

charts_status seriesfile_head_within(series_head *head, int file, const char *name, uint64_t most, uint64_t behind,
                                     charts_error *error) {
  return head_of(head, file, name, &(head_extent){false, most, behind}, error);
}

charts_status seriesfile_head_whole(series_head *head, int file, const char *name, charts_error *error) {
  return head_of(head, file, name, &(head_extent){.whole = true}, error);
}

bool seriesfile_begins_as_ours(int file, const char *name) {
  static const char first[] = "{\"name\":\"";
  static const char second[] = "\",\"display\":";
  static const char third[] = ",\"index\":";
  char text[8192]; /* the longest name, escaped */
  size_t got = 0;
  if (filebytes_read(file, name, text, sizeof text - 1, 0, &got, NULL) != CHARTS_OK)
    return false;
  text[got] = '\0';
  if (strncmp(text, first, sizeof first - 1) != 0)
    return false;
  const char *at = text + sizeof first - 1;
  while (*at != '\0' && *at != '"')
    at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
  if (strncmp(at, second, sizeof second - 1) != 0)
    return false;
  at += sizeof second - 1;
  at += strncmp(at, "true", 4) == 0 ? 4 : strncmp(at, "false", 5) == 0 ? 5 : 0;
  return strncmp(at, third, sizeof third - 1) == 0;
}
