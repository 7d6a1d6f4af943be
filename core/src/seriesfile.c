#include "seriesfile.h"
#include "filebytes.h"

#include "rowscan.h"
#include "seriestail.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  BLOCK_ROWS = 4096,
  WIDTH_MOST = 5,
  ATTRIBUTE_BYTES = 1 << 20,
  SCANNED_BYTES = 1 << 20 /* files of other programs up to this size are scanned whole, so that all that is wrong with
                             them is known at once */
};

/* ---- Reading the text of a file ---- */

typedef struct file_text {
  int file;
  const char *name;
  uint64_t offset;
  uint64_t limit; /* where it is known: the closing brackets come from here */
  size_t closed;
} file_text;

static charts_status refill(void *context, char *bytes, size_t room, size_t *length, charts_error *error) {
  static const char closers[] = "]}";
  file_text *from = context;
  if (from->limit - from->offset < room)
    room = (size_t)(from->limit - from->offset);
  if (room == 0 && from->closed < 2) {
    bytes[0] = closers[from->closed++];
    *length = 1;
    return CHARTS_OK;
  }
  charts_status status = filebytes_read(from->file, from->name, bytes, room, from->offset, length, error);
  from->offset += *length;
  return status;
}

/* Puts the file's name before the message of a failed reading. */
static charts_status name_file(charts_error *error, charts_status status, const char *name) {
  if (error == NULL || status != CHARTS_FORMAT)
    return status;
  char message[sizeof error->message];
  memcpy(message, error->message, sizeof message);
  return error_set(error, status, "%s: %s", name, message);
}

void series_head_free(series_head *head) {
  charts_value_free(head->attributes);
  free(head->name);
  *head = (series_head){0};
}

/* ---- The head ---- */

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
  bool whole; /* read to the end whatever the file looks like */
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
  charts_status result =
      seriestail_find(&tail, in->file, in->file_name, in->head->kind, in->head->data_start, ours, in->error);
  if (result != CHARTS_OK)
    return result;
  *done = tail.kind == TAIL_TORN || (tail.kind != TAIL_UNKNOWN && !in->whole);
  if (tail.kind == TAIL_TORN) {
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

/* Whether the first append to an empty series was broken off: a newline stands right behind the bracket. */
static bool torn_at_once(head_reading *in, bool *done) {
  char bytes[2];
  char last = '}';
  size_t got = 0;
  struct stat state;
  bool ours = in->ours && in->members >= 3 && fstat(in->file, &state) == 0;
  charts_status status =
      ours ? filebytes_read(in->file, in->file_name, bytes, 2, in->head->data_start, &got, NULL) : CHARTS_FORMAT;
  *done = status == CHARTS_OK && got == 2 && bytes[1] == '\n';
  if (*done)
    *done = filebytes_read(in->file, in->file_name, &last, 1, (uint64_t)state.st_size - 1, &got, NULL) == CHARTS_OK;
  *done = *done && (last != '}' || (uint64_t)state.st_size == in->head->data_start + 3);
  in->head->kind = SERIES_EMPTY;
  in->head->torn = *done;
  in->head->limit = in->head->data_start + 1;
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

static charts_status try_head(series_head *head, int file, const char *name, bool whole, uint64_t size,
                              charts_error *error) {
  series_head found = {.attributes = charts_record(), .display = true, .limit = UINT64_MAX};
  file_text from = {.file = file, .name = name, .limit = size, .closed = 2};
  head_reading in = {.head = &found, .file = file, .file_name = name, .whole = whole, .ours = true, .error = error};
  in.scanner = json_scan_refill(refill, &from, true);
  charts_status status = in.scanner != NULL && found.attributes != NULL ? read_head(&in) : error_memory(error);
  json_scanner_free(in.scanner);
  if (status == CHARTS_OK)
    *head = found;
  else
    series_head_free(&found);
  return status;
}

/* Somebody may append meanwhile: what does not parse then is looked at anew. */
static charts_status head_of(series_head *head, int file, const char *name, bool whole, charts_error *error) {
  charts_status status = CHARTS_FORMAT;
  bool changed = true;
  *head = (series_head){0};
  for (int attempt = 0; attempt < 100 && changed && status == CHARTS_FORMAT; attempt++) {
    struct stat before;
    struct stat after;
    if (fstat(file, &before) != 0)
      return error_system(error, errno, "cannot read", name);
    status = try_head(head, file, name, whole, (uint64_t)before.st_size, error);
    changed = fstat(file, &after) == 0 &&
              (after.st_size != before.st_size || after.st_mtim.tv_nsec != before.st_mtim.tv_nsec);
  }
  return name_file(error, status, name);
}

charts_status seriesfile_head(series_head *head, int file, const char *name, charts_error *error) {
  return head_of(head, file, name, false, error);
}

charts_status seriesfile_head_whole(series_head *head, int file, const char *name, charts_error *error) {
  return head_of(head, file, name, true, error);
}

/* ---- The points ---- */

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
  file_text from = {.file = file, .name = name, .limit = head->limit, .closed = head->limit != UINT64_MAX ? 0 : 2};
  in->scanner = json_scan_refill(refill, &from, true);
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
  return name_file(error, status, name);
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
      return status;
    in.skip = scan.place;
  }
  return scan_points(&in, file, name, error);
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
