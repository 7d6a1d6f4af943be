/* Values become series: shapes, names, times, refusals. What a series is shows in the text that it writes. */
#include "cmocka_all.h"

#include "seriesfile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static charts_value *parsed(const char *json) {
  charts_value *value = NULL;
  charts_error error = {0};
  if (charts_value_parse(&value, json, strlen(json), &error) != CHARTS_OK)
    fail_msg("%s: %s", json, error.message);
  return value;
}

static charts_status keep_text(void *context, const char *bytes, size_t length, charts_error *error) {
  buffer *to = context;
  buffer_add(to, bytes, length);
  return to->failed ? error_memory(error) : CHARTS_OK;
}

/* The texts of all series, a line each; display and index stand in the text as given, else true and the place. */
static charts_status read_texts(buffer *to, const charts_value *value, const series_request *request,
                                charts_value *messages, charts_error *error) {
  series_list list;
  charts_status status = series_read(&list, value, request, messages, error);
  for (size_t i = 0; status == CHARTS_OK && i < list.count; i++) {
    const series *from = &list.items[i];
    bool display = !from->display_given || from->display;
    double index = from->index_given ? from->index : (double)i;
    pyramid_state state;
    series_output output = {.write = keep_text, .context = to};
    status = seriesfile_write(from, display, index, &output, &state, error);
    buffer_add_char(to, '\n');
  }
  series_list_free(&list);
  return status;
}

static void assert_value_reads(charts_value *value, const series_request *request, const char *expected) {
  buffer text = {0};
  charts_error error = {0};
  charts_value *messages = charts_list();
  if (read_texts(&text, value, request, messages, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  assert_string_equal(text.bytes != NULL ? text.bytes : "", expected);
  buffer_free(&text);
  charts_value_free(messages);
  charts_value_free(value);
}

static void assert_reads(const char *json, const char *name, const char *expected) {
  assert_value_reads(parsed(json), &(series_request){.name = name}, expected);
}

static void assert_value_refused(charts_value *value, const series_request *request, charts_status status,
                                 const char *part) {
  series_list list;
  charts_error error = {0};
  charts_status got = series_read(&list, value, request, NULL, &error);
  if (got != status || strstr(error.message, part) == NULL)
    fail_msg("expected %s with \"%s\", got %s: %s", charts_status_name(status), part, charts_status_name(got),
             error.message);
  assert_int_equal(list.count, 0);
  charts_value_free(value);
}

static void assert_refuses(const char *json, const char *name, charts_status status, const char *part) {
  assert_value_refused(parsed(json), &(series_request){.name = name}, status, part);
}

static void nothing_is_no_series(void **state) {
  (void)state;
  assert_reads("null", NULL, "");
  assert_reads("[]", NULL, "");
  assert_value_reads(NULL, &(series_request){0}, "");
}

static void bare_data_takes_the_given_name(void **state) {
  (void)state;
  assert_reads("[1,2,4,9]", "A", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1,2,4,9]}\n");
  assert_reads("[[1,2],[3,4]]", "A", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[[1,2],[3,4]]}\n");
  assert_reads("[[1,2,3]]", "A", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[[1,2,3]]}\n");
  assert_reads("[[1,2,3,0,2.5]]", "A", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[[1,2,3,0,2.5]]}\n");
  assert_reads("[[\"a\",1],[\"b\",null]]", "A",
               "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[[\"a\",1],[\"b\",null]]}\n");
  assert_reads(
      "[{\"y\":1},null,{\"y\":null,\"x\":5,\"name\":\"n\"}]", "A",
      "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[{\"y\":1},null,{\"name\":\"n\",\"x\":5,\"y\":null}]}\n");
  assert_reads("[null,1]", "A", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[null,1]}\n");
  assert_reads("[]", "A", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[]}\n");
  assert_reads("5", "A", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[5]}\n");
  assert_refuses("[1,2]", NULL, CHARTS_NAME, "name");
  assert_refuses("[]", "", CHARTS_NAME, "name");
}

static void a_record_is_one_series(void **state) {
  (void)state;
  assert_reads("{\"data\":[1,2],\"name\":\"A\"}", NULL,
               "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1,2]}\n");
  assert_reads("{\"data\":[1],\"name\":\"A\",\"display\":false,\"index\":7,\"type\":\"area\",\"color\":\"red\"}", NULL,
               "{\"name\":\"A\",\"display\":false,\"index\":7,\"color\":\"red\",\"type\":\"area\",\"data\":[1]}\n");
  assert_reads("{\"data\":[1]}", "B", "{\"name\":\"B\",\"display\":true,\"index\":0,\"data\":[1]}\n");
  assert_refuses("{\"data\":[1]}", NULL, CHARTS_NAME, "name");
  assert_refuses("{\"name\":\"A\"}", NULL, CHARTS_TYPE, "data");
  assert_refuses("{\"name\":5,\"data\":[]}", NULL, CHARTS_NAME, "name");
  assert_refuses("{\"name\":\"A\",\"data\":\"x\"}", NULL, CHARTS_TYPE, "data of A");
  assert_refuses("{\"name\":\"A\",\"data\":[1],\"display\":\"yes\"}", NULL, CHARTS_TYPE, "display");
  assert_refuses("{\"name\":\"A\",\"data\":[1],\"index\":\"x\"}", NULL, CHARTS_TYPE, "index");
}

static void a_list_may_hold_many_series(void **state) {
  (void)state;
  assert_reads("[{\"name\":\"A\",\"data\":[1]},{\"name\":\"B\",\"data\":[]}]", NULL,
               "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1]}\n"
               "{\"name\":\"B\",\"display\":true,\"index\":1,\"data\":[]}\n");
  assert_refuses("[{\"name\":\"A\",\"data\":[1]},{\"name\":\"A\",\"data\":[2]}]", NULL, CHARTS_NAME, "twice");
  assert_refuses("[{\"name\":\"A\",\"data\":[1]},5]", NULL, CHARTS_TYPE, "item 2");
}

static void wrong_rows_are_named(void **state) {
  (void)state;
  assert_refuses("[1,\"a\"]", "A", CHARTS_TYPE, "row 2");
  assert_refuses("[1,[1,2]]", "A", CHARTS_TYPE, "row 2");
  assert_refuses("[[1,2],[3]]", "A", CHARTS_TYPE, "row 2");
  assert_refuses("[[1,2],[3,4,5]]", "A", CHARTS_TYPE, "row 2");
  assert_refuses("[[1,2],5]", "A", CHARTS_TYPE, "row 2");
  assert_refuses("[[null,2]]", "A", CHARTS_TYPE, "finite x");
  assert_refuses("[[1,\"b\"]]", "A", CHARTS_TYPE, "row 1");
  assert_refuses("[[1,2,3,4]]", "A", CHARTS_TYPE, "row 1");
  assert_refuses("[[\"a\",1],[2,3]]", "A", CHARTS_TYPE, "row 2");
  assert_refuses("[[\"a\",\"b\"]]", "A", CHARTS_TYPE, "row 1");
  assert_refuses("[true]", "A", CHARTS_TYPE, "row 1");
  assert_refuses("[{\"x\":1}]", "A", CHARTS_TYPE, "y");
  assert_refuses("[{\"y\":1,\"x\":\"a\"}]", "A", CHARTS_TYPE, "x");
  assert_refuses("\"text\"", "A", CHARTS_TYPE, "series");
  assert_refuses("true", "A", CHARTS_TYPE, "series");
}

static void names_are_checked(void **state) {
  (void)state;
  char name[1100];
  memset(name, 'n', sizeof name);
  name[1025] = '\0';
  assert_refuses("[1]", name, CHARTS_NAME, "1024");
  name[1024] = '\0';
  series_list list;
  charts_error error = {0};
  charts_value *value = parsed("[1]");
  assert_int_equal(series_read(&list, value, &(series_request){.name = name}, NULL, &error), CHARTS_OK);
  assert_string_equal(list.items[0].name, name);
  series_list_free(&list);
  charts_value_free(value);
  assert_refuses("[1]", "\xFF", CHARTS_NAME, "UTF-8");
  assert_refuses("{\"name\":\"a\\u0000b\",\"data\":[]}", NULL, CHARTS_NAME, "NUL");
  assert_reads("[1]", "../<img src=x onerror=alert(1)>",
               "{\"name\":\"../<img src=x onerror=alert(1)>\",\"display\":true,\"index\":0,\"data\":[1]}\n");
}

/* ---- Columns ---- */

static void columns_are_bare_numbers(void **state) {
  (void)state;
  const double numbers[] = {1.5, NAN, INFINITY, -0.0};
  const int32_t integers[] = {1, INT32_MIN, 3};
  charts_column column = {
      .memory = integers, .count = 3, .type = CHARTS_INT32, .has_missing = true, .missing = INT32_MIN};
  assert_value_reads(charts_column_of(numbers, 4), &(series_request){.name = "A"},
                     "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1.5,null,null,-0.0]}\n");
  assert_value_reads(charts_column_new(&column), &(series_request){.name = "A"},
                     "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1,null,3]}\n");
  assert_value_reads(charts_column_of(numbers, 0), &(series_request){.name = "A"},
                     "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[]}\n");
  column.logical = true;
  assert_value_refused(charts_column_new(&column), &(series_request){.name = "A"}, CHARTS_TYPE, "numbers");
}

static void integers_beyond_two_to_the_53_are_refused(void **state) {
  (void)state;
  const int64_t edge[] = {1, INT64_C(1) << 53, -(INT64_C(1) << 53)};
  const int64_t beyond[] = {1, (INT64_C(1) << 53) + 1};
  const int64_t below[] = {-(INT64_C(1) << 53) - 1};
  const uint64_t large[] = {UINT64_C(18446744073709551615)};
  charts_column column = {.memory = edge, .count = 3, .type = CHARTS_INT64};
  assert_value_reads(charts_column_new(&column), &(series_request){.name = "A"},
                     "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1,9007199254740992,-9007199254740992]}\n");
  column = (charts_column){.memory = beyond, .count = 2, .type = CHARTS_INT64};
  assert_value_refused(charts_column_new(&column), &(series_request){.name = "A"}, CHARTS_ARGUMENT, "row 2");
  column = (charts_column){.memory = below, .count = 1, .type = CHARTS_INT64};
  assert_value_refused(charts_column_new(&column), &(series_request){.name = "A"}, CHARTS_ARGUMENT, "row 1");
  column = (charts_column){.memory = large, .count = 1, .type = CHARTS_UINT64};
  assert_value_refused(charts_column_new(&column), &(series_request){.name = "A"}, CHARTS_ARGUMENT, "row 1");
}

static charts_value *matrix(size_t width) {
  static const double numbers[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  charts_value *frame = charts_frame();
  for (size_t i = 0; i < width; i++)
    charts_frame_add(frame, NULL, charts_column_of(numbers + 2 * i, 2));
  return frame;
}

static void a_bare_matrix_goes_by_its_width(void **state) {
  (void)state;
  assert_value_reads(matrix(1), &(series_request){.name = "A"},
                     "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1,2]}\n");
  assert_value_reads(matrix(2), &(series_request){.name = "A"},
                     "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[[1,3],[2,4]]}\n");
  buffer text = {0};
  charts_error error = {0};
  charts_value *wide = matrix(3);
  assert_int_equal(read_texts(&text, wide, &(series_request){.name = "A"}, NULL, &error), CHARTS_OK);
  assert_int_equal(text.length, 3 * strlen("{\"name\":\"A 1\",\"display\":true,\"index\":0,\"data\":[1,2]}\n"));
  buffer_free(&text);
  charts_value_free(wide);
  charts_value *record = charts_record();
  charts_record_set(record, "name", charts_text("O"));
  charts_record_set(record, "data", matrix(5));
  assert_value_reads(record, &(series_request){0},
                     "{\"name\":\"O\",\"display\":true,\"index\":0,\"data\":[[1,3,5,7,9],[2,4,6,8,10]]}\n");
}

static charts_value *data_frame(void) {
  static const double y[] = {1, 2};
  static const double z[] = {3, NAN};
  static const double days[] = {13283, 13284};
  charts_column time = {.memory = days, .count = 2, .type = CHARTS_FLOAT64, .time = CHARTS_TIME_DAYS, .zone = "UTC"};
  charts_value *frame = charts_frame();
  charts_frame_add(frame, "y", charts_column_of(y, 2));
  charts_frame_add(frame, "date", charts_column_new(&time));
  charts_frame_add(frame, "z", charts_column_of(z, 2));
  return frame;
}

static void a_frame_is_one_series_for_each_column(void **state) {
  (void)state;
  assert_value_reads(data_frame(), &(series_request){0},
                     "{\"name\":\"y\",\"display\":true,\"index\":0,\"xtype\":\"datetime\",\"data\":[[1147651200000,1],["
                     "1147737600000,2]]}\n"
                     "{\"name\":\"z\",\"display\":true,\"index\":1,\"xtype\":\"datetime\",\"data\":[[1147651200000,3],["
                     "1147737600000,null]]}\n");
  buffer text = {0};
  charts_error error = {0};
  charts_value *frame = data_frame();
  assert_int_equal(read_texts(&text, frame, &(series_request){.x = "y"}, NULL, &error), CHARTS_OK);
  assert_non_null(strstr(text.bytes, "{\"name\":\"z\",\"display\":true,\"index\":1,\"data\":[[1,3],[2,null]]}"));
  buffer_free(&text);
  charts_value_free(frame);
  assert_value_refused(data_frame(), &(series_request){.x = "w"}, CHARTS_NOT_FOUND, "x");
}

static void names_in_the_first_place_are_labels(void **state) {
  (void)state;
  static const double y[] = {1, 2};
  charts_value *labels = charts_list();
  charts_list_add(labels, charts_text("a"));
  charts_list_add(labels, charts_text("b"));
  charts_value *frame = charts_frame();
  charts_frame_add(frame, "label", labels);
  charts_frame_add(frame, "y", charts_column_of(y, 2));
  assert_value_reads(frame, &(series_request){0},
                     "{\"name\":\"y\",\"display\":true,\"index\":0,\"data\":[[\"a\",1],[\"b\",2]]}\n");
}

static void columns_of_unequal_length_are_refused(void **state) {
  (void)state;
  static const double numbers[] = {1, 2, 3};
  charts_value *frame = charts_frame();
  charts_frame_add(frame, NULL, charts_column_of(numbers, 3));
  charts_frame_add(frame, NULL, charts_column_of(numbers, 2));
  assert_value_refused(frame, &(series_request){.name = "A"}, CHARTS_TYPE, "equal length");
}

/* R gives lists of rows as lists of columns. */
static void rows_may_be_columns(void **state) {
  (void)state;
  static const double numbers[] = {1, 2, 3, 4};
  charts_value *list = charts_list();
  charts_list_add(list, charts_column_of(numbers, 2));
  charts_list_add(list, charts_column_of(numbers + 2, 2));
  assert_value_reads(list, &(series_request){.name = "A"},
                     "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[[1,2],[3,4]]}\n");
  list = charts_list();
  charts_list_add(list, charts_column_of(numbers, 1));
  charts_list_add(list, charts_column_of(numbers + 2, 1));
  assert_value_reads(list, &(series_request){.name = "A"},
                     "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1,3]}\n");
}

/* ---- Time ---- */

static void plain_numbers_are_times_when_told(void **state) {
  (void)state;
  assert_value_reads(parsed("[[1147651200,1],[1147651201.5,2]]"), &(series_request){.name = "A", .time = CHARTS_TIME_S},
                     "{\"name\":\"A\",\"display\":true,\"index\":0,\"xtype\":\"datetime\",\"data\":[[1147651200000,1],["
                     "1147651201500,2]]}\n");
  assert_reads("{\"name\":\"A\",\"time\":\"s\",\"data\":[[1,2]]}", NULL,
               "{\"name\":\"A\",\"display\":true,\"index\":0,\"xtype\":\"datetime\",\"data\":[[1000,2]]}\n");
  assert_reads("{\"name\":\"A\",\"time\":\"datenum\",\"data\":[[719529,2]]}", NULL,
               "{\"name\":\"A\",\"display\":true,\"index\":0,\"xtype\":\"datetime\",\"data\":[[0,2]]}\n");
  assert_reads("{\"name\":\"A\",\"time\":\"s\",\"pointStart\":10,\"pointInterval\":60,\"data\":[2]}", NULL,
               "{\"name\":\"A\",\"display\":true,\"index\":0,\"pointInterval\":60000,\"pointStart\":10000,\"xtype\":"
               "\"datetime\","
               "\"data\":[2]}\n");
  assert_reads(
      "{\"name\":\"A\",\"time\":\"s\",\"data\":[{\"x\":1,\"y\":2}]}", NULL,
      "{\"name\":\"A\",\"display\":true,\"index\":0,\"xtype\":\"datetime\",\"data\":[{\"x\":1000,\"y\":2}]}\n");
  assert_refuses("{\"name\":\"A\",\"time\":\"year\",\"data\":[[1,2]]}", NULL, CHARTS_ARGUMENT, "time");
}

static void a_series_that_says_datetime_stays_as_it_is(void **state) {
  (void)state;
  assert_reads("{\"name\":\"A\",\"xtype\":\"datetime\",\"data\":[[1147651200000,1]]}", NULL,
               "{\"name\":\"A\",\"display\":true,\"index\":0,\"xtype\":\"datetime\",\"data\":[[1147651200000,1]]}\n");
}

static void a_zone_becomes_an_attribute(void **state) {
  (void)state;
  static const double seconds[] = {0, 1};
  static const double y[] = {3, 4};
  charts_column time = {
      .memory = seconds, .count = 2, .type = CHARTS_FLOAT64, .time = CHARTS_TIME_S, .zone = "Europe/Berlin"};
  charts_value *frame = charts_frame();
  charts_frame_add(frame, NULL, charts_column_new(&time));
  charts_frame_add(frame, NULL, charts_column_of(y, 2));
  assert_value_reads(
      frame, &(series_request){.name = "A"},
      "{\"name\":\"A\",\"display\":true,\"index\":0,\"timezone\":\"Europe/Berlin\",\"xtype\":\"datetime\","
      "\"data\":[[0,3],[1000,4]]}\n");
}

/* ---- Readers ---- */

static size_t count_up(void *context, double *block, size_t room) {
  int *next = context;
  size_t count = 0;
  while (count < room && count < 100 && *next < 250)
    block[count++] = (*next)++;
  return count;
}

static size_t fails(void *context, double *block, size_t room) {
  (void)context;
  (void)block;
  (void)room;
  return SIZE_MAX;
}

static void readers_are_read_to_their_end(void **state) {
  (void)state;
  int next = 0;
  buffer text = {0};
  charts_error error = {0};
  charts_value *reader = charts_reader(count_up, &next);
  assert_int_equal(read_texts(&text, reader, &(series_request){.name = "A"}, NULL, &error), CHARTS_OK);
  assert_non_null(strstr(text.bytes, "\"data\":[0,1,2,3,"));
  assert_non_null(strstr(text.bytes, ",248,249]}\n"));
  charts_value_free(reader);
  reader = charts_reader(fails, NULL);
  assert_int_equal(read_texts(&text, reader, &(series_request){.name = "A"}, NULL, &error), CHARTS_INTERRUPTED);
  charts_value_free(reader);
  buffer_free(&text);
}

/* Numbers in memory that are given block by block, three rows or numbers at a time. */
typedef struct tape {
  const double *numbers;
  size_t count;
  size_t width;
  size_t place;
  int begun;
} tape;

static size_t play(void *context, double *block, size_t room) {
  tape *from = context;
  assert_int_equal(room % from->width, 0);
  size_t left = from->count - from->place;
  size_t got = left < 3 * from->width ? left : 3 * from->width;
  memcpy(block, from->numbers + from->place, got * sizeof *block);
  from->place += got;
  return got;
}

static void rewind_tape(void *context) {
  tape *from = context;
  from->place = 0;
  from->begun++;
}

/* A reader of a tape; `count` is what it says of its rows. */
static charts_value *tape_reader(tape *from, size_t count, charts_time time) {
  charts_reader_source source = {.read = play,
                                 .context = from,
                                 .width = from->width,
                                 .count = count,
                                 .time = time,
                                 .zone = time != CHARTS_TIME_NONE ? "Europe/Paris" : NULL};
  return charts_reader_new(&source);
}

static void assert_write_refused(charts_value *value, charts_status status, const char *part) {
  buffer text = {0};
  charts_error error = {0};
  assert_int_equal(read_texts(&text, value, &(series_request){.name = "A"}, NULL, &error), status);
  assert_non_null(strstr(error.message, part));
  buffer_free(&text);
  charts_value_free(value);
}

static const double tape_numbers[] = {1, 2, 3, 4, (double)NAN, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void readers_give_rows_of_every_width(void **state) {
  (void)state;
  static const struct {
    size_t width;
    size_t count;
    const char *text;
  } cases[] = {{1, 5, "[1,2,3,4,null]"},
               {2, 8, "[[1,2],[3,4],[7,6],[7,8]]"},
               {3, 6, "[[1,2,3],[4,null,6]]"},
               {5, 10, "[[1,2,3,4,null],[6,7,8,9,10]]"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    double numbers[10];
    memcpy(numbers, tape_numbers, sizeof numbers);
    if (cases[i].width == 2)
      numbers[4] = 7;
    tape from = {.numbers = numbers, .count = cases[i].count, .width = cases[i].width};
    char expected[256];
    (void)snprintf(expected, sizeof expected, "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":%s}\n",
                   cases[i].text);
    assert_value_reads(tape_reader(&from, SIZE_MAX, CHARTS_TIME_NONE), &(series_request){.name = "A"}, expected);
  }
  tape four = {.numbers = tape_numbers, .count = 4, .width = 4};
  assert_value_refused(tape_reader(&four, SIZE_MAX, CHARTS_TIME_NONE), &(series_request){.name = "A"}, CHARTS_TYPE,
                       "got 4");
  tape gap = {.numbers = tape_numbers, .count = 6, .width = 2};
  assert_write_refused(tape_reader(&gap, SIZE_MAX, CHARTS_TIME_NONE), CHARTS_TYPE,
                       "data of A: row 3: expected a finite x");
}

static void the_x_of_rows_may_be_a_time(void **state) {
  (void)state;
  tape from = {.numbers = tape_numbers, .count = 4, .width = 2};
  charts_value *record = charts_record();
  charts_record_set(record, "data", tape_reader(&from, SIZE_MAX, CHARTS_TIME_S));
  assert_value_reads(record, &(series_request){.name = "A"},
                     "{\"name\":\"A\",\"display\":true,\"index\":0,\"timezone\":\"Europe/Paris\",\"xtype\":"
                     "\"datetime\",\"data\":[[1000,2],[3000,4]]}\n");
}

static charts_value *tape_frame(charts_value *x, charts_value *y) {
  charts_value *frame = charts_frame();
  charts_frame_add(frame, "t", x);
  charts_frame_add(frame, "A", y);
  return frame;
}

static void columns_may_be_read(void **state) {
  (void)state;
  static const double y[] = {5, 6, 7, 8};
  tape times = {.numbers = tape_numbers, .count = 4, .width = 1};
  tape values = {.numbers = y, .count = 4, .width = 1};
  assert_value_reads(
      tape_frame(tape_reader(&times, 4, CHARTS_TIME_S), tape_reader(&values, 4, CHARTS_TIME_NONE)),
      &(series_request){0},
      "{\"name\":\"A\",\"display\":true,\"index\":0,\"timezone\":\"Europe/Paris\",\"xtype\":\"datetime\","
      "\"data\":[[1000,5],[2000,6],[3000,7],[4000,8]]}\n");
  times.place = 0;
  charts_value *frame = tape_frame(charts_column_of(y, 4), tape_reader(&times, 4, CHARTS_TIME_NONE));
  assert_value_reads(frame, &(series_request){.x = "t"},
                     "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[[5,1],[6,2],[7,3],[8,4]]}\n");
}

static void what_columns_say_of_themselves_is_checked(void **state) {
  (void)state;
  static const double y[] = {5, 6, 7, 8, 9};
  tape x = {.numbers = tape_numbers, .count = 5, .width = 1};
  tape rows = {.numbers = tape_numbers, .count = 4, .width = 2};
  series_request request = {.x = "t"};
  assert_value_refused(tape_frame(tape_reader(&x, SIZE_MAX, CHARTS_TIME_NONE), charts_column_of(y, 4)), &request,
                       CHARTS_TYPE, "equal length");
  assert_value_refused(tape_frame(charts_column_of(y, 2), tape_reader(&rows, 2, CHARTS_TIME_NONE)), &request,
                       CHARTS_TYPE, "1 number in a row");
  assert_value_refused(tape_frame(tape_reader(&x, 4, CHARTS_TIME_NONE), charts_column_of(y, 5)), &request, CHARTS_TYPE,
                       "equal length");
  charts_value *data = charts_record();
  charts_record_set(data, "data", tape_frame(tape_reader(&x, 5, CHARTS_TIME_NONE), charts_column_of(y, 5)));
  assert_write_refused(data, CHARTS_TYPE, "row 5: expected a finite x");
  x.place = 0;
  x.count = 4;
  data = charts_record();
  charts_record_set(data, "data", tape_frame(charts_column_of(y, 5), tape_reader(&x, 5, CHARTS_TIME_NONE)));
  assert_write_refused(data, CHARTS_TYPE, "equal length, got 5 and 4");
  data = charts_record();
  charts_record_set(data, "data",
                    tape_frame(charts_column_of(y, 5),
                               charts_reader_new(&(charts_reader_source){.read = fails, .width = 1, .count = 5})));
  assert_write_refused(data, CHARTS_INTERRUPTED, "failed");
}

static void several_series_share_an_x_that_restarts(void **state) {
  (void)state;
  static const double y[] = {5, 6};
  tape x = {.numbers = tape_numbers, .count = 2, .width = 1};
  charts_reader_source source = {.read = play, .restart = rewind_tape, .context = &x, .width = 1, .count = 2};
  charts_value *frame = tape_frame(charts_reader_new(&source), charts_column_of(y, 2));
  charts_frame_add(frame, "B", charts_column_of(y, 2));
  assert_value_reads(frame, &(series_request){.x = "t"},
                     "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[[1,5],[2,6]]}\n"
                     "{\"name\":\"B\",\"display\":true,\"index\":1,\"data\":[[1,5],[2,6]]}\n");
  assert_int_equal(x.begun, 2);
  frame = tape_frame(tape_reader(&x, 2, CHARTS_TIME_NONE), charts_column_of(y, 2));
  charts_frame_add(frame, "B", charts_column_of(y, 2));
  assert_value_refused(frame, &(series_request){.x = "t"}, CHARTS_TYPE, "only once");
}

static void memory_may_end_anywhere(void **state) {
  (void)state;
  static const char *const texts[] = {"[{\"name\":\"A\",\"type\":\"area\",\"data\":[[1,2],[3,4]]},{\"name\":\"B\","
                                      "\"time\":\"s\",\"data\":[{\"y\":1,\"x\":2}]}]",
                                      "[1,2,3]"};
  for (size_t i = 0; i <= 2; i++) {
    charts_value *value = i < 2 ? parsed(texts[i]) : data_frame();
    charts_status status = CHARTS_MEMORY;
    long successes = 0;
    for (; status != CHARTS_OK; successes++) {
      buffer text = {0};
      charts_error error = {0};
      memory_fail_after(successes, false);
      status = read_texts(&text, value, &(series_request){.name = "N"}, NULL, &error);
      memory_fail_after(-1, false);
      if (text.failed)
        status = CHARTS_MEMORY;
      assert_true(status == CHARTS_OK || status == CHARTS_MEMORY);
      buffer_free(&text);
    }
    assert_true(successes > 5);
    charts_value_free(value);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_no_series),
      cmocka_unit_test(bare_data_takes_the_given_name),
      cmocka_unit_test(a_record_is_one_series),
      cmocka_unit_test(a_list_may_hold_many_series),
      cmocka_unit_test(wrong_rows_are_named),
      cmocka_unit_test(names_are_checked),
      cmocka_unit_test(columns_are_bare_numbers),
      cmocka_unit_test(integers_beyond_two_to_the_53_are_refused),
      cmocka_unit_test(a_bare_matrix_goes_by_its_width),
      cmocka_unit_test(a_frame_is_one_series_for_each_column),
      cmocka_unit_test(names_in_the_first_place_are_labels),
      cmocka_unit_test(columns_of_unequal_length_are_refused),
      cmocka_unit_test(rows_may_be_columns),
      cmocka_unit_test(plain_numbers_are_times_when_told),
      cmocka_unit_test(a_series_that_says_datetime_stays_as_it_is),
      cmocka_unit_test(a_zone_becomes_an_attribute),
      cmocka_unit_test(readers_are_read_to_their_end),
      cmocka_unit_test(readers_give_rows_of_every_width),
      cmocka_unit_test(the_x_of_rows_may_be_a_time),
      cmocka_unit_test(columns_may_be_read),
      cmocka_unit_test(what_columns_say_of_themselves_is_checked),
      cmocka_unit_test(several_series_share_an_x_that_restarts),
      cmocka_unit_test(memory_may_end_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
