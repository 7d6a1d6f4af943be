/* Values: making, reading, checking, copying, and their way to and from JSON. */
#include "cmocka_all.h"

#include "value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static charts_value *parsed(const char *json) {
  charts_value *value = NULL;
  charts_error error = {0};
  if (value_parse(&value, json, strlen(json), &error) != CHARTS_OK)
    fail_msg("%s: %s", json, error.message);
  return value;
}

static void assert_json(const charts_value *value, const char *expected) {
  buffer to = {0};
  value_write(&to, value);
  assert_false(to.failed);
  assert_string_equal(to.bytes, expected);
  buffer_free(&to);
}

static void assert_json_freed(charts_value *value, const char *expected) {
  assert_non_null(value);
  assert_json(value, expected);
  charts_value_free(value);
}

/* ---- JSON ---- */

static void json_is_written_canonically(void **state) {
  (void)state;
  static const char *const known[][2] = {
      {"null", "null"},
      {" true ", "true"},
      {"[ 1 , 2.50, -0, 1E3 ]", "[1,2.5,-0.0,1000]"},
      {"{\"b\":1,\"a\":{\"z\":[],\"Z\":{}}}", "{\"a\":{\"Z\":{},\"z\":[]},\"b\":1}"},
      {"{\"\xC3\xA4\":1,\"z\":2,\"\":3}", "{\"\":3,\"z\":2,\"\xC3\xA4\":1}"},
      {"\"\\u0041\\n\\/\"", "\"A\\n/\""},
      {"\"a\\u0000b\"", "\"a\\u0000b\""},
      {"1e400", "null"},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    assert_json_freed(parsed(known[i][0]), known[i][1]);
}

static void a_key_given_twice_in_json_counts_once(void **state) {
  (void)state;
  assert_json_freed(parsed("{\"a\":1,\"b\":2,\"a\":{\"c\":3}}"), "{\"a\":{\"c\":3},\"b\":2}");
}

static void malformed_json_gives_nothing(void **state) {
  (void)state;
  static const char *const texts[] = {"", "[1", "{\"a\":1", "{\"a\":[1,{\"b\":}]}", "1 2", "[NaN]", "{\"a\\u0000\":1}"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    charts_value *value = (charts_value *)texts;
    charts_error error = {0};
    assert_int_equal(charts_value_parse(&value, texts[i], strlen(texts[i]), &error), CHARTS_FORMAT);
    assert_null(value);
    assert_true(strlen(error.message) > 0);
  }
}

static void the_public_text_is_the_callers(void **state) {
  (void)state;
  charts_value *list = parsed("[1,\"a\"]");
  char *text = NULL;
  charts_error error = {0};
  assert_int_equal(charts_value_write(&text, list, &error), CHARTS_OK);
  assert_string_equal(text, "[1,\"a\"]");
  charts_text_free(text);
  charts_text_free(NULL);
  charts_value_free(list);
}

static void columns_and_frames_are_written_as_lists(void **state) {
  (void)state;
  const double numbers[] = {1.5, NAN, INFINITY};
  const int32_t truths[] = {1, 0, INT32_MIN};
  charts_column logical = {
      .memory = truths, .count = 3, .type = CHARTS_INT32, .logical = true, .has_missing = true, .missing = INT32_MIN};
  assert_json_freed(charts_column_of(numbers, 3), "[1.5,null,null]");
  assert_json_freed(charts_column_new(&logical), "[true,false,null]");
  charts_value *frame = charts_frame();
  charts_value *labels = charts_list();
  charts_list_add(labels, charts_text("a"));
  charts_list_add(labels, charts_text("b"));
  charts_frame_add(frame, "label", labels);
  charts_frame_add(frame, NULL, charts_column_of(numbers, 2));
  assert_json_freed(frame, "[[\"a\",1.5],[\"b\",null]]");
  assert_json_freed(charts_handle(5), "null");
}

/* ---- Columns of every type ---- */

static void columns_of_every_type_are_read(void **state) {
  (void)state;
  const double f64[] = {1, -2};
  const float f32[] = {1, -2};
  const int8_t i8[] = {1, -2};
  const int16_t i16[] = {1, -2};
  const int32_t i32[] = {1, -2};
  const int64_t i64[] = {1, -2};
  const uint8_t u8[] = {1, 254};
  const uint16_t u16[] = {1, 65534};
  const uint32_t u32[] = {1, 4294967294u};
  const uint64_t u64[] = {1, 1ull << 50};
  const struct {
    const void *memory;
    charts_type type;
    double second;
  } known[] = {
      {f64, CHARTS_FLOAT64, -2},
      {f32, CHARTS_FLOAT32, -2},
      {i8, CHARTS_INT8, -2},
      {i16, CHARTS_INT16, -2},
      {i32, CHARTS_INT32, -2},
      {i64, CHARTS_INT64, -2},
      {u8, CHARTS_UINT8, 254},
      {u16, CHARTS_UINT16, 65534},
      {u32, CHARTS_UINT32, 4294967294.0},
      {u64, CHARTS_UINT64, 1125899906842624.0},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    charts_column column = {.memory = known[i].memory, .count = 2, .type = known[i].type};
    charts_value *value = charts_column_new(&column);
    assert_int_equal(charts_value_count(value), 2);
    assert_true(charts_column_number(charts_value_column(value), 0) == 1);
    assert_true(charts_column_number(charts_value_column(value), 1) == known[i].second);
    assert_true(isnan(charts_column_number(charts_value_column(value), 2)));
    charts_value_free(value);
  }
}

static void strides_and_missing_numbers_are_obeyed(void **state) {
  (void)state;
  const struct {
    char pad;
    double number;
  } rows[] = {{0, 1}, {0, 2}, {0, 3}};
  charts_column forwards = {.memory = &rows[0].number, .count = 3, .stride = sizeof rows[0], .type = CHARTS_FLOAT64};
  charts_column backwards = {
      .memory = &rows[2].number, .count = 3, .stride = -(ptrdiff_t)sizeof rows[0], .type = CHARTS_FLOAT64};
  assert_json_freed(charts_column_new(&forwards), "[1,2,3]");
  assert_json_freed(charts_column_new(&backwards), "[3,2,1]");
  const int32_t integers[] = {7, INT32_MIN, -1};
  charts_column missing = {
      .memory = integers, .count = 3, .type = CHARTS_INT32, .has_missing = true, .missing = INT32_MIN};
  assert_json_freed(charts_column_new(&missing), "[7,null,-1]");
  char bytes[1 + 2 * sizeof(double)] = {0};
  const double numbers[] = {4, 5};
  memcpy(bytes + 1, numbers, sizeof numbers);
  charts_column crooked = {.memory = bytes + 1, .count = 2, .type = CHARTS_FLOAT64};
  assert_json_freed(charts_column_new(&crooked), "[4,5]");
}

static void an_owned_column_is_filled_in(void **state) {
  (void)state;
  double *numbers = NULL;
  charts_value *column = charts_column_make(3, &numbers);
  for (int i = 0; i < 3; i++)
    numbers[i] = i;
  assert_json_freed(column, "[0,1,2]");
  assert_null(charts_column_make(SIZE_MAX, &numbers));
}

static void times_become_milliseconds(void **state) {
  (void)state;
  assert_true(value_milliseconds(CHARTS_TIME_NONE, 5) == 5);
  assert_true(value_milliseconds(CHARTS_TIME_MS, 1147651200000.25) == 1147651200000.25);
  assert_true(value_milliseconds(CHARTS_TIME_S, 1147651200.1) == 1147651200100);
  assert_true(value_milliseconds(CHARTS_TIME_DAYS, 13283) == 1147651200000);
  assert_true(value_milliseconds(CHARTS_TIME_DAYS, -1) == -86400000);
  assert_true(value_milliseconds(CHARTS_TIME_DATENUM, 719529) == 0);
  assert_true(value_milliseconds(CHARTS_TIME_DATENUM, 732812.5) == 1147694400000);
  assert_true(isnan(value_milliseconds(CHARTS_TIME_S, NAN)));
}

static void plain_copies_are_what_json_knows(void **state) {
  (void)state;
  const double seconds[] = {1, 2};
  charts_column time = {.memory = seconds, .count = 2, .type = CHARTS_FLOAT64, .time = CHARTS_TIME_S};
  charts_column moment = {.memory = seconds, .count = 1, .type = CHARTS_FLOAT64, .time = CHARTS_TIME_S};
  charts_value *record = charts_record();
  charts_record_set(record, "times", charts_column_new(&time));
  charts_record_set(record, "moment", charts_column_new(&moment));
  charts_value *copy = value_plain(record);
  charts_value_free(record);
  assert_int_equal(charts_value_kind(charts_value_get(copy, "times")), CHARTS_LIST);
  assert_int_equal(charts_value_kind(charts_value_get(copy, "moment")), CHARTS_NUMBER);
  assert_json_freed(copy, "{\"moment\":1000,\"times\":[1000,2000]}");
}

/* ---- Scalars ---- */

static void accessors_of_the_wrong_kind_give_nothing(void **state) {
  (void)state;
  charts_value *text = charts_text("a");
  assert_true(charts_value_number(text) == 0);
  assert_false(charts_value_boolean(text));
  assert_int_equal(charts_value_handle(text), 0);
  assert_int_equal(charts_value_count(text), 0);
  assert_null(charts_value_at(text, 0));
  assert_null(charts_value_key(text, 0));
  assert_null(charts_value_get(text, "a"));
  assert_null(charts_value_column(text));
  assert_int_equal(charts_value_kind(NULL), CHARTS_NULL);
  size_t length = 7;
  assert_null(charts_value_text(NULL, &length));
  assert_int_equal(length, 0);
  charts_value_free(text);
  charts_value_free(NULL);
}

static void one_is_as_good_as_a_list_of_one(void **state) {
  (void)state;
  const double number = 7;
  const int32_t yes = 1;
  const int32_t missing = INT32_MIN;
  charts_column logical = {.memory = &yes, .count = 1, .type = CHARTS_INT32, .logical = true};
  charts_column absent = {
      .memory = &missing, .count = 1, .type = CHARTS_INT32, .logical = true, .has_missing = true, .missing = INT32_MIN};
  charts_value *list = charts_list();
  charts_list_add(list, charts_text("x"));
  charts_value *column = charts_column_of(&number, 1);
  charts_value *truth = charts_column_new(&logical);
  charts_value *na = charts_column_new(&absent);
  double got = 0;
  bool is = false;
  const char *text = NULL;
  size_t length = 0;
  assert_true(value_as_number(column, &got));
  assert_true(got == 7);
  assert_false(value_as_number(truth, &got));
  assert_true(value_as_boolean(truth, &is));
  assert_true(is);
  assert_false(value_as_boolean(column, &is));
  assert_false(value_as_boolean(na, &is));
  assert_true(value_as_text(list, &text, &length));
  assert_string_equal(text, "x");
  charts_list_add(list, charts_text("y"));
  assert_false(value_as_text(list, &text, NULL));
  assert_false(value_as_number(NULL, &got));
  charts_value_free(list);
  charts_value_free(column);
  charts_value_free(truth);
  charts_value_free(na);
}

/* ---- Checks ---- */

static void assert_check(charts_value *value, charts_status status, const char *message) {
  charts_error error = {0};
  assert_int_equal(value_check(value, "series", &error), status);
  if (message != NULL)
    assert_string_equal(error.message, message);
  charts_value_free(value);
}

static charts_value *within(charts_value *item) {
  charts_value *record = charts_record();
  charts_value *list = charts_list();
  charts_list_add(list, charts_number(1));
  charts_list_add(list, item);
  charts_record_set(record, "data", list);
  return record;
}

static void integers_are_never_rounded(void **state) {
  (void)state;
  const int64_t edge = INT64_C(1) << 53;
  assert_check(within(charts_integer(edge)), CHARTS_OK, NULL);
  assert_check(within(charts_integer(-edge)), CHARTS_OK, NULL);
  assert_check(
      within(charts_integer(edge + 1)), CHARTS_ARGUMENT,
      "series.data.2: the integer 9007199254740993 cannot be kept exactly; expected one between -2^53 and 2^53");
  assert_check(charts_integer(INT64_MIN), CHARTS_ARGUMENT, NULL);
}

static void a_member_given_twice_is_named(void **state) {
  (void)state;
  charts_value *record = charts_record();
  charts_record_set(record, "a", charts_null());
  charts_record_set(record, "b", charts_null());
  charts_record_set(record, "a", charts_null());
  assert_false(value_failed(record));
  assert_check(record, CHARTS_NAME, "series: a is given twice");
  record = charts_record();
  charts_record_push(record, charts_null());
  charts_record_push(record, charts_null());
  assert_check(record, CHARTS_OK, NULL);
}

static void text_must_be_utf8(void **state) {
  (void)state;
  charts_value *value = within(charts_text("\xFF"));
  assert_true(value_failed(value));
  assert_check(value, CHARTS_NAME, "series.data.2: expected text in UTF-8");
  charts_value *record = charts_record();
  charts_record_set(record, "\xC0\x80", charts_null());
  assert_check(record, CHARTS_NAME, NULL);
}

static void a_null_item_fails_the_whole(void **state) {
  (void)state;
  charts_value *value = within(NULL);
  assert_true(value_failed(value));
  assert_true(value_failed(NULL));
  assert_check(value, CHARTS_MEMORY, NULL);
  charts_list_add(NULL, charts_number(1));
  charts_record_set(NULL, "a", charts_number(1));
  charts_frame_add(NULL, "a", charts_number(1));
}

static void depth_is_bounded(void **state) {
  (void)state;
  charts_value *value = charts_list();
  for (int i = 0; i < 5000; i++) {
    charts_value *outer = charts_list();
    charts_list_add(outer, value);
    value = outer;
    if (value_failed(value))
      break;
  }
  assert_true(value_failed(value));
  assert_check(value, CHARTS_LIMIT, NULL);
}

/* ---- Copies and changes ---- */

static void copies_own_everything(void **state) {
  (void)state;
  double numbers[] = {1, 2};
  char zone[] = "Europe/Berlin";
  charts_column column = {.memory = numbers, .count = 2, .type = CHARTS_FLOAT64, .time = CHARTS_TIME_MS, .zone = zone};
  charts_value *list = charts_list();
  charts_list_add(list, charts_column_new(&column));
  charts_list_add(list, parsed("{\"a\":[true,null,\"x\"]}"));
  charts_value *copy = value_copy(list);
  charts_value_free(list);
  numbers[0] = 9;
  memset(zone, 'x', sizeof zone);
  const charts_column *copied = charts_value_column(charts_value_at(copy, 0));
  assert_string_equal(copied->zone, "Europe/Berlin");
  assert_int_equal(copied->time, CHARTS_TIME_MS);
  assert_json_freed(copy, "[[1,2],{\"a\":[true,null,\"x\"]}]");
  assert_null(value_copy(NULL));
}

static void records_are_changed_by_key(void **state) {
  (void)state;
  charts_value *record = parsed("{\"a\":1,\"b\":2}");
  value_replace(record, "a", charts_text("x"));
  value_replace(record, "c", charts_boolean(true));
  assert_json(record, "{\"a\":\"x\",\"b\":2,\"c\":true}");
  assert_true(value_remove(record, "b"));
  assert_false(value_remove(record, "b"));
  assert_json_freed(record, "{\"a\":\"x\",\"c\":true}");
}

static void merging_goes_member_by_member(void **state) {
  (void)state;
  static const char *const known[][3] = {
      {"{\"a\":{\"b\":1,\"c\":[1,2]},\"d\":1}", "{\"a\":{\"b\":2,\"e\":3},\"f\":4}",
       "{\"a\":{\"b\":2,\"c\":[1,2],\"e\":3},\"d\":1,\"f\":4}"},
      {"{\"a\":[1,2,3]}", "{\"a\":[4]}", "{\"a\":[4]}"},
      {"{\"a\":{\"b\":1}}", "{\"a\":5}", "{\"a\":5}"},
      {"{\"a\":5}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}"},
      {"{\"a\":5}", "{\"a\":null}", "{\"a\":null}"},
      {"{}", "{}", "{}"},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    charts_value *base = parsed(known[i][0]);
    charts_value *over = parsed(known[i][1]);
    assert_json_freed(value_merge(base, over), known[i][2]);
    assert_json(base, known[i][0]);
    charts_value_free(base);
    charts_value_free(over);
  }
}

static void equality_is_that_of_the_text(void **state) {
  (void)state;
  charts_value *one = parsed("{\"a\":1,\"b\":[2]}");
  charts_value *other = parsed("{\"b\":[2],\"a\":1.0}");
  charts_value *third = parsed("{\"b\":[2],\"a\":2}");
  assert_true(value_equal(one, other));
  assert_false(value_equal(one, third));
  charts_value_free(one);
  charts_value_free(other);
  charts_value_free(third);
}

static size_t count_down(void *context, double *block, size_t room) {
  int *left = context;
  size_t count = 0;
  while (count<room && * left> 0)
    block[count++] = (*left)--;
  return count;
}

static void readers_give_blocks(void **state) {
  (void)state;
  int left = 5;
  double block[3];
  charts_value *reader = charts_reader(count_down, &left);
  assert_int_equal(value_reader_read(reader, block, 3), 3);
  assert_true(block[0] == 5);
  assert_int_equal(value_reader_read(reader, block, 3), 2);
  assert_int_equal(value_reader_read(reader, block, 3), 0);
  charts_value_free(reader);
  assert_int_equal(value_reader_read(NULL, block, 3), 0);
}

static void begin_at_seven(void *context) {
  *(int *)context = 7;
}

static void readers_say_what_they_give(void **state) {
  (void)state;
  int left = 5;
  double block[4];
  char zone[] = "Europe/Oslo";
  charts_reader_source source = {.read = count_down,
                                 .restart = begin_at_seven,
                                 .context = &left,
                                 .width = 2,
                                 .count = 3,
                                 .time = CHARTS_TIME_DAYS,
                                 .zone = zone};
  charts_value *reader = charts_reader_new(&source);
  charts_value *copy = value_copy(reader);
  zone[0] = '\0';
  assert_int_equal(value_reader_width(copy), 2);
  assert_int_equal(value_reader_count(copy), 3);
  assert_int_equal(value_column_count(copy), 3);
  assert_int_equal(value_column_time(copy), CHARTS_TIME_DAYS);
  assert_string_equal(value_column_zone(copy), "Europe/Oslo");
  assert_true(value_reader_restarts(copy));
  for (int i = 0; i < 2; i++) { /* each copy begins anew, and goes on from there */
    const charts_value *one = i == 0 ? reader : copy;
    assert_int_equal(value_reader_read(one, block, 4), 4);
    assert_true(block[0] == 7);
    assert_int_equal(value_reader_read(one, block, 4), 3);
    assert_true(block[0] == 3);
  }
  charts_value_free(copy);
  charts_value_free(reader);
  reader = charts_reader(count_down, &left);
  assert_int_equal(value_reader_width(reader), 1);
  assert_true(value_reader_count(reader) == SIZE_MAX);
  assert_false(value_reader_restarts(reader));
  assert_null(value_column_zone(reader));
  charts_value_free(reader);
  charts_value *column = charts_column_of(block, 4);
  assert_int_equal(value_reader_width(column), 0);
  assert_int_equal(value_reader_count(column), 0);
  assert_int_equal(value_column_count(column), 4);
  assert_int_equal(value_column_time(NULL), CHARTS_TIME_NONE);
  charts_value_free(column);
}

/* ---- Memory ---- */

static void a_reader_survives_the_end_of_memory(void **state) {
  (void)state;
  charts_reader_source source = {.read = count_down, .width = 1, .count = 1, .zone = "UTC"};
  charts_value *reader = NULL;
  long successes = 0;
  for (; reader == NULL; successes++) {
    memory_fail_after(successes, false);
    reader = charts_reader_new(&source);
    memory_fail_after(-1, false);
  }
  assert_int_equal(successes, 4);
  charts_value_free(reader);
}

static void parsing_survives_the_end_of_memory(void **state) {
  (void)state;
  const char *text = "{\"a\":[1,2,{\"b\":\"text\"}],\"c\":{\"d\":null,\"e\":true},\"f\":[[],[[]]]}";
  charts_status status = CHARTS_MEMORY;
  long successes = 0;
  for (; status != CHARTS_OK; successes++) {
    charts_value *value = NULL;
    charts_error error = {0};
    memory_fail_after(successes, true);
    status = value_parse(&value, text, strlen(text), &error);
    memory_fail_after(-1, false);
    assert_true(status == CHARTS_OK || status == CHARTS_MEMORY);
    assert_true((value == NULL) == (status != CHARTS_OK));
    charts_value_free(value);
  }
  assert_true(successes > 15);
}

/* Even one single failure, after which memory is there again, must not pass unnoticed. */
static void a_single_failure_is_noticed(void **state) {
  (void)state;
  charts_value *base = parsed("{\"a\":{\"b\":[1,2,\"x\"],\"c\":null},\"d\":true}");
  charts_value *over = parsed("{\"a\":{\"b\":[3],\"z\":{\"y\":1}},\"e\":\"text\"}");
  const char *expected = "{\"a\":{\"b\":[3],\"c\":null,\"z\":{\"y\":1}},\"d\":true,\"e\":\"text\"}";
  long successes = 0;
  for (bool whole = false; !whole; successes++) {
    memory_fail_after(successes, false);
    charts_value *merged = value_merge(base, over);
    charts_value *copy = value_copy(merged);
    charts_value *plain = value_plain(copy);
    memory_fail_after(-1, false);
    if (plain != NULL && !value_failed(plain))
      assert_json(plain, expected);
    whole = merged != NULL && copy != NULL && !value_failed(plain);
    charts_value_free(merged);
    charts_value_free(copy);
    charts_value_free(plain);
    assert_true(successes < 1000);
  }
  charts_value_free(base);
  charts_value_free(over);
}

static void writing_survives_the_end_of_memory(void **state) {
  (void)state;
  charts_value *value =
      parsed("{\"b\":[1,2,{\"z\":1,\"y\":\"text that is long enough to make the buffer grow once\"}]}");
  charts_status status = CHARTS_MEMORY;
  for (long successes = 0; status != CHARTS_OK; successes++) {
    char *text = NULL;
    charts_error error = {0};
    memory_fail_after(successes, false);
    status = charts_value_write(&text, value, &error);
    memory_fail_after(-1, false);
    assert_true((text == NULL) == (status != CHARTS_OK));
    charts_text_free(text);
  }
  charts_value_free(value);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_is_written_canonically),
      cmocka_unit_test(a_key_given_twice_in_json_counts_once),
      cmocka_unit_test(malformed_json_gives_nothing),
      cmocka_unit_test(the_public_text_is_the_callers),
      cmocka_unit_test(columns_and_frames_are_written_as_lists),
      cmocka_unit_test(columns_of_every_type_are_read),
      cmocka_unit_test(strides_and_missing_numbers_are_obeyed),
      cmocka_unit_test(an_owned_column_is_filled_in),
      cmocka_unit_test(times_become_milliseconds),
      cmocka_unit_test(plain_copies_are_what_json_knows),
      cmocka_unit_test(accessors_of_the_wrong_kind_give_nothing),
      cmocka_unit_test(one_is_as_good_as_a_list_of_one),
      cmocka_unit_test(integers_are_never_rounded),
      cmocka_unit_test(a_member_given_twice_is_named),
      cmocka_unit_test(text_must_be_utf8),
      cmocka_unit_test(a_null_item_fails_the_whole),
      cmocka_unit_test(depth_is_bounded),
      cmocka_unit_test(copies_own_everything),
      cmocka_unit_test(records_are_changed_by_key),
      cmocka_unit_test(merging_goes_member_by_member),
      cmocka_unit_test(equality_is_that_of_the_text),
      cmocka_unit_test(readers_give_blocks),
      cmocka_unit_test(readers_say_what_they_give),
      cmocka_unit_test(a_reader_survives_the_end_of_memory),
      cmocka_unit_test(parsing_survives_the_end_of_memory),
      cmocka_unit_test(a_single_failure_is_noticed),
      cmocka_unit_test(writing_survives_the_end_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
