/* Which program is opened, and with what. The program is a script that writes its arguments into a pipe file. */
#include "scratch.h"

#include "browser.h"
#include "buffer.h"
#include "program.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

static char said[8192];
/* Set: poll fails, and the first nap lets go who waits for a writer of this pipe file. */
static const char *waited_for;

/* In the place of the C library's. */
int poll(struct pollfd *items, nfds_t count, int wait) {
  struct timespec most = {wait / 1000, wait % 1000 * 1000000L};
  if (waited_for == NULL)
    return ppoll(items, count, wait < 0 ? NULL : &most, NULL);
  errno = ENOMEM;
  return -1;
}

int nanosleep(const struct timespec *nap, struct timespec *rest) {
  int writer = waited_for != NULL ? open(waited_for, O_WRONLY | O_NONBLOCK | O_CLOEXEC) : -1;
  if (writer >= 0)
    (void)close(writer);
  return clock_nanosleep(CLOCK_MONOTONIC, 0, nap, rest) == 0 ? 0 : -1;
}

static int begin(void **state) {
  static const char *const names[] = {"CHARTS_BROWSER", "BROWSER", "CHARTS_OPEN", "DISPLAY", "WAYLAND_DISPLAY"};
  char script[8192];
  if (scratch_make(state) != 0)
    return -1;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    (void)unsetenv(names[i]);
  (void)snprintf(script, sizeof script, "#!/bin/sh\nprintf '%%s\\n' \"$@\" > '%s/pipe'\n", scratch_folder);
  static const char *const programs[] = {"recorder", "chromium-test", "firefox-test"};
  for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
    scratch_write_text(programs[i], script);
    (void)chmod(scratch_path(programs[i]), 0700);
  }
  return mkfifo(scratch_path("pipe"), 0600) == 0 ? setenv("XDG_RUNTIME_DIR", scratch_folder, 1) : -1;
}

static void use(const char *variable, const char *program) {
  char command[8192];
  (void)snprintf(command, sizeof command, "%s/%s", scratch_folder, program);
  assert_int_equal(setenv(variable, command, 1), 0);
}

/* What the program was called with, a line each. Opening waits for it. */
static const char *arguments(void) {
  size_t length = 0;
  ssize_t got;
  int from = open(scratch_path("pipe"), O_RDONLY | O_CLOEXEC);
  assert_true(from >= 0);
  while ((got = read(from, said + length, sizeof said - 1 - length)) > 0)
    length += (size_t)got;
  close(from);
  said[length] = 0;
  return said;
}

static void a_private_file_leads_to_the_address(void **state) {
  (void)state;
  charts_error error;
  struct stat status;
  char text[4096] = "";
  use("CHARTS_BROWSER", "recorder");
  assert_int_equal(browser_open("http://127.0.0.1:1/stocks/#t=secret&v=1", BROWSER_TAB, &error), CHARTS_OK);
  char *path = strtok((char *)(uintptr_t)arguments(), "\n");
  assert_non_null(path);
  assert_null(strstr(path, "secret"));
  assert_int_equal(stat(path, &status), 0);
  assert_int_equal(status.st_mode & 0777, 0600);
  FILE *page = fopen(path, "r");
  assert_non_null(page);
  assert_true(fread(text, 1, sizeof text - 1, page) > 0);
  assert_int_equal(fclose(page), 0);
  assert_non_null(strstr(text, "url=http://127.0.0.1:1/stocks/#t=secret&amp;v=1\""));
}

static void the_address_itself_when_asked(void **state) {
  (void)state;
  charts_error error;
  assert_int_equal(setenv("CHARTS_OPEN", "url", 1), 0);
  use("BROWSER", "nothing:/also/nothing"); /* a list: the first that exists */
  char list[8192];
  (void)snprintf(list, sizeof list, "/nothing:%s/recorder --flag %%s end", scratch_folder);
  assert_int_equal(setenv("BROWSER", list, 1), 0);
  assert_int_equal(browser_open("http://x/#t=1", BROWSER_TAB, &error), CHARTS_OK);
  assert_string_equal(arguments(), "--flag\nhttp://x/#t=1\nend\n");
}

static void a_window_of_its_own(void **state) {
  (void)state;
  charts_error error;
  assert_int_equal(setenv("CHARTS_OPEN", "url", 1), 0);
  use("CHARTS_BROWSER", "chromium-test");
  assert_int_equal(browser_open("http://x/", BROWSER_WINDOW, &error), CHARTS_OK);
  assert_string_equal(arguments(), "--app=http://x/\n");
  use("CHARTS_BROWSER", "firefox-test");
  assert_int_equal(browser_open("http://x/", BROWSER_WINDOW, &error), CHARTS_OK);
  assert_string_equal(arguments(), "--new-window\nhttp://x/\n");
  use("CHARTS_BROWSER", "recorder");
  assert_int_equal(browser_open("http://x/", BROWSER_WINDOW, &error), CHARTS_OK);
  assert_string_equal(arguments(), "http://x/\n");
  assert_int_equal(unsetenv("CHARTS_OPEN"), 0);
  use("CHARTS_BROWSER", "chromium-test");
  assert_int_equal(browser_open("http://x/", BROWSER_WINDOW, &error), CHARTS_OK);
  assert_memory_equal(arguments(), "--new-window\n/", 14);
}

static void no_browser_is_said_with_the_way_round(void **state) {
  (void)state;
  charts_error error;
  assert_int_equal(browser_open("http://127.0.0.1:4711/", BROWSER_TAB, &error), CHARTS_NOT_FOUND);
  assert_non_null(strstr(error.message, "ssh -L 4711:127.0.0.1:4711 "));
  use("CHARTS_BROWSER", "missing");
  assert_int_equal(browser_open("http://127.0.0.1:4711/", BROWSER_TAB, &error), CHARTS_NOT_FOUND);
}

/* Memory that is out is not "no browser": what a list names may be there. */
static void memory_that_is_out_is_said(void **state) {
  (void)state;
  charts_error error;
  char path[8192];
  (void)snprintf(path, sizeof path, "%s", getenv("PATH"));
  assert_int_equal(setenv("BROWSER", "missing-one:missing-two", 1), 0);
  assert_int_equal(setenv("PATH", "/nowhere:/nothing", 1), 0);
  charts_status found[8];
  for (long n = 0; n < 8; n++) {
    memory_fail_after(n, false);
    found[n] = browser_open("http://127.0.0.1:4711/", BROWSER_TAB, &error);
    memory_fail_after(-1, false);
  }
  assert_int_equal(setenv("PATH", path, 1), 0);
  for (long n = 0; n < 8; n++) /* of each of the two: its words, and two places */
    assert_int_equal(found[n], n < 6 ? CHARTS_MEMORY : CHARTS_NOT_FOUND);
}

/* The system has no memory to tell when the program ends: it is looked for, and not said to be late. */
static void an_end_that_nothing_tells_of_is_found(void **state) {
  (void)state;
  charts_error error;
  int exit_status = 0;
  char pipe[8192];
  (void)snprintf(pipe, sizeof pipe, "%s", scratch_path("pipe"));
  const char *const arguments[] = {"/bin/sh", "-c", "read line < \"$0\"; exit 3", pipe, NULL};
  waited_for = pipe;
  charts_status status = program_run(&exit_status, NULL, arguments, 60000, &error);
  waited_for = NULL;
  int both = open(pipe, O_RDWR | O_CLOEXEC); /* else it would wait there for ever */
  assert_true(both >= 0);
  (void)close(both);
  assert_int_equal(status, CHARTS_OK);
  assert_int_equal(exit_status, 3);
}

int main(void) {
#define ROW(test) cmocka_unit_test_setup_teardown(test, begin, scratch_remove)
  const struct CMUnitTest tests[] = {ROW(a_private_file_leads_to_the_address),
                                     ROW(the_address_itself_when_asked),
                                     ROW(a_window_of_its_own),
                                     ROW(no_browser_is_said_with_the_way_round),
                                     ROW(memory_that_is_out_is_said),
                                     ROW(an_end_that_nothing_tells_of_is_found)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
