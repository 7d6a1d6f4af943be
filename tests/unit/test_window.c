/* Windows against a scan of all points, and against a picture of all points. */
#include "oracle.h"

/* from, to, columns, logarithmic */
#define WINDOW(first, last, count, log)                                                                                \
  (window_request) {                                                                                                   \
    .from = (first), .to = (last), .columns = (count), .logarithmic = (log)                                            \
  }

static void pictures_of_windows_equal_those_of_all_points(void **state) {
  (void)state;
  static point points[6000];
  seed = 20240917;
  for (shape y = 0; y < SHAPES; y++) {
    for (spacing x = 0; x < SPACINGS; x++) {
      size_t count = below(5) == 0 ? 1 + below(40) : 500 + below(4500);
      if (x == WIDE && count > 2900)
        count = 2900;
      make_points(points, count, y, x);
      write_points("A.json", points, count, false);
      for (int i = 0; i < 14; i++) {
        window_request request = random_request(points, count, x == POSITIVE ? below(2) == 0 : below(12) == 0);
        check_window(points, count, &request);
      }
    }
  }
}

static void bare_numbers_are_counted(void **state) {
  (void)state;
  static point points[3000];
  seed = 77;
  for (int turn = 0; turn < 10; turn++) {
    make_points(points, 3000, turn % 2 == 0 ? GAPS : WALK, REGULAR);
    write_points("A.json", points, 3000, true);
    for (int i = 0; i < 10; i++) {
      window_request request = random_request(points, 3000, false);
      check_window(points, 3000, &request);
    }
  }
}

/* ---- Single cases ---- */

static void read_text(window *answer, const char *text, const window_request *request) {
  charts_error error;
  scratch_write_text("A.json", text);
  if (window_read(answer, opened, "A.json", request, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
}

static void assert_numbers(const window *answer, const char *role, const double *numbers, size_t count) {
  for (size_t i = 0; i < answer->column_count; i++) {
    if (strcmp(answer->columns[i].role, role) != 0)
      continue;
    assert_int_equal(answer->columns[i].count, count);
    for (size_t j = 0; j < count; j++)
      assert_true(answer->columns[i].numbers[j] == numbers[j] ||
                  (isnan(answer->columns[i].numbers[j]) && isnan(numbers[j])));
    return;
  }
  fail_msg("there is no column %s", role);
}

#define ASSERT_NUMBERS(answer, role, ...)                                                                              \
  assert_numbers(answer, role, (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static void an_empty_series_has_no_columns(void **state) {
  (void)state;
  window answer;
  read_text(&answer, "{\"data\":[]}", &WINDOW(-INFINITY, INFINITY, 100, false));
  assert_int_equal(answer.kind, SERIES_EMPTY);
  assert_int_equal(answer.count, 0);
  assert_false(answer.has_x);
  assert_false(answer.has_y);
  assert_true(answer.raw);
  window_free(&answer);
}

static void extents_are_those_of_the_whole_series(void **state) {
  (void)state;
  window answer;
  read_text(&answer, "{\"data\":[[0,5],[1,null],[2,-3],[9,1],[12,null]]}", &WINDOW(1, 2, 10, false));
  assert_int_equal(answer.count, 5);
  assert_true(answer.x[0] == 0 && answer.x[1] == 12);
  assert_true(answer.y[0] == -3 && answer.y[1] == 5);
  assert_true(answer.raw);
  assert_true(strlen(answer.stamp) > 0);
  window_free(&answer);
  read_text(&answer, "{\"data\":[null,null]}", &WINDOW(-INFINITY, INFINITY, 10, false));
  assert_true(answer.has_x);
  assert_false(answer.has_y);
  window_free(&answer);
}

/* Infinite x would leave the range of the whole series unknown, however often it is read. */
static void counted_x_is_finite(void **state) {
  (void)state;
  window answer;
  read_text(&answer, "{\"pointStart\":-1e300,\"pointInterval\":1e308,\"data\":[5,1,2,3,4,5,6,7]}",
            &WINDOW(-INFINITY, INFINITY, 1, false));
  assert_true(answer.x[0] == 0 && answer.x[1] == 7);
  ASSERT_NUMBERS(&answer, "x", 0, 1, 7);
  window_free(&answer);
}

/* Changes A.json while a window of it is read. */
static bool change_meanwhile(void *context) {
  FILE *file = fopen(scratch_path("A.json"), "a");
  (void)context;
  assert_non_null(file);
  assert_int_equal(fputc('\n', file), '\n');
  assert_int_equal(fclose(file), 0);
  return false;
}

static void the_stamp_is_none_of_a_later_change(void **state) {
  (void)state;
  window answer;
  struct stat status;
  char before[64];
  window_request request = WINDOW(-INFINITY, INFINITY, 10, false);
  request.left = change_meanwhile;
  scratch_write_text("A.json", "{\"data\":[1,2,3]}");
  assert_int_equal(stat(scratch_path("A.json"), &status), 0);
  seriesfile_stamp(before, &status);
  assert_int_equal(window_read(&answer, opened, "A.json", &request, NULL), CHARTS_OK);
  assert_string_equal(answer.stamp, before);
  window_free(&answer);
}

static void neighbours_lead_into_the_window(void **state) {
  (void)state;
  window answer;
  const char *text = "{\"data\":[[0,0],[1,1],[2,2],[3,3],[4,4],[5,5]]}";
  read_text(&answer, text, &WINDOW(1.5, 3.5, 10, false));
  ASSERT_NUMBERS(&answer, "x", 1, 2, 3, 4);
  window_free(&answer);
  read_text(&answer, text, &WINDOW(2.1, 2.2, 10, false));
  ASSERT_NUMBERS(&answer, "x", 2, 3);
  window_free(&answer);
  read_text(&answer, text, &WINDOW(7, 8, 10, false));
  assert_int_equal(answer.columns[0].count, 0);
  window_free(&answer);
  read_text(&answer, "{\"data\":[[0,0],[1,null],[2,2],[3,null],[4,4]]}", &WINDOW(1.5, 2.5, 10, false));
  ASSERT_NUMBERS(&answer, "x", 2);
  window_free(&answer);
}

static void a_gap_across_an_edge_breaks_the_line(void **state) {
  (void)state;
  window answer;
  const char *text = "{\"data\":[[0,0],[0.1,9],[0.2,null],[0.3,5],[0.4,1],[0.6,null],[1.1,7],[1.2,8],[1.3,2],[2,3]]}";
  read_text(&answer, text, &WINDOW(0, 2, 2, false));
  assert_false(answer.raw);
  ASSERT_NUMBERS(&answer, "x", 0, 0.1, 0.4, 0.4, 1.1, 1.2, 1.3, 2);
  ASSERT_NUMBERS(&answer, "y", 0, 9, 1, (double)NAN, 7, 8, 2, 3);
  window_free(&answer);
}

static void a_range_keeps_lowest_and_highest(void **state) {
  (void)state;
  window answer;
  const char *text =
      "{\"data\":[[0,1,2],[0.1,0,1],[0.2,1,5],[0.3,null,9],[0.4,2,3],[0.5,1,1],[1.1,4,6],[1.5,3,9],[2,4,7],[3,0,0]]}";
  read_text(&answer, text, &WINDOW(0, 2, 2, false));
  assert_false(answer.raw);
  ASSERT_NUMBERS(&answer, "x", 0, 1.1, 3);
  ASSERT_NUMBERS(&answer, "low", 0, 3, 0);
  ASSERT_NUMBERS(&answer, "high", 5, 9, 0);
  assert_true(answer.y[0] == 0 && answer.y[1] == 9);
  window_free(&answer);
}

static void a_range_among_the_bins_is_reduced(void **state) {
  (void)state;
  window answer;
  window_request request = WINDOW(0, 9, 1, false);
  request.points = true;
  request.bin_rows = 4;
  read_text(&answer, "{\"data\":[[0,1,2],[1,0,1],[2,1,7],[3,1,2],[9,1,2]]}", &request);
  ASSERT_NUMBERS(&answer, "x", 0);
  ASSERT_NUMBERS(&answer, "low", 0);
  ASSERT_NUMBERS(&answer, "high", 7);
  window_free(&answer);
}

static void bins_reach_over_the_widest_values(void **state) {
  (void)state;
  window answer;
  window_request request = WINDOW(0, 99999, 1, false);
  request.points = true;
  request.bin_rows = 2;
  request.bin_low = -INFINITY;
  request.bin_high = INFINITY;
  buffer text = {0};
  buffer_add_text(&text, "{\"data\":[-1.5e308,1.5e308");
  for (int i = 0; i < 100000; i++)
    buffer_add_text(&text, ",1e308");
  buffer_add_text(&text, "]}");
  request.to = 200000;
  read_text(&answer, text.bytes, &request);
  buffer_free(&text);
  ASSERT_NUMBERS(&answer, "y", -0.75e308, 0.75e308);
  ASSERT_NUMBERS(&answer, "count", 1, 100001);
  window_free(&answer);
}

static void bars_are_summed_up(void **state) {
  (void)state;
  window answer;
  const char *text =
      "{\"data\":[[0,1,3,0,2],[0.1,2,9,1,8],[0.2,null,null,null,null],[0.3,8,8,-4,-1],[0.4,0,1,0,1],[1.0,5,6,4,"
      "5.5],[1.2,5,7,5,6],[1.3,6,6,3,4],[2,1,1,1,1],[3,2,2,2,2]]}";
  read_text(&answer, text, &WINDOW(0, 2, 2, false));
  assert_false(answer.raw);
  assert_int_equal(answer.column_count, 5);
  ASSERT_NUMBERS(&answer, "x", 0, 1.0, 3);
  ASSERT_NUMBERS(&answer, "open", 1, 5, 2);
  ASSERT_NUMBERS(&answer, "high", 9, 7, 2);
  ASSERT_NUMBERS(&answer, "low", -4, 1, 2);
  ASSERT_NUMBERS(&answer, "close", 1, 1, 2);
  window_free(&answer);
}

static void unsorted_points_stay_raw(void **state) {
  (void)state;
  window answer;
  read_text(&answer, "{\"data\":[[5,1],[1,2],[3,3],[9,4],[8,5],[2,6]]}", &WINDOW(0, 4, 1, false));
  assert_false(answer.sorted);
  assert_true(answer.raw);
  ASSERT_NUMBERS(&answer, "x", 5, 1, 3, 9, 9, 8, 2);
  ASSERT_NUMBERS(&answer, "y", 1, 2, 3, 4, (double)NAN, 5, 6);
  window_free(&answer);
}

static void unsorted_points_beyond_the_limit_are_an_error(void **state) {
  (void)state;
  size_t count = WINDOW_RAW_LIMIT + 2;
  point *points = malloc(count * sizeof *points);
  for (size_t i = 0; i < count; i++)
    points[i] = (point){(double)(count - i), 1};
  write_points("A.json", points, count, false);
  window answer;
  charts_error error;
  window_request request = WINDOW(-INFINITY, INFINITY, 100, false);
  assert_int_equal(window_read(&answer, opened, "A.json", &request, &error), CHARTS_LIMIT);
  assert_non_null(strstr(error.message, "A.json"));
  assert_non_null(strstr(error.message, "sort the series by x"));
  window_free(&answer);
  request.columns = 65536;
  assert_int_equal(window_read(&answer, opened, "A.json", &request, &error), CHARTS_LIMIT);
  window_free(&answer);
  request.from = 10.5;
  assert_int_equal(window_read(&answer, opened, "A.json", &request, &error), CHARTS_OK);
  assert_int_equal(answer.columns[0].count, count - 10 + 1);
  window_free(&answer);
  free(points);
}

static void named_points_keep_their_labels(void **state) {
  (void)state;
  window answer;
  read_text(&answer, "{\"data\":[[\"a\",1],[\"<b>\",null],[\"\",3]]}", &WINDOW(-INFINITY, INFINITY, 1, false));
  assert_int_equal(answer.kind, SERIES_NAMED);
  assert_true(answer.raw);
  ASSERT_NUMBERS(&answer, "x", 0, 1, 2);
  ASSERT_NUMBERS(&answer, "y", 1, (double)NAN, 3);
  assert_int_equal(answer.column_count, 3);
  assert_string_equal(answer.columns[2].role, "label");
  assert_string_equal(answer.columns[2].texts[1], "<b>");
  window_free(&answer);
}

static void point_records_keep_themselves(void **state) {
  (void)state;
  window answer;
  read_text(&answer, "{\"data\":[{\"y\":1,\"name\":\"n\"},null,{\"x\":5,\"y\":2,\"color\":\"red\"},{\"y\":4}]}",
            &WINDOW(-INFINITY, INFINITY, 1, false));
  assert_int_equal(answer.kind, SERIES_POINTS);
  assert_int_equal(answer.column_count, 4);
  assert_string_equal(answer.columns[2].texts[0], "n");
  assert_null(answer.columns[2].texts[2]);
  assert_string_equal(answer.columns[3].role, "point");
  assert_string_equal(answer.columns[3].texts[2], "{\"color\":\"red\",\"x\":5,\"y\":2}");
  window_free(&answer);
  read_text(&answer, "{\"data\":[{\"x\":0,\"y\":1},{\"x\":2,\"y\":1,\"z\":7},{\"x\":4,\"y\":1},{\"x\":6,\"y\":1}]}",
            &WINDOW(3, 4.5, 1, false));
  ASSERT_NUMBERS(&answer, "x", 2, 4, 6);
  assert_int_equal(answer.column_count, 3);
  assert_string_equal(answer.columns[2].texts[0], "{\"x\":2,\"y\":1,\"z\":7}");
  window_free(&answer);
}

static void too_many_point_records_are_an_error(void **state) {
  (void)state;
  buffer text = {0};
  buffer_add_text(&text, "{\"data\":[");
  for (int i = 0; i <= WINDOW_RAW_LIMIT; i++)
    buffer_add_format(&text, "%s[\"n\",%d]", i > 0 ? "," : "", i);
  buffer_add_text(&text, "]}");
  scratch_write("A.json", text.bytes, text.length);
  buffer_free(&text);
  window answer;
  charts_error error;
  window_request request = WINDOW(-INFINITY, INFINITY, 10, false);
  assert_int_equal(window_read(&answer, opened, "A.json", &request, &error), CHARTS_LIMIT);
  assert_non_null(strstr(error.message, "zoom in"));
  window_free(&answer);
  request.to = 10;
  assert_int_equal(window_read(&answer, opened, "A.json", &request, &error), CHARTS_OK);
  assert_int_equal(answer.columns[0].count, 12);
  window_free(&answer);
}

static void a_logarithmic_axis_has_no_place_for_zero(void **state) {
  (void)state;
  window answer;
  read_text(&answer, "{\"data\":[[-1,1],[0,2],[1,3],[10,4],[100,5]]}", &WINDOW(-INFINITY, INFINITY, 10, true));
  ASSERT_NUMBERS(&answer, "x", 1, 10, 100);
  assert_true(answer.x[0] == -1);
  window_free(&answer);
  read_text(&answer, "{\"data\":[[-1,1],[0,2]]}", &WINDOW(-INFINITY, INFINITY, 10, true));
  assert_int_equal(answer.columns[0].count, 0);
  window_free(&answer);
  read_text(&answer, "{\"data\":[[0,0],[1,1],[1.5,2],[2,3],[3,4],[4,5],[5,6],[50,7],[60,8],[80,9],[100,10]]}",
            &WINDOW(0, INFINITY, 2, true));
  assert_false(answer.raw);
  ASSERT_NUMBERS(&answer, "x", 1, 5, 50, 100);
  window_free(&answer);
}

static void wrong_requests_are_named(void **state) {
  (void)state;
  const struct {
    window_request request;
    const char *word;
  } wrong[] = {{WINDOW(0, 1, 0, false), "columns"},
               {WINDOW(0, 1, 65537, false), "columns"},
               {WINDOW(2, 1, 10, false), "from"},
               {WINDOW((double)NAN, 1, 10, false), "from"},
               {WINDOW(0, (double)NAN, 10, false), "from"}};
  scratch_write_text("A.json", "{\"data\":[1]}");
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    window answer;
    charts_error error;
    assert_int_equal(window_read(&answer, opened, "A.json", &wrong[i].request, &error), CHARTS_ARGUMENT);
    assert_non_null(strstr(error.message, wrong[i].word));
    window_free(&answer);
  }
}

static bool leave_at_the_third_look(void *context) {
  int *looks = context;
  return ++*looks >= 3;
}

/* Who asked for the window has gone on to another one: the rest of the file is not read. */
static void a_window_that_nobody_waits_for_is_dropped(void **state) {
  (void)state;
  window answer;
  charts_error error;
  int looks = 0;
  enum { COUNT = 50000 };
  point *points = malloc(COUNT * sizeof *points);
  make_points(points, COUNT, WALK, REGULAR);
  write_points("A.json", points, COUNT, false);
  window_request request = WINDOW(-INFINITY, INFINITY, 10, false);
  request.left = leave_at_the_third_look;
  request.left_context = &looks;
  assert_int_equal(window_read(&answer, opened, "A.json", &request, &error), CHARTS_INTERRUPTED);
  assert_int_equal(looks, 3);
  window_free(&answer);
  free(points);
}

static void files_that_are_no_series_are_named(void **state) {
  (void)state;
  window answer;
  charts_error error;
  window_request request = WINDOW(-INFINITY, INFINITY, 10, false);
  assert_int_equal(window_read(&answer, opened, "none.json", &request, &error), CHARTS_NOT_FOUND);
  window_free(&answer);
  static const char *const texts[] = {
      "", "[]", "{\"data\":[1,", "{\"data\":[1,\"a\"]}", "{\"data\":[[1,2],[3]]}", "{\"data\":[[null,2],[1,2]]}"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    scratch_write_text("A.json", texts[i]);
    assert_int_equal(window_read(&answer, opened, "A.json", &request, &error), CHARTS_FORMAT);
    assert_non_null(strstr(error.message, "A.json"));
    window_free(&answer);
  }
}

static void memory_may_end_anywhere(void **state) {
  (void)state;
  static const char *const texts[] = {
      "{\"data\":[[0,0],[1,1],[2,null],[3,3],[4,4],[5,2],[6,1]]}",
      "{\"data\":[{\"x\":0,\"y\":1,\"name\":\"a\"},{\"x\":3,\"y\":1},{\"x\":4,\"y\":1},{\"x\":6,\"y\":1}]}"};
  for (size_t i = 0; i < 2; i++) {
    scratch_write_text("A.json", texts[i]);
    charts_status status = CHARTS_MEMORY;
    long successes = 0;
    for (; status != CHARTS_OK; successes++) {
      window answer;
      charts_error error;
      memory_fail_after(successes, true);
      status = window_read(&answer, opened, "A.json", &WINDOW(1, INFINITY, 1, false), &error);
      memory_fail_after(-1, false);
      assert_true(status == CHARTS_OK || status == CHARTS_MEMORY);
      window_free(&answer);
    }
    assert_true(successes > 8);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pictures_of_windows_equal_those_of_all_points),
      cmocka_unit_test(bare_numbers_are_counted),
      cmocka_unit_test(an_empty_series_has_no_columns),
      cmocka_unit_test(extents_are_those_of_the_whole_series),
      cmocka_unit_test(counted_x_is_finite),
      cmocka_unit_test(the_stamp_is_none_of_a_later_change),
      cmocka_unit_test(neighbours_lead_into_the_window),
      cmocka_unit_test(a_gap_across_an_edge_breaks_the_line),
      cmocka_unit_test(a_range_keeps_lowest_and_highest),
      cmocka_unit_test(a_range_among_the_bins_is_reduced),
      cmocka_unit_test(bins_reach_over_the_widest_values),
      cmocka_unit_test(bars_are_summed_up),
      cmocka_unit_test(unsorted_points_stay_raw),
      cmocka_unit_test(unsorted_points_beyond_the_limit_are_an_error),
      cmocka_unit_test(named_points_keep_their_labels),
      cmocka_unit_test(point_records_keep_themselves),
      cmocka_unit_test(too_many_point_records_are_an_error),
      cmocka_unit_test(a_logarithmic_axis_has_no_place_for_zero),
      cmocka_unit_test(wrong_requests_are_named),
      cmocka_unit_test(a_window_that_nobody_waits_for_is_dropped),
      cmocka_unit_test(files_that_are_no_series_are_named),
      cmocka_unit_test(memory_may_end_anywhere),
  };
  return cmocka_run_group_tests(tests, open_folder, close_folder);
}
