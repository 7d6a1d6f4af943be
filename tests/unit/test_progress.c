/* How far a long write has come, told by a clock that the test turns. */
#include "cmocka_all.h"

#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double turned;
static char said[1024];

static double now(void) {
  return turned;
}

static void say(void *context, const char *text) {
  (void)snprintf(said + strlen(said), sizeof said - strlen(said), "%s%s\n", (const char *)context,
                 text != NULL ? text : "(nothing)");
}

static progress begin(const char *path) {
  progress of;
  static char context[] = "> ";
  said[0] = '\0';
  turned = 100;
  progress_begin(&of, path, say, context);
  of.now = now;
  of.began = now();
  return of;
}

static void note_at(progress *of, double seconds, const char *name, double fraction) {
  turned = 100 + seconds;
  progress_note(of, name, fraction);
}

static void a_short_write_says_nothing(void **state) {
  (void)state;
  progress of = begin("/home/stocks");
  note_at(&of, 0, "AAPL", 0);
  note_at(&of, 1.9, "AAPL", 0.9);
  progress_end(&of);
  assert_string_equal(said, "");
}

static void a_long_one_says_how_far_it_is_five_times_a_second(void **state) {
  (void)state;
  progress of = begin("/home/stocks");
  for (int i = 0; i < 24; i++)
    note_at(&of, 1.5 + i / 16.0, "AAPL", i / 24.0);
  note_at(&of, 3, "a/b", (double)NAN);
  progress_end(&of);
  assert_string_equal(said, "> Writing stocks/AAPL.json: 33 %\n> Writing stocks/AAPL.json: 50 %\n"
                            "> Writing stocks/AAPL.json: 66 %\n> Writing stocks/AAPL.json: 83 %\n"
                            "> Writing stocks/a%2Fb.json\n> (nothing)\n");
  progress_end(&of);
  assert_null(strstr(said, "(nothing)\n> (nothing)"));
}

static void the_text_is_one_line(void **state) {
  (void)state;
  progress of = begin("/home/a\033[2J");
  note_at(&of, 2, "0123456789012345678901234567890123456789012345678901234567äöü", 1);
  assert_string_equal(said, "> Writing a?[2J/0123456789012345678901234567890123456789012345678901234567ä…: 100 %\n");
}

static void quiet_and_nobody_are_obeyed(void **state) {
  (void)state;
  progress of;
  progress_begin(&of, "/d", NULL, NULL);
  of.now = now;
  note_at(&of, 1e9, "A", 0.5);
  progress_end(&of);
  assert_int_equal(setenv("CHARTS_QUIET", "1", 1), 0);
  of = begin("/d");
  note_at(&of, 10, "A", 0.5);
  progress_end(&of);
  assert_int_equal(unsetenv("CHARTS_QUIET"), 0);
  assert_string_equal(said, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_short_write_says_nothing),
      cmocka_unit_test(a_long_one_says_how_far_it_is_five_times_a_second),
      cmocka_unit_test(the_text_is_one_line),
      cmocka_unit_test(quiet_and_nobody_are_obeyed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
