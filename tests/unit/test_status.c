/* Status codes and errors. */
#include "cmocka_all.h"

#include "json.h"
#include "status.h"

#include <errno.h>
#include <string.h>

static void names_are_those_of_the_list(void **state) {
  (void)state;
  assert_string_equal(charts_status_name(CHARTS_OK), "ok");
  assert_string_equal(charts_status_name(CHARTS_NOT_FOUND), "not-found");
  assert_string_equal(charts_status_name(CHARTS_INTERNAL), "internal");
  assert_string_equal(charts_status_name((charts_status)999), "internal");
}

static void names_are_all_different(void **state) {
  (void)state;
#define STATUS_CODE(name, code, id, text) CHARTS_##name,
  static const charts_status all[] = {CHARTS_STATUSES(STATUS_CODE)};
#undef STATUS_CODE
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    assert_int_equal(all[i], (int)i);
    for (size_t j = 0; j < i; j++)
      assert_string_not_equal(charts_status_name(all[i]), charts_status_name(all[j]));
  }
}

static void an_error_holds_status_and_sentence(void **state) {
  (void)state;
  charts_error error = {0};
  assert_int_equal(error_set(&error, CHARTS_TYPE, "%s: expected %d numbers", "x", 2), CHARTS_TYPE);
  assert_int_equal(error.status, CHARTS_TYPE);
  assert_string_equal(error.message, "x: expected 2 numbers");
}

static void no_error_is_asked_for(void **state) {
  (void)state;
  assert_int_equal(error_set(NULL, CHARTS_NAME, "%s", "x"), CHARTS_NAME);
  assert_int_equal(error_memory(NULL), CHARTS_MEMORY);
  assert_int_equal(error_system(NULL, ENOENT, "cannot open", "x"), CHARTS_IO);
}

static void a_system_error_names_what_and_where(void **state) {
  (void)state;
  charts_error error = {0};
  assert_int_equal(error_system(&error, ENOSPC, "cannot write", "stocks/A.json"), CHARTS_IO);
  assert_non_null(strstr(error.message, "cannot write stocks/A.json: "));
  assert_non_null(strstr(error.message, strerror(ENOSPC)));
}

/* A sentence that is too long is cut, but never within a character. */
static void a_long_sentence_is_cut_at_a_character(void **state) {
  (void)state;
  static const char *const letters[] = {"a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x93\x88"};
  for (size_t kind = 0; kind < sizeof letters / sizeof letters[0]; kind++) {
    for (size_t shift = 0; shift < 8; shift++) {
      char text[3000];
      size_t length = shift;
      memset(text, '.', length);
      while (length + 5 < sizeof text) {
        memcpy(text + length, letters[kind], strlen(letters[kind]));
        length += strlen(letters[kind]);
      }
      text[length] = '\0';
      charts_error error = {0};
      (void)error_set(&error, CHARTS_FORMAT, "%s", text);
      size_t kept = strlen(error.message);
      assert_true(kept > sizeof error.message - 5);
      assert_true(kept < sizeof error.message);
      assert_true(utf8_valid(error.message, kept));
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_those_of_the_list),         cmocka_unit_test(names_are_all_different),
      cmocka_unit_test(an_error_holds_status_and_sentence),  cmocka_unit_test(no_error_is_asked_for),
      cmocka_unit_test(a_system_error_names_what_and_where), cmocka_unit_test(a_long_sentence_is_cut_at_a_character),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
