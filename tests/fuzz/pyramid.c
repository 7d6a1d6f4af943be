/* A pyramid that anybody may have damaged, over a series that is whole. The input says how it is damaged.
 *
 * Bytes that changed in any way: every answer is that of the text. A pyramid that was forged, with checksums that hold:
 * no promise about the answer, since who can do that could write the series too; but no crash, and an end. */
#include "oracle.h"

#include "fuzz.h"
#include "indexing.h"
#include "pyramidfile.h"
#include "windowanswer.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>

enum { KINDS = 4, REQUESTS = 12, NEAREST = 4, ROWS_MOST = 66000 };

typedef struct subject {
  const char *file;
  series_kind kind;
  size_t rows;
  int descriptor;
  unsigned char *bytes; /* of the pyramid */
  size_t length;
  window_request requests[REQUESTS];
  window answers[REQUESTS];
  double x[NEAREST];
  window nearest[NEAREST];
} subject;

static subject subjects[KINDS] = {{.file = "A.json", .kind = SERIES_Y, .rows = ROWS_MOST},
                                  {.file = "B.json", .kind = SERIES_XY, .rows = 9000},
                                  {.file = "C.json", .kind = SERIES_RANGE, .rows = 5600},
                                  {.file = "D.json", .kind = SERIES_OHLC, .rows = 3400}};

/* ---- The series, and what their windows are ---- */

static void write_series(const subject *of) {
  buffer text = {0};
  size_t width = series_width(of->kind);
  double x = -50;
  buffer_add_text(&text, "{\"data\":[");
  for (size_t i = 0; i < of->rows; i++) {
    x += (double)below(3);
    buffer_add_text(&text, i > 0 ? "," : "");
    if (of->kind != SERIES_Y)
      buffer_add_format(&text, "[%g,", x);
    for (size_t j = 1; j < width; j++) {
      if (below(20) == 0)
        buffer_add_text(&text, j > 1 ? ",null" : "null");
      else
        buffer_add_format(&text, "%s%zu", j > 1 ? "," : "", below(90));
    }
    buffer_add_text(&text, of->kind != SERIES_Y ? "]" : "");
  }
  buffer_add_text(&text, "]}");
  scratch_write(of->file, text.bytes, text.length);
  buffer_free(&text);
}

static const char *pyramid_path(const subject *of) {
  char name[64];
  (void)snprintf(name, sizeof name, ".charts/pyramid/%s", of->file);
  return scratch_path(name);
}

static void index_series(subject *of) {
  charts_error error = {0};
  struct stat status;
  indexing work = {.opened = opened, .file = of->file, .descriptor = of->descriptor, .settled = true};
  fuzz_require(indexing_run(&work, &error) == CHARTS_OK, "%s", error.message);
  fuzz_require(stat(pyramid_path(of), &status) == 0, "no pyramid");
  of->length = (size_t)status.st_size;
  of->bytes = malloc(of->length);
  int file = open(pyramid_path(of), O_RDONLY | O_CLOEXEC);
  fuzz_require(of->bytes != NULL && read(file, of->bytes, of->length) == (ssize_t)of->length,
               "cannot read the pyramid");
  (void)close(file);
}

static bool same_answer(const window *left, const window *right) {
  if (left->kind != right->kind || left->raw != right->raw || left->sorted != right->sorted ||
      left->count != right->count || left->column_count != right->column_count || left->has_x != right->has_x ||
      left->has_y != right->has_y || memcmp(left->x, right->x, sizeof left->x) != 0 ||
      memcmp(left->y, right->y, sizeof left->y) != 0)
    return false;
  for (size_t i = 0; i < left->column_count; i++) {
    const window_column *one = &left->columns[i];
    const window_column *other = &right->columns[i];
    if (strcmp(one->role, other->role) != 0 || one->count != other->count)
      return false;
    for (size_t j = 0; j < one->count; j++)
      if (one->numbers[j] != other->numbers[j] && !(isnan(one->numbers[j]) && isnan(other->numbers[j])))
        return false;
  }
  return true;
}

/* The text's answers, which the oracle holds against a scan of all points where they are lines. */
static void ask_text(subject *of) {
  charts_error error;
  window all;
  window_request everything = {.from = -INFINITY, .to = INFINITY, .columns = WINDOW_COLUMNS_MOST};
  fuzz_require(window_read_open(&all, of->descriptor, of->file, &everything, &error) == CHARTS_OK && all.raw &&
                   all.columns[0].count == of->rows,
               "no window of everything");
  point *points = malloc(of->rows * sizeof *points);
  fuzz_require(points != NULL, "out of memory");
  for (size_t i = 0; i < of->rows; i++)
    points[i] = (point){all.columns[0].numbers[i], all.columns[1].numbers[i]};
  for (size_t i = 0; i < REQUESTS; i++) {
    of->requests[i] = random_request(points, of->rows, false);
    fuzz_require(window_read_open(&of->answers[i], of->descriptor, of->file, &of->requests[i], &error) == CHARTS_OK,
                 "%s", error.message);
    if (of->kind == SERIES_Y || of->kind == SERIES_XY)
      check_answer(points, of->rows, &of->requests[i], &of->answers[i]);
  }
  for (size_t i = 0; i < NEAREST; i++) {
    of->x[i] = points[below(of->rows)].x + (double)below(5) / 2;
    fuzz_require(window_nearest(&of->nearest[i], opened, of->file, of->descriptor, of->x[i], &error) == CHARTS_OK, "%s",
                 error.message);
  }
  free(points);
  window_free(&all);
}

static void make_subjects(void) {
  fuzz_require(open_folder(NULL) == 0, "no folder");
  seed = 4711;
  for (size_t i = 0; i < KINDS; i++) {
    charts_error error;
    subject *of = &subjects[i];
    write_series(of);
    fuzz_require(directory_open_series(&of->descriptor, NULL, opened, of->file, &error) == CHARTS_OK, "%s",
                 error.message);
    ask_text(of);
    index_series(of);
  }
}

static void remove_subjects(void) {
  for (size_t i = 0; i < KINDS; i++) {
    for (size_t j = 0; j < REQUESTS; j++)
      window_free(&subjects[i].answers[j]);
    for (size_t j = 0; j < NEAREST; j++)
      window_free(&subjects[i].nearest[j]);
    free(subjects[i].bytes);
  }
  (void)close_folder(NULL);
}

/* ---- The damage ---- */

typedef struct input {
  const uint8_t *at;
  const uint8_t *end;
} input;

static unsigned take_byte(input *from) {
  return from->at < from->end ? *from->at++ : 0;
}

static uint64_t take_number(input *from, unsigned bytes) {
  uint64_t number = 0;
  for (unsigned i = 0; i < bytes; i++)
    number = number << 8 | take_byte(from);
  return number;
}

/* Numbers that break sums and comparisons. */
static uint64_t odd_number(input *from) {
  static const double odd[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 0, -1e308, 1e308};
  unsigned which = take_byte(from) % 12;
  uint64_t bits = 0;
  if (which < 6)
    memcpy(&bits, &odd[which], sizeof bits);
  return which < 6    ? bits
         : which == 6 ? UINT64_MAX
         : which == 7 ? (uint64_t)INT64_MAX
         : which == 8 ? (uint64_t)1 << (take_byte(from) % 64)
         : which == 9 ? take_number(from, 8)
                      : take_number(from, 3);
}

typedef struct damaged {
  const subject *of;
  unsigned char *bytes;
  size_t length;
} damaged;

static void change_bytes(damaged *to, input *from) {
  size_t place = to->length > 0 ? (size_t)(take_number(from, 3) % to->length) : 0;
  switch (take_byte(from) % 6) {
  case 0:
    if (to->length > 0)
      to->bytes[place] ^= (unsigned char)(1U << (take_byte(from) % 8));
    break;
  case 1:
    for (unsigned i = take_byte(from) % 16; i > 0 && place < to->length; i--)
      to->bytes[place++] = (unsigned char)take_byte(from);
    break;
  case 2:
    to->length = place;
    break;
  case 3: { /* a node in the place of another */
    size_t size = pyramidfile_node(to->of->kind);
    size_t nodes = to->length > PYRAMID_HEADER ? (to->length - PYRAMID_HEADER) / size : 0;
    if (nodes > 0)
      memmove(to->bytes + PYRAMID_HEADER + place % nodes * size,
              to->bytes + PYRAMID_HEADER + take_number(from, 3) % nodes * size, size);
    break;
  }
  case 4: { /* the header of another pyramid */
    const subject *other = &subjects[take_byte(from) % KINDS];
    if (to->length >= PYRAMID_HEADER)
      memcpy(to->bytes, other->bytes, PYRAMID_HEADER);
    break;
  }
  default:
    for (unsigned i = take_byte(from); i > 0 && place < to->length; i--)
      to->bytes[place++] = 0;
  }
}

/* Another member of the header, under a checksum that holds. The stamp stays that of the file. */
static void forge_header(damaged *to, input *from) {
  pyramid_state state;
  uint64_t key;
  if (to->length < PYRAMID_HEADER || !pyramidfile_decode_header(&state, &key, to->bytes))
    return;
  uint64_t number = odd_number(from);
  double real;
  memcpy(&real, &number, sizeof real);
  double *const reals[] = {&state.start,       &state.interval,    &state.totals.last_x, &state.totals.x[0],
                           &state.totals.x[1], &state.totals.y[0], &state.totals.y[1],   &state.totals.positive};
  uint64_t *const counts[] = {&state.data_start, &state.data_end, &state.leaves, &state.tail, &state.totals.count};
  unsigned which = take_byte(from) % 16;
  if (which < 8)
    *reals[which] = real;
  else if (which < 13)
    *counts[which - 8] = take_byte(from) % 2 == 0 ? number : *counts[which - 8] + (number & 0xFFF) - 0x800;
  else if (which == 13)
    state.totals.sorted = !state.totals.sorted;
  else if (which == 14)
    state.kind = subjects[take_byte(from) % KINDS].kind;
  else /* as many leaves as rows need */
    state.leaves = state.totals.count / pyramid_leaf_rows(state.kind);
  pyramidfile_encode_header(to->bytes, &state, key);
}

/* Another member of a node, under a checksum that holds. */
static void forge_node(damaged *to, input *from) {
  pyramid_state state;
  uint64_t key;
  if (to->length < PYRAMID_HEADER || !pyramidfile_decode_header(&state, &key, to->bytes) || state.leaves == 0)
    return;
  size_t size = pyramidfile_node(state.kind);
  size_t segment = take_byte(from) % pyramid_segments(state.leaves);
  unsigned level = take_byte(from) % pyramid_levels(segment);
  uint64_t whole = pyramid_whole(segment, level, state.leaves);
  uint64_t place = whole > 0 ? take_number(from, 3) % whole : 0;
  uint64_t offset = pyramidfile_offset(state.kind, segment, level, place);
  if (whole == 0 || offset + size > to->length)
    return;
  pyramid_node node;
  (void)pyramidfile_decode(&node, to->bytes + offset, state.kind, key, segment, level, place);
  uint64_t number = odd_number(from);
  double real;
  memcpy(&real, &number, sizeof real);
  double *const reals[] = {&node.run.x_first, &node.run.x_last, &node.run.first_x, &node.run.last_x};
  unsigned which = take_byte(from) % 12;
  if (which < 4)
    *reals[which] = real;
  else if (which < 10)
    node.run.values[which - 4] = real;
  else if (which == 10)
    node.run.flags = (unsigned)number;
  else
    node.text = take_byte(from) % 2 == 0 ? number : node.text + (number & 0xFF) - 0x80;
  pyramidfile_encode(to->bytes + offset, &node, state.kind, key, segment, level, place);
}

static void store(const damaged *from) {
  int file = open(pyramid_path(from->of), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  fuzz_require(file >= 0 && write(file, from->bytes, from->length) == (ssize_t)from->length,
               "cannot write the pyramid");
  (void)close(file);
}

/* ---- The answers ---- */

static void check_request(const subject *of, size_t place, bool forged) {
  window answer;
  charts_error error = {0};
  charts_status status = window_read(&answer, opened, of->file, &of->requests[place], &error);
  if (!forged)
    fuzz_require(status == CHARTS_OK && same_answer(&answer, &of->answers[place]),
                 "%s, request %zu: %s, or another answer", of->file, place, error.message);
  else if (status == CHARTS_OK && answer.column_count > 0)
    fuzz_require(answer.columns[0].count <= of->rows + 8 * of->requests[place].columns + 8, "an answer of %zu rows",
                 answer.columns[0].count);
  window_free(&answer);
}

static void check_nearest(const subject *of, size_t place, bool forged) {
  window answer;
  charts_error error = {0};
  charts_status status = window_nearest(&answer, opened, of->file, of->descriptor, of->x[place], &error);
  fuzz_require(forged || (status == CHARTS_OK && same_answer(&answer, &of->nearest[place])),
               "%s, nearest %zu: %s, or another answer", of->file, place, error.message);
  window_free(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  static bool made;
  if (!made) {
    made = true;
    make_subjects();
    fuzz_require(atexit(remove_subjects) == 0, "no end");
  }
  input from = {bytes, bytes + length};
  unsigned first = take_byte(&from);
  unsigned asked = take_byte(&from);
  bool forged = (first & 4) != 0;
  damaged work = {.of = &subjects[first % KINDS]};
  work.length = work.of->length;
  work.bytes = malloc(work.length);
  fuzz_require(work.bytes != NULL, "out of memory");
  memcpy(work.bytes, work.of->bytes, work.length);
  while (from.at < from.end) {
    unsigned way = forged ? take_byte(&from) % 3 : 0;
    if (way == 0)
      change_bytes(&work, &from);
    else if (way == 1)
      forge_header(&work, &from);
    else
      forge_node(&work, &from);
  }
  store(&work);
  if (asked % 8 == 0)
    check_nearest(work.of, (asked / 8) % NEAREST, forged);
  else
    check_request(work.of, (asked / 8) % REQUESTS, forged);
  free(work.bytes);
  return 0;
}
