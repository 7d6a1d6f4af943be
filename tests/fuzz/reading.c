#include "reading.h"

#include "rowtext.h"
#include "window.h"

#include <math.h>
#include <string.h>

/* ---- A series file ---- */

static char *copied(const char *text) {
  char *copy = text != NULL ? strdup(text) : NULL;
  fuzz_require(text == NULL || copy != NULL, "out of memory");
  return copy;
}

static charts_status keep(void *context, const series_block *block, charts_error *error) {
  reading *into = context;
  (void)error;
  fuzz_require(block->width == series_width(into->head.kind) && block->count > 0, "a block of %zu rows of %zu",
               block->count, block->width);
  size_t count = into->count + block->count;
  into->rows = realloc(into->rows, count * block->width * sizeof *into->rows);
  into->labels = realloc(into->labels, count * sizeof *into->labels);
  into->records = realloc(into->records, count * sizeof *into->records);
  fuzz_require(into->rows != NULL && into->labels != NULL && into->records != NULL, "out of memory");
  memcpy(into->rows + into->count * block->width, block->rows, block->count * block->width * sizeof *into->rows);
  for (size_t i = 0; i < block->count; i++) {
    into->labels[into->count + i] = block->labels != NULL ? copied(block->labels[i]) : NULL;
    into->records[into->count + i] = block->records != NULL ? copied(block->records[i]) : NULL;
  }
  into->count = count;
  return CHARTS_OK;
}

reading reading_of(int file, bool whole) {
  reading made = {0};
  made.status = (whole ? seriesfile_head_whole : seriesfile_head)(&made.head, file, "fuzz", &made.error);
  if (made.status == CHARTS_OK)
    made.status = seriesfile_points(file, "fuzz", &made.head, keep, &made, &made.error);
  fuzz_require(made.status == CHARTS_OK || made.status == CHARTS_FORMAT || made.status == CHARTS_LIMIT, "%s: %s",
               charts_status_name(made.status), made.error.message);
  return made;
}

void reading_free(reading *of) {
  for (size_t i = 0; i < of->count; i++) {
    free(of->labels[i]);
    free(of->records[i]);
  }
  free(of->rows);
  free(of->labels);
  free(of->records);
  series_head_free(&of->head);
}

static bool same_text(const char *left, const char *right) {
  return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

void reading_compare(const reading *left, const reading *right, const char *how) {
  const series_head *one = &left->head;
  const series_head *other = &right->head;
  fuzz_require(left->status == right->status, "%s: %s (%s) and %s (%s)", how, charts_status_name(left->status),
               left->error.message, charts_status_name(right->status), right->error.message);
  if (left->status != CHARTS_OK)
    return;
  fuzz_require(same_text(one->name, other->name) && one->display == other->display &&
                   one->has_index == other->has_index && (!one->has_index || one->index == other->index),
               "%s: another head", how);
  fuzz_require(value_equal(one->attributes, other->attributes), "%s: other attributes", how);
  fuzz_require(one->kind == other->kind && one->data_start == other->data_start && one->torn == other->torn &&
                   (!one->torn || one->limit == other->limit),
               "%s: other data: kinds %d and %d", how, (int)one->kind, (int)other->kind);
  fuzz_require(one->data_last == other->data_last || other->guessed, "%s: data last or not", how);
  fuzz_require(left->count == right->count, "%s: %zu and %zu rows", how, left->count, right->count);
  size_t numbers = left->count * series_width(one->kind);
  fuzz_require(numbers == 0 || memcmp(left->rows, right->rows, numbers * sizeof *left->rows) == 0, "%s: other numbers",
               how);
  for (size_t i = 0; i < left->count; i++)
    fuzz_require(same_text(left->labels[i], right->labels[i]) && same_text(left->records[i], right->records[i]),
                 "%s: other texts", how);
}

/* ---- Rows of numbers ---- */

static bool same_numbers(const double *left, const double *right, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (memcmp(&left[i], &right[i], sizeof *left) != 0 && !(isnan(left[i]) && isnan(right[i])))
      return false;
  return true;
}

enum { ROOM = 16, ROW_LIMIT = 4096 };

void reading_rowtext(const reading *expected, const uint8_t *bytes, size_t length, size_t step) {
  const series_head *head = &expected->head;
  size_t width = series_width(head->kind);
  size_t at = (size_t)head->data_start + 1; /* of what was not taken yet */
  size_t known = at;                        /* so much of the text is at hand */
  size_t count = 0;
  rowtext text = {.kind = head->kind};
  seriesfile_counted_x(head->attributes, &text.start, &text.interval);
  size_t stop = head->torn ? (size_t)head->limit + 1 : length;
  for (rowtext_end ended = ROWTEXT_MORE; ended == ROWTEXT_MORE || ended == ROWTEXT_FULL;) {
    fuzz_require(ended == ROWTEXT_FULL || known < stop || known == at || at == (size_t)head->data_start + 1,
                 "the row scanner asks for more than there is");
    if (ended == ROWTEXT_MORE)
      known = stop - known < step ? stop : known + step;
    double rows[ROOM * REFERENCE_WIDTH];
    size_t got = 0;
    char *hand = malloc(known - at + 1); /* of its exact size, but for nothing */
    fuzz_require(hand != NULL, "out of memory");
    memcpy(hand, bytes + at, known - at);
    text.at = hand;
    text.end = hand + (known - at);
    text.last = known == stop;
    text.cut = head->torn && text.last;
    ended = rowtext_read(&text, rows, ROOM, &got);
    fuzz_require(count + got <= expected->count, "the row scanner finds more rows");
    fuzz_require(same_numbers(rows, expected->rows + count * width, got * width), "the row scanner finds other rows");
    count += got;
    at += (size_t)(text.at - hand);
    free(hand);
  }
  fuzz_require(count == expected->count || length > ROW_LIMIT, "the row scanner finds %zu of %zu rows", count,
               expected->count);
}

/* ---- A window ---- */

static void compare_texts(const window *answer, const char *role, char *const *expected, size_t count) {
  for (size_t i = 0; i < answer->column_count; i++) {
    if (strcmp(answer->columns[i].role, role) != 0)
      continue;
    for (size_t j = 0; j < count; j++)
      fuzz_require(same_text(answer->columns[i].texts[j], expected[j]), "a window finds another %s", role);
    return;
  }
  for (size_t j = 0; j < count; j++)
    fuzz_require(expected[j] == NULL, "a window lacks the %s", role);
}

void reading_window(const reading *expected, int file) {
  window answer;
  charts_error error;
  window_request request = {.from = -INFINITY, .to = INFINITY, .columns = WINDOW_COLUMNS_MOST};
  charts_status status = window_read_open(&answer, file, "fuzz", &request, &error);
  fuzz_require(status == expected->status, "a window: %s, the series: %s", charts_status_name(status),
               charts_status_name(expected->status));
  if (status != CHARTS_OK)
    return;
  size_t width = series_width(expected->head.kind);
  fuzz_require(answer.raw && answer.count == expected->count && answer.kind == expected->head.kind,
               "a window of %zu rows has %zu", expected->count, (size_t)answer.count);
  for (size_t i = 0; i < width; i++) {
    fuzz_require(answer.columns[i].count == expected->count, "a window's column has %zu of %zu rows",
                 answer.columns[i].count, expected->count);
    for (size_t j = 0; j < expected->count; j++)
      fuzz_require(same_numbers(&answer.columns[i].numbers[j], &expected->rows[j * width + i], 1),
                   "a window has another number");
  }
  compare_texts(&answer, "label", expected->labels, expected->count);
  compare_texts(&answer, "point", expected->records, expected->count);
  window_free(&answer);
}

/* ---- JSON text ---- */

typedef struct feeding {
  const uint8_t *bytes;
  size_t length;
  size_t at;
  size_t step;
} feeding;

static charts_status feed(void *context, char *bytes, size_t room, size_t *length, charts_error *error) {
  feeding *from = context;
  (void)error;
  *length = from->length - from->at;
  if (*length > from->step)
    *length = from->step;
  if (*length > room)
    *length = room;
  if (*length > 0)
    memcpy(bytes, from->bytes + from->at, *length);
  from->at += *length;
  return CHARTS_OK;
}

typedef struct growing {
  json_t *open[JSON_DEPTH];
  char *keys[JSON_DEPTH];
  size_t key_lengths[JSON_DEPTH];
  int depth;
  json_t *root;
} growing;

static void add(growing *to, json_t *item) {
  if (to->depth == 0) {
    to->root = item;
    return;
  }
  json_t *into = to->open[to->depth - 1];
  if (json_is_array(into)) {
    json_array_append_new(into, item);
    return;
  }
  (void)json_object_setn_new_nocheck(into, to->keys[to->depth - 1], to->key_lengths[to->depth - 1], item);
}

static void open_level(growing *to, json_t *item) {
  add(to, item);
  fuzz_require(to->depth < JSON_DEPTH, "the scanner went deeper than it may");
  to->keys[to->depth] = NULL;
  to->open[to->depth++] = item;
}

static void take(growing *to, const json_token *token, bool numbers) {
  switch (token->kind) {
  case JSON_NULL:
    add(to, json_null());
    break;
  case JSON_TRUE:
  case JSON_FALSE:
    add(to, json_boolean(token->kind == JSON_TRUE));
    break;
  case JSON_NUMBER:
    add(to, numbers && !isfinite(token->number) ? json_null() : reference_number_new(token->number));
    break;
  case JSON_TEXT:
    fuzz_require(token->text[token->length] == '\0', "a text that does not end");
    add(to, json_stringn_nocheck(token->text, token->length));
    break;
  case JSON_KEY:
    free(to->keys[to->depth - 1]);
    to->keys[to->depth - 1] = memory_text(token->text, token->length);
    to->key_lengths[to->depth - 1] = token->length;
    break;
  case JSON_LIST_OPEN:
    open_level(to, json_array());
    break;
  case JSON_RECORD_OPEN:
    open_level(to, json_object());
    break;
  case JSON_LIST_CLOSE:
  case JSON_RECORD_CLOSE:
    free(to->keys[--to->depth]);
    break;
  case JSON_END:
    break;
  }
}

static charts_status take_numbers(growing *to, json_scanner *scanner) {
  double numbers[7];
  size_t count = sizeof numbers / sizeof numbers[0];
  charts_status status = CHARTS_OK;
  while (status == CHARTS_OK && count == sizeof numbers / sizeof numbers[0]) {
    status = json_numbers(scanner, numbers, count, &count, NULL);
    for (size_t i = 0; i < count; i++)
      add(to, isfinite(numbers[i]) ? reference_number_new(numbers[i]) : json_null());
  }
  return status;
}

json_t *reading_tree(const uint8_t *bytes, size_t length, size_t step, bool lenient, bool numbers) {
  feeding from = {bytes, length, 0, step};
  growing to = {0};
  json_scanner *scanner =
      step == 0 ? json_scan_text((const char *)bytes, length, lenient) : json_scan_refill(feed, &from, lenient);
  fuzz_require(scanner != NULL, "out of memory");
  json_token token = {0};
  uint64_t before = 0;
  charts_status status;
  do {
    status = json_next(scanner, &token, NULL);
    fuzz_require(token.start >= before && token.end <= length, "a token outside the text");
    before = token.start;
    if (status == CHARTS_OK)
      take(&to, &token, numbers);
    bool inside = to.depth > 0 && json_is_array(to.open[to.depth - 1]);
    if (status == CHARTS_OK && numbers && inside)
      status = take_numbers(&to, scanner);
  } while (status == CHARTS_OK && token.kind != JSON_END);
  fuzz_require(status == CHARTS_OK || status == CHARTS_FORMAT, "the scanner says %s", charts_status_name(status));
  for (int i = 0; i < to.depth; i++)
    free(to.keys[i]);
  json_scanner_free(scanner);
  if (status == CHARTS_OK)
    return to.root;
  json_decref(to.root);
  return NULL;
}
