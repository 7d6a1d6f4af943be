/* Windows answered by a pyramid: made while a series is put, and made from the text of a file. */
#include "oracle.h"

#include "indexing.h"
#include "pyramidfile.h"
#include "pyramidstore.h"
#include "windowanswer.h"

#include <fcntl.h>
#include <unistd.h>

enum { POINTS = 70000 };

static point points[POINTS];

static int open_series(const char *file) {
  int descriptor = -1;
  charts_error error;
  if (directory_open_series(&descriptor, NULL, opened, file, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  return descriptor;
}

/* Indexes A.json as the server does in the background. */
static void index_file(void) {
  charts_error error = {0};
  indexing work = {.opened = opened, .file = "A.json", .descriptor = open_series("A.json"), .settled = true};
  if (indexing_run(&work, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  (void)close(work.descriptor);
}

/* Whether windows of A.json are answered by a pyramid. */
static bool has_pyramid(void) {
  int file = -1;
  int descriptor = open_series("A.json");
  pyramid *found = window_open_pyramid(&file, opened, "A.json", descriptor);
  bool there = found != NULL;
  pyramid_close(found);
  if (file >= 0)
    (void)close(file);
  (void)close(descriptor);
  return there;
}

/* Puts the points as series A, columns of memory. */
static void put_points(size_t count, bool only_y) {
  charts_error error = {0};
  directory_report report;
  series_list list;
  charts_column x = {&points[0].x, count, sizeof *points, CHARTS_FLOAT64, false, false, 0, CHARTS_TIME_NONE, NULL};
  charts_column y = x;
  y.memory = &points[0].y;
  charts_value *frame = charts_frame();
  if (!only_y)
    charts_frame_add(frame, NULL, charts_column_new(&x));
  charts_frame_add(frame, NULL, charts_column_new(&y));
  charts_value *record = charts_record();
  charts_record_set(record, "name", charts_text("A"));
  charts_record_set(record, "data", frame);
  charts_status status = series_read(&list, record, &(series_request){0}, NULL, &error);
  if (status == CHARTS_OK) {
    status = directory_put(opened, &list, false, &report, NULL, &error);
    series_list_free(&list);
  }
  charts_value_free(record);
  if (status != CHARTS_OK)
    fail_msg("%s", error.message);
}

static void check_windows(size_t count, int windows, bool logarithmic) {
  assert_true(has_pyramid());
  for (int i = 0; i < windows; i++) {
    window_request request = random_request(points, count, logarithmic && i % 2 == 0);
    check_window(points, count, &request);
  }
}

static void put_series_are_answered_exactly(void **state) {
  (void)state;
  seed = 4711;
  for (shape y = 0; y < SHAPES; y++) {
    for (spacing x = 0; x < SPACINGS; x++) {
      size_t count = 8192 + below(POINTS - 8192);
      if (x == WIDE)
        continue; /* its x ends after 2900 points: see test_window */
      if (x == POSITIVE)
        count = 8192 + below(20000);
      make_points(points, count, y, x);
      put_points(count, false);
      check_windows(count, 12, x == POSITIVE);
    }
  }
}

static void indexed_files_are_answered_exactly(void **state) {
  (void)state;
  seed = 815;
  for (shape y = 0; y < SHAPES; y++) {
    spacing x = y % 2 == 0 ? REGULAR : IRREGULAR;
    size_t count = 40000 + below(POINTS - 40000);
    make_points(points, count, y, x);
    write_points("A.json", points, count, false);
    assert_false(has_pyramid());
    index_file();
    check_windows(count, 15, false);
  }
}

/* So many rows are read by several threads. */
static void long_series_are_answered_exactly(void **state) {
  (void)state;
  enum { LONG = 1300000 };
  static const shape shapes[] = {SPIKES, LONG_GAPS};
  point *many = malloc(LONG * sizeof *many);
  seed = 2024;
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    make_points(many, LONG, shapes[i], i % 2 == 0 ? IRREGULAR : DOUBLES);
    write_points("A.json", many, LONG, false);
    index_file();
    for (size_t j = 0; j < 6; j++) {
      window_request request = {.from = -INFINITY, .to = INFINITY, .columns = 600 + below(1500)};
      if (j > 0) {
        request.from = many[below(LONG / 20)].x;
        request.to = many[LONG - 1 - below(LONG / 20)].x;
      }
      check_window(many, LONG, &request);
    }
  }
  free(many);
}

static void bare_numbers_are_counted(void **state) {
  (void)state;
  seed = 99;
  for (int turn = 0; turn < 4; turn++) {
    make_points(points, POINTS, turn % 2 == 0 ? GAPS : WALK, REGULAR);
    put_points(POINTS, true);
    check_windows(POINTS, 15, false);
    write_points("A.json", points, POINTS, true);
    index_file();
    check_windows(POINTS, 15, false);
  }
}

/* White space, exponents, escapes, data first: the same windows. */
static void any_formatting_is_indexed(void **state) {
  (void)state;
  seed = 3;
  make_points(points, 20000, GAPS, IRREGULAR);
  buffer text = {0};
  buffer_add_text(&text, "\xEF\xBB\xBF{ \"data\" :\n [");
  for (size_t i = 0; i < 20000; i++) {
    buffer_add_format(&text, i > 0 ? "\t,\r\n [ %.17e ," : " [ %.17e ,", points[i].x);
    if (isnan(points[i].y))
      buffer_add_text(&text, i % 3 == 0 ? " NaN ] , null" : i % 3 == 1 ? "null]" : " -Infinity ]");
    else
      buffer_add_format(&text, " %.17E ]", points[i].y);
  }
  buffer_add_text(&text, " ] , \"na\\u006De\" : \"A\" , \"color\":\"red\" }\n");
  scratch_write("A.json", text.bytes, text.length);
  buffer_free(&text);
  index_file();
  check_windows(20000, 40, false);
}

static void windows_beyond_the_ends_are_empty(void **state) {
  (void)state;
  window answer;
  charts_error error;
  make_points(points, 9000, WALK, REGULAR);
  put_points(9000, false);
  assert_true(has_pyramid());
  const window_request requests[] = {{.from = 9001, .to = INFINITY, .columns = 3},
                                     {.from = -INFINITY, .to = -1, .columns = 3}};
  for (size_t i = 0; i < 2; i++) {
    if (window_read(&answer, opened, "A.json", &requests[i], &error) != CHARTS_OK)
      fail_msg("%s", error.message);
    assert_int_equal(answer.columns[0].count, 0);
    window_free(&answer);
  }
}

static void it_keeps_to_its_size(void **state) {
  (void)state;
  struct stat status;
  make_points(points, POINTS, WALK, REGULAR);
  const bool only_y[] = {false, true};
  for (size_t i = 0; i < 2; i++) {
    for (size_t count = only_y[i] ? 16384 : 8192; count <= POINTS; count += 4321) {
      put_points(count, only_y[i]);
      assert_int_equal(fstatat(directory_descriptor(opened), ".charts/pyramid/A.json", &status, 0), 0);
      assert_true((uint64_t)status.st_size <= 2 * count * (only_y[i] ? 1 : 2));
    }
  }
}

/* ---- Damage ---- */

static buffer read_stored(void) {
  buffer bytes = {0};
  char piece[4096];
  int file = openat(directory_descriptor(opened), ".charts/pyramid/A.json", O_RDONLY);
  for (ssize_t got = read(file, piece, sizeof piece); got > 0; got = read(file, piece, sizeof piece))
    buffer_add(&bytes, piece, (size_t)got);
  (void)close(file);
  return bytes;
}

static void store(const char *bytes, size_t length) {
  int file = openat(directory_descriptor(opened), ".charts/pyramid/A.json", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  assert_int_equal(write(file, bytes, length), length);
  (void)close(file);
}

static window_request whole(void) {
  return (window_request){.from = -INFINITY, .to = INFINITY, .columns = 333};
}

static void a_damaged_one_changes_no_picture(void **state) {
  (void)state;
  seed = 12;
  make_points(points, 9000, SPIKES, IRREGULAR);
  put_points(9000, false);
  buffer good = read_stored();
  window_request request = whole();
  for (size_t at = 0; at < good.length; at += at < 1024 ? 1 : 97) {
    char kept = good.bytes[at];
    good.bytes[at] = (char)(kept ^ (1 << below(8)));
    store(good.bytes, good.length);
    check_window(points, 9000, &request);
    good.bytes[at] = kept;
  }
  for (size_t length = 0; length < good.length; length += length < 1024 ? 31 : 1777) {
    store(good.bytes, length);
    check_window(points, 9000, &request);
  }
  store(good.bytes, good.length);
  check_windows(9000, 3, false);
  buffer_free(&good);
}

/* ---- Lies: others may write in a shared directory, and checksums are no secret ---- */

static void lie(void (*how)(pyramid_state *state)) {
  buffer stored = read_stored();
  pyramid_state state;
  uint64_t key = 0;
  assert_true(pyramidfile_decode_header(&state, &key, (unsigned char *)stored.bytes));
  how(&state);
  pyramidfile_encode_header((unsigned char *)stored.bytes, &state, key);
  store(stored.bytes, stored.length);
  buffer_free(&stored);
}

static void far_text(pyramid_state *state) {
  state->data_end = UINT64_C(1) << 62;
  state->tail = state->data_start + 1;
}

static void many_leaves(pyramid_state *state) {
  state->leaves = UINT64_C(1) << 54;
  state->totals.count = state->leaves * pyramid_leaf_rows(state->kind);
  state->data_end = state->totals.count * 2;
}

static void early_tail(pyramid_state *state) {
  state->tail = 1;
}

static void low_end(pyramid_state *state) {
  state->totals.last_x = -1e300;
}

static void is_sorted(pyramid_state *state) {
  state->totals.sorted = true;
}

static void check_nearest(size_t count, double x);

static void a_lying_header_is_an_old_one(void **state) {
  (void)state;
  void (*const lies[])(pyramid_state *) = {far_text, many_leaves, early_tail};
  window_request request = whole();
  seed = 13;
  make_points(points, 9000, WALK, REGULAR);
  for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
    put_points(9000, false);
    lie(lies[i]);
    check_window(points, 9000, &request);
    put_points(9000, false);
    lie(lies[i]);
    check_nearest(9000, 8999.4);
  }
}

static void a_nearest_row_that_is_not_there_ends_the_search(void **state) {
  (void)state;
  seed = 14;
  make_points(points, 9000, WALK, REGULAR);
  put_points(9000, false);
  lie(low_end);
  check_nearest(9000, 10000);
}

static void order_that_is_not_there_is_found_out(void **state) {
  (void)state;
  window answer;
  charts_error error;
  window_request request = whole();
  for (size_t i = 0; i < 9000; i++)
    points[i] = (point){i % 100 < 50 ? (double)i : (double)(9000 - i), 1};
  write_points("A.json", points, 9000, false);
  index_file();
  lie(is_sorted);
  if (window_read(&answer, opened, "A.json", &request, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  assert_false(answer.sorted);
  assert_true(answer.raw);
  window_free(&answer);
}

/* The text changes, and its size and mtime do not. */
static void a_stale_one_is_not_used(void **state) {
  (void)state;
  seed = 21;
  make_points(points, 9000, PLATEAUS, REGULAR);
  put_points(9000, false);
  int file = openat(directory_descriptor(opened), "A.json", O_RDWR);
  struct stat before;
  assert_int_equal(fstat(file, &before), 0);
  assert_int_equal(pwrite(file, "9", 1, before.st_size - 4), 1);
  points[8999].y = 9;
  struct timespec times[2] = {before.st_atim, before.st_mtim};
  assert_int_equal(futimens(file, times), 0);
  (void)close(file);
  assert_false(has_pyramid());
  window_request request = whole();
  check_window(points, 9000, &request);
}

/* A write in the very tick of the put shows in the mtime. */
static void a_change_at_once_is_seen(void **state) {
  (void)state;
  make_points(points, 9000, PLATEAUS, REGULAR);
  for (int i = 0; i < 200; i++) {
    put_points(9000, false);
    int file = openat(directory_descriptor(opened), "A.json", O_RDWR);
    struct stat status;
    assert_int_equal(fstat(file, &status), 0);
    assert_int_equal(pwrite(file, "7", 1, status.st_size - 4), 1);
    (void)close(file);
    assert_false(has_pyramid());
  }
}

/* ---- Before there is one ---- */

static bool on_its_way(void *context, const directory *in, const char *file, int descriptor, double *progress) {
  (void)context;
  (void)in;
  (void)file;
  (void)descriptor;
  *progress = 0;
  return true;
}

/* Whoever asks would wait for it without end. */
static void one_that_cannot_be_stored_is_refused(void **state) {
  (void)state;
  charts_error error;
  make_points(points, 9000, WALK, REGULAR);
  write_points("D.json", points, 9000, false);
  assert_int_equal(mkdirat(directory_descriptor(opened), ".charts/pyramid/D.json", 0700), 0);
  indexing work = {.opened = opened, .file = "D.json", .descriptor = open_series("D.json"), .settled = true};
  assert_int_equal(indexing_run(&work, &error), CHARTS_REFUSED);
  (void)close(work.descriptor);
}

/* Numbers of other lengths here than there: the estimate of their places follows, and never back. */
static void samples_of_bare_numbers_are_in_order(void **state) {
  (void)state;
  window answer;
  charts_error error;
  buffer text = {0};
  const window_indexer indexer = {on_its_way, NULL, NULL};
  window_request request = whole();
  request.columns = 2000;
  buffer_add_text(&text, "{\"data\":[1");
  for (int i = 1; i < 200000; i++)
    buffer_add_text(&text, i % 40000 < 20000 ? ",1" : ",1.2345678901234567");
  buffer_add_text(&text, "]}");
  scratch_write("S.json", text.bytes, text.length);
  buffer_free(&text);
  int descriptor = open_series("S.json");
  if (window_answer(&answer, opened, "S.json", descriptor, &request, &indexer, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  assert_true(answer.indexing);
  assert_true(answer.sorted);
  window_free(&answer);
  (void)close(descriptor);
}

static void kinds_without_samples_are_read_whole(void **state) {
  (void)state;
  window answer;
  charts_error error;
  buffer text = {0};
  const window_indexer indexer = {on_its_way, NULL, NULL};
  window_request request = whole();
  buffer_add_text(&text, "{\"data\":[[\"first\",0]");
  for (int i = 1; i < 40000; i++)
    buffer_add_format(&text, ",[\"a name of thirty bytes %06d\",1]", i);
  buffer_add_text(&text, "]}");
  scratch_write("N.json", text.bytes, text.length);
  buffer_free(&text);
  int descriptor = open_series("N.json");
  if (window_answer(&answer, opened, "N.json", descriptor, &request, &indexer, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  assert_true(answer.raw);
  assert_false(answer.indexing);
  assert_int_equal(answer.columns[0].count, 40000);
  window_free(&answer);
  (void)close(descriptor);
}

/* ---- Bins and the nearest row ---- */

static void points_are_counted_in_bins(void **state) {
  (void)state;
  window answer;
  charts_error error;
  enum { COUNT = 150000 };
  point *many = malloc(COUNT * sizeof *many);
  seed = 5;
  for (size_t i = 0; i < COUNT; i++)
    many[i] = (point){unit() * 10, unit() * 4 - 2};
  for (int sorted = 0; sorted < 2; sorted++) {
    for (size_t i = 0; sorted == 1 && i < COUNT; i++)
      many[i].x = (double)i / COUNT * 10;
    write_points("A.json", many, COUNT, false);
    if (sorted == 1)
      index_file();
    window_request request = {
        .from = 0, .to = 10, .columns = 7, .points = true, .bin_rows = 5, .bin_low = -2, .bin_high = 2};
    if (window_read(&answer, opened, "A.json", &request, &error) != CHARTS_OK)
      fail_msg("%s", error.message);
    assert_true(answer.binned);
    assert_false(answer.raw);
    size_t expected[7][5] = {{0}};
    for (size_t i = 0; i < COUNT; i++)
      expected[(size_t)(many[i].x / 10 * 7)][(size_t)((many[i].y + 2) / 4 * 5)]++;
    assert_int_equal(answer.column_count, 3);
    assert_string_equal(answer.columns[2].role, "count");
    assert_int_equal(answer.columns[0].count, 35);
    for (size_t i = 0; i < 35; i++) {
      size_t column = (size_t)(answer.columns[0].numbers[i] / 10 * 7);
      size_t row = (size_t)((answer.columns[1].numbers[i] + 2) / 4 * 5);
      assert_true(answer.columns[2].numbers[i] == (double)expected[column][row]);
    }
    window_free(&answer);
  }
  free(many);
}

static void check_nearest(size_t count, double x) {
  window answer;
  charts_error error;
  const point *best = NULL;
  for (size_t i = 0; i < count; i++)
    if (!isnan(points[i].y) && (best == NULL || fabs(points[i].x - x) < fabs(best->x - x)))
      best = &points[i];
  int descriptor = open_series("A.json");
  if (window_nearest(&answer, opened, "A.json", descriptor, x, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  assert_int_equal(answer.columns[0].count, best != NULL ? 1 : 0);
  if (best != NULL) {
    assert_true(answer.columns[0].numbers[0] == best->x);
    assert_true(answer.columns[1].numbers[0] == best->y);
  }
  window_free(&answer);
  (void)close(descriptor);
}

static void the_nearest_row_is_found(void **state) {
  (void)state;
  seed = 6;
  for (int turn = 0; turn < 6; turn++) {
    size_t count = turn < 3 ? 30000 : 500; /* with and without a pyramid */
    make_points(points, count,
                turn % 3 == 0   ? WALK
                : turn % 3 == 1 ? LONG_GAPS
                                : GAPS,
                turn % 2 == 0 ? IRREGULAR : DOUBLES);
    put_points(count, false);
    assert_int_equal(has_pyramid(), turn < 3);
    double first = points[0].x;
    double last = points[count - 1].x;
    for (int i = 0; i < 60; i++)
      check_nearest(count, first + (last - first) * (unit() * 1.2 - 0.1));
    check_nearest(count, points[below(count)].x);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(put_series_are_answered_exactly),
      cmocka_unit_test(indexed_files_are_answered_exactly),
      cmocka_unit_test(long_series_are_answered_exactly),
      cmocka_unit_test(bare_numbers_are_counted),
      cmocka_unit_test(any_formatting_is_indexed),
      cmocka_unit_test(windows_beyond_the_ends_are_empty),
      cmocka_unit_test(it_keeps_to_its_size),
      cmocka_unit_test(a_damaged_one_changes_no_picture),
      cmocka_unit_test(a_lying_header_is_an_old_one),
      cmocka_unit_test(a_nearest_row_that_is_not_there_ends_the_search),
      cmocka_unit_test(order_that_is_not_there_is_found_out),
      cmocka_unit_test(a_stale_one_is_not_used),
      cmocka_unit_test(a_change_at_once_is_seen),
      cmocka_unit_test(one_that_cannot_be_stored_is_refused),
      cmocka_unit_test(samples_of_bare_numbers_are_in_order),
      cmocka_unit_test(kinds_without_samples_are_read_whole),
      cmocka_unit_test(points_are_counted_in_bins),
      cmocka_unit_test(the_nearest_row_is_found),
  };
  return cmocka_run_group_tests(tests, open_folder, close_folder);
}
