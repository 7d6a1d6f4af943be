/* Options against the vocabulary: coercion, messages, refusals. */
#include "cmocka_all.h"

#include "options.h"

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

static void assert_json(const charts_value *value, const char *expected) {
  char *text = NULL;
  charts_error error = {0};
  assert_int_equal(charts_value_write(&text, value, &error), CHARTS_OK);
  assert_string_equal(text, expected);
  charts_text_free(text);
}

static charts_status check(const char *json, char **written, charts_value *messages, charts_error *error) {
  charts_value *value = parsed(json);
  charts_value *checked = NULL;
  charts_status status = options_check(&checked, value, "options", messages, error);
  *written = NULL;
  if (status == CHARTS_OK) {
    charts_error ignored;
    assert_int_equal(charts_value_write(written, checked, &ignored), CHARTS_OK);
  } else {
    assert_null(checked);
  }
  charts_value_free(checked);
  charts_value_free(value);
  return status;
}

/* Accepted without a word, and coerced to `expected`. */
static void assert_accepts(const char *json, const char *expected) {
  charts_value *messages = charts_list();
  charts_error error = {0};
  char *written = NULL;
  if (check(json, &written, messages, &error) != CHARTS_OK)
    fail_msg("%s: %s", json, error.message);
  assert_string_equal(written, expected);
  if (charts_value_count(messages) > 0)
    fail_msg("%s: %s", json, charts_value_text(charts_value_get(charts_value_at(messages, 0), "text"), NULL));
  charts_text_free(written);
  charts_value_free(messages);
}

/* Kept as it is, with one warning. */
static void assert_warns(const char *json, const char *warning) {
  charts_value *messages = charts_list();
  charts_error error = {0};
  char *written = NULL;
  if (check(json, &written, messages, &error) != CHARTS_OK)
    fail_msg("%s: %s", json, error.message);
  assert_string_equal(written, json);
  assert_int_equal(charts_value_count(messages), 1);
  const charts_value *message = charts_value_at(messages, 0);
  assert_string_equal(charts_value_text(charts_value_get(message, "kind"), NULL), "warning");
  assert_string_equal(charts_value_text(charts_value_get(message, "text"), NULL), warning);
  charts_text_free(written);
  charts_value_free(messages);
}

static void assert_refuses(const char *json, charts_status status, const char *message) {
  charts_error error = {0};
  char *written = NULL;
  assert_int_equal(check(json, &written, NULL, &error), status);
  assert_int_equal(error.status, status);
  assert_string_equal(error.message, message);
}

static void what_is_right_stays(void **state) {
  (void)state;
  assert_accepts("{}", "{}");
  assert_accepts("{\"title\":{\"text\":\"T\"}}", "{\"title\":{\"text\":\"T\"}}");
  assert_accepts("{\"chart\":{\"type\":\"bar\",\"height\":500}}", "{\"chart\":{\"height\":500,\"type\":\"bar\"}}");
  assert_accepts("{\"yAxis\":[{\"title\":{\"text\":\"a\"}},{\"opposite\":true}]}",
                 "{\"yAxis\":[{\"title\":{\"text\":\"a\"}},{\"opposite\":true}]}");
  assert_accepts("{\"yAxis\":{\"min\":0,\"max\":null}}", "{\"yAxis\":{\"max\":null,\"min\":0}}");
  assert_accepts("{\"engine\":{\"anything\":[1,{\"at\":\"all\"}]}}",
                 "{\"engine\":{\"anything\":[1,{\"at\":\"all\"}]}}");
  assert_accepts("{\"plotOptions\":{\"series\":{\"lineWidth\":3}}}",
                 "{\"plotOptions\":{\"series\":{\"lineWidth\":3}}}");
}

static void one_value_is_a_list_of_one(void **state) {
  (void)state;
  assert_accepts("{\"colors\":\"red\"}", "{\"colors\":[\"red\"]}");
  assert_accepts("{\"rangeSelector\":{\"buttons\":{\"type\":\"all\"}}}",
                 "{\"rangeSelector\":{\"buttons\":[{\"type\":\"all\"}]}}");
}

static void a_list_of_one_is_its_value(void **state) {
  (void)state;
  assert_accepts("{\"title\":{\"text\":[\"T\"]}}", "{\"title\":{\"text\":\"T\"}}");
  assert_accepts("{\"chart\":{\"height\":[500]}}", "{\"chart\":{\"height\":500}}");
  assert_refuses("{\"title\":[[{}]]}", CHARTS_TYPE, "options.title: expected a record, got a list");
  assert_refuses("{\"chart\":{\"height\":[500,600]}}", CHARTS_TYPE,
                 "options.chart.height: expected a number, got a list");
}

static void an_empty_list_is_an_empty_record(void **state) {
  (void)state;
  assert_accepts("[]", "{}");
  assert_accepts("{\"title\":[]}", "{\"title\":{}}");
  assert_accepts("{\"xAxis\":[]}", "{\"xAxis\":{}}");
  assert_accepts("{\"colors\":[]}", "{\"colors\":[]}");
  assert_accepts("{\"colors\":{}}", "{\"colors\":[]}");
}

static void null_is_not_given(void **state) {
  (void)state;
  assert_accepts("{\"title\":null,\"legend\":{\"enabled\":null}}", "{\"legend\":{}}");
  assert_accepts("{\"title\":{\"text\":null}}", "{\"title\":{\"text\":null}}");
}

static void wrong_types_are_named(void **state) {
  (void)state;
  assert_refuses("{\"title\":{\"align\":5}}", CHARTS_TYPE,
                 "options.title.align: expected one of left, center, right, got 5");
  assert_refuses("{\"title\":{\"text\":5}}", CHARTS_TYPE, "options.title.text: expected text or null, got a number");
  assert_refuses("{\"title\":\"T\"}", CHARTS_TYPE, "options.title: expected a record, got text");
  assert_refuses("{\"legend\":{\"enabled\":1}}", CHARTS_TYPE,
                 "options.legend.enabled: expected true or false, got a number");
  assert_refuses("{\"legend\":{\"enabled\":\"yes\"}}", CHARTS_TYPE,
                 "options.legend.enabled: expected true or false, got text");
  assert_refuses("{\"colors\":[\"red\",{}]}", CHARTS_TYPE, "options.colors.2: expected text, got a record");
  assert_refuses("{\"yAxis\":[{},{\"title\":{\"text\":true}}]}", CHARTS_TYPE,
                 "options.yAxis.2.title.text: expected text or null, got true or false");
  assert_refuses("{\"yAxis\":3}", CHARTS_TYPE, "options.yAxis.1: expected a record, got a number");
  assert_refuses("5", CHARTS_TYPE, "options: expected a record, got a number");
  assert_refuses("null", CHARTS_TYPE, "options: expected a record, got null");
  assert_refuses("[1]", CHARTS_TYPE, "options: expected a record, got a list");
}

static void values_out_of_reach_are_named(void **state) {
  (void)state;
  assert_refuses("{\"chart\":{\"height\":-5}}", CHARTS_ARGUMENT,
                 "options.chart.height: expected a number of at least 50, got -5");
  assert_refuses("{\"chart\":{\"height\":1e9}}", CHARTS_ARGUMENT,
                 "options.chart.height: expected a number of at most 20000, got 1e+09");
  assert_refuses(
      "{\"legend\":{\"layout\":\"vertcal\"}}", CHARTS_ARGUMENT,
      "options.legend.layout: expected one of horizontal, vertical, got \"vertcal\" (did you mean vertical?)");
}

static void unknown_names_are_kept_and_said(void **state) {
  (void)state;
  assert_warns("{\"titel\":{\"text\":\"T\"}}", "options.titel is not known (did you mean title?)");
  assert_warns("{\"zzzzzz\":1}", "options.zzzzzz is not known and has no effect");
  assert_warns("{\"title\":{\"txet\":\"T\"}}", "options.title.txet is not known (did you mean text?)");
  assert_warns("{\"yAxis\":[{\"titel\":1}]}", "options.yAxis.1.titel is not known (did you mean title?)");
  assert_warns("{\"YAxis\":[]}", "options.YAxis is not known (did you mean yAxis?)");
  assert_warns("{\"<img src=x>\":1}", "options.<img src=x> is not known and has no effect");
}

static void code_is_refused(void **state) {
  (void)state;
  static const char *const message =
      "options.tooltip.pointFormat: holds code (@#function …@#): options are data, and code in them is not run";
  assert_refuses("{\"tooltip\":{\"pointFormat\":\"@#function(){return 1}@#\"}}", CHARTS_REFUSED, message);
  assert_refuses("{\"tooltip\":{\"pointFormat\":\"@#() => 1@#\"}}", CHARTS_REFUSED, message);
  assert_refuses("{\"unknown\":[\"@#function(){}@#\"]}", CHARTS_REFUSED,
                 "options.unknown.1: holds code (@#function …@#): options are data, and code in them is not run");
  assert_accepts("{\"title\":{\"text\":\"mail@#home\"}}", "{\"title\":{\"text\":\"mail@#home\"}}");
  assert_accepts("{\"title\":{\"text\":\"@#\"}}", "{\"title\":{\"text\":\"@#\"}}");
}

/* What R gives: everything is a column, a scalar is one of length 1. */
static void columns_become_plain(void **state) {
  (void)state;
  const double numbers[] = {10, NAN, 30};
  const int32_t truth = 1;
  const double seconds = 1.5;
  charts_column logical = {.memory = &truth, .count = 1, .type = CHARTS_INT32, .logical = true};
  charts_column time = {.memory = &seconds, .count = 1, .type = CHARTS_FLOAT64, .time = CHARTS_TIME_S};
  charts_value *options = charts_record();
  charts_value *chart = charts_record();
  charts_value *legend = charts_record();
  charts_value *axis = charts_record();
  charts_record_set(chart, "height", charts_column_of(&numbers[2], 1));
  charts_record_set(chart, "spacing", charts_column_of(numbers, 1));
  charts_record_set(legend, "enabled", charts_column_new(&logical));
  charts_record_set(axis, "min", charts_column_new(&time));
  charts_record_set(axis, "max", charts_number(INFINITY));
  charts_record_set(options, "legend", legend);
  charts_record_set(options, "xAxis", axis);
  charts_record_set(options, "chart", chart);
  charts_error error = {0};
  charts_value *checked = NULL;
  assert_int_equal(options_check(&checked, options, "options", NULL, &error), CHARTS_ARGUMENT);
  assert_string_equal(error.message, "options.chart.height: expected a number of at least 50, got 30");
  const double height = 300;
  value_replace(chart, "height", charts_column_of(&height, 1));
  value_replace(chart, "margin", charts_column_of(numbers, 3));
  assert_int_equal(options_check(&checked, options, "options", NULL, &error), CHARTS_OK);
  assert_json(checked,
              "{\"chart\":{\"height\":300,\"margin\":[10,null,30],\"spacing\":10},\"legend\":{\"enabled\":true},"
              "\"xAxis\":{\"max\":null,\"min\":1500}}");
  assert_int_equal(charts_value_kind(charts_value_get(charts_value_get(checked, "chart"), "margin")), CHARTS_LIST);
  charts_value_free(checked);
  charts_value_free(options);
}

static void what_is_no_data_is_refused(void **state) {
  (void)state;
  charts_value *options = charts_record();
  charts_record_set(options, "title", charts_handle(1));
  charts_error error = {0};
  charts_value *checked = NULL;
  assert_int_equal(options_check(&checked, options, "options", NULL, &error), CHARTS_TYPE);
  assert_string_equal(error.message, "options.title: expected data, got a chart");
  charts_value_free(options);
  options = charts_record();
  charts_record_push(options, charts_number(1));
  assert_int_equal(options_check(&checked, options, "options", NULL, &error), CHARTS_ARGUMENT);
  assert_string_equal(error.message, "options: expected a name for each value; value 1 has none");
  charts_value_free(options);
  options = charts_record();
  charts_record_set(options, "title", charts_record());
  charts_record_set(options, "title", charts_record());
  assert_int_equal(options_check(&checked, options, "options", NULL, &error), CHARTS_NAME);
  charts_value_free(options);
}

static void depth_and_size_are_bounded(void **state) {
  (void)state;
  char deep[512] = "{\"engine\":{\"a\":";
  size_t length = strlen(deep);
  for (int i = 0; i < 60; i++)
    deep[length++] = '[';
  for (int i = 0; i < 60; i++)
    deep[length++] = ']';
  (void)snprintf(deep + length, sizeof deep - length, "}}");
  assert_accepts(deep, deep);
  (void)snprintf(deep, sizeof deep, "{\"engine\":{\"a\":");
  length = strlen(deep);
  for (int i = 0; i < 61; i++)
    deep[length++] = '[';
  for (int i = 0; i < 61; i++)
    deep[length++] = ']';
  (void)snprintf(deep + length, sizeof deep - length, "}}");
  assert_refuses(deep, CHARTS_LIMIT, "options: expected at most 62 levels of lists and records");
  double *numbers = NULL;
  charts_value *options = charts_record();
  charts_record_set(options, "engine", charts_column_make(200000, &numbers));
  memset(numbers, 0, 200000 * sizeof *numbers);
  charts_error error = {0};
  charts_value *checked = NULL;
  assert_int_equal(options_check(&checked, options, "options", NULL, &error), CHARTS_LIMIT);
  charts_value_free(options);
}

static void series_have_their_own_names(void **state) {
  (void)state;
  charts_value *attributes = parsed("{\"type\":\"area\",\"colour\":\"red\",\"lineWidth\":[2]}");
  charts_value *messages = charts_list();
  charts_value *checked = NULL;
  charts_error error = {0};
  assert_int_equal(options_check_series(&checked, attributes, "AAPL", messages, &error), CHARTS_OK);
  assert_json(checked, "{\"colour\":\"red\",\"lineWidth\":2,\"type\":\"area\"}");
  assert_json(messages, "[{\"kind\":\"warning\",\"text\":\"AAPL.colour is not known (did you mean color?)\"}]");
  charts_value_free(checked);
  charts_value_free(messages);
  charts_value_free(attributes);
  attributes = parsed("{\"type\":\"lin\"}");
  assert_int_equal(options_check_series(&checked, attributes, "AAPL", NULL, &error), CHARTS_ARGUMENT);
  assert_non_null(strstr(error.message, "AAPL.type: expected one of line, "));
  assert_non_null(strstr(error.message, "got \"lin\" (did you mean line?)"));
  charts_value_free(attributes);
}

static void types_and_names_are_known(void **state) {
  (void)state;
  const char *nearest = NULL;
  assert_true(options_type_known("line", NULL));
  assert_true(options_type_known("candlestick", &nearest));
  assert_false(options_type_known("candelstick", &nearest));
  assert_string_equal(nearest, "candlestick");
  assert_false(options_type_known("", &nearest));
  assert_null(nearest);
  assert_true(options_name_known("title"));
  assert_false(options_name_known("titel"));
}

static void near_names_are_found(void **state) {
  (void)state;
  static const char *const names[] = {"series", "options", "name", "type", "height", "show", "save", "display", NULL};
  static const struct {
    const char *word;
    int place;
  } known[] = {
      {"serie", 0},
      {"sereis", 0},
      {"optoins", 1},
      {"nam", 2},
      {"NAME", 2},
      {"typ", 3},
      {"heigth", 4},
      {"hieght", 4},
      {"shwo", 5},
      {"save", 6},
      {"disply", 7},
      {"", -1},
      {"x", -1},
      {"zzz", -1},
      {"inline", -1},
      {"hi", -1},
      {"seriesseriesseriesseriesseriesseriesseriesseriesseriesseriesseriesseries", -1},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    assert_int_equal(nearest_name(known[i].word, names), known[i].place);
  static const char *const none[] = {NULL};
  assert_int_equal(nearest_name("a", none), -1);
}

static void messages_are_cut_at_a_character(void **state) {
  (void)state;
  char text[3000];
  for (size_t i = 0; i + 3 < sizeof text; i += 3)
    memcpy(text + i, "\xE2\x82\xAC", 4);
  charts_value *messages = charts_list();
  message_add(messages, MESSAGE_NOTE, ".%s", text);
  message_add(NULL, MESSAGE_NOTE, "dropped");
  assert_false(value_failed(messages));
  assert_string_equal(charts_value_text(charts_value_get(charts_value_at(messages, 0), "kind"), NULL), "note");
  charts_value_free(messages);
}

/* Every allocation fails once: an error and no leak, never a wrong answer. */
static void memory_may_end_anywhere(void **state) {
  (void)state;
  charts_value *options = parsed(
      "{\"chart\":{\"type\":\"bar\"},\"colors\":\"red\",\"titel\":1,\"yAxis\":[{\"title\":{\"text\":[\"a\"]}}]}");
  long last = 0;
  for (long successes = 0;; successes++) {
    charts_value *messages = charts_list();
    charts_value *checked = NULL;
    charts_error error = {0};
    memory_fail_after(successes, false);
    charts_status status = options_check(&checked, options, "options", messages, &error);
    memory_fail_after(-1, false);
    bool whole = status == CHARTS_OK && !value_failed(messages);
    if (status != CHARTS_OK) {
      assert_int_equal(status, CHARTS_MEMORY);
      assert_null(checked);
    }
    charts_value_free(checked);
    charts_value_free(messages);
    last = successes;
    if (whole)
      break;
  }
  assert_true(last > 20);
  charts_value_free(options);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_may_end_anywhere), /* first: the schema is not parsed yet */
      cmocka_unit_test(what_is_right_stays),
      cmocka_unit_test(one_value_is_a_list_of_one),
      cmocka_unit_test(a_list_of_one_is_its_value),
      cmocka_unit_test(an_empty_list_is_an_empty_record),
      cmocka_unit_test(null_is_not_given),
      cmocka_unit_test(wrong_types_are_named),
      cmocka_unit_test(values_out_of_reach_are_named),
      cmocka_unit_test(unknown_names_are_kept_and_said),
      cmocka_unit_test(code_is_refused),
      cmocka_unit_test(columns_become_plain),
      cmocka_unit_test(what_is_no_data_is_refused),
      cmocka_unit_test(depth_and_size_are_bounded),
      cmocka_unit_test(series_have_their_own_names),
      cmocka_unit_test(types_and_names_are_known),
      cmocka_unit_test(near_names_are_found),
      cmocka_unit_test(messages_are_cut_at_a_character),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
