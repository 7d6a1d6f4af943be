/* The server file: who holds it, who reads it. */
#include "scratch.h"

#include "serverfile.h"

#include <sys/wait.h>

static int begin(void **state) {
  if (scratch_make(state) != 0)
    return -1;
  return setenv("XDG_RUNTIME_DIR", scratch_folder, 1);
}

static void nobody_is_there_at_first(void **state) {
  (void)state;
  charts_error error;
  serverfile found;
  assert_int_equal(serverfile_read(&found, "/some/folder", &error), CHARTS_NOT_FOUND);
}

static void what_is_held_is_found(void **state) {
  (void)state;
  charts_error error;
  serverfile found = {0};
  serverfile content = {.port = 4711, .pid = 42, .token = "abc"};
  int lock;
  int other;
  assert_int_equal(serverfile_hold(&lock, "/some/folder", &error), CHARTS_OK);
  assert_int_equal(serverfile_read(&found, "/some/folder", &error), CHARTS_REFUSED); /* starting */
  assert_int_equal(serverfile_hold(&other, "/some/folder", &error), CHARTS_REFUSED);
  assert_int_equal(serverfile_write(lock, "/some/folder", &content, &error), CHARTS_OK);
  assert_int_equal(serverfile_read(&found, "/some/folder", &error), CHARTS_OK);
  assert_int_equal(found.port, 4711);
  assert_int_equal(found.pid, 42);
  assert_string_equal(found.token, "abc");
  assert_int_equal(serverfile_read(&found, "/another", &error), CHARTS_NOT_FOUND);
  serverfile_drop(lock, "/some/folder");
  assert_int_equal(serverfile_read(&found, "/some/folder", &error), CHARTS_NOT_FOUND);
}

static void a_dead_server_is_none(void **state) {
  (void)state;
  charts_error error;
  serverfile found;
  serverfile content = {.port = 4711, .pid = 42, .token = "abc"};
  pid_t child = fork();
  if (child == 0) { /* ends without a word */
    int held;
    _exit(serverfile_hold(&held, "/some/folder", NULL) == CHARTS_OK &&
                  serverfile_write(held, "/some/folder", &content, NULL) == CHARTS_OK
              ? 0
              : 1);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(serverfile_read(&found, "/some/folder", &error), CHARTS_NOT_FOUND);
  int lock;
  assert_int_equal(serverfile_hold(&lock, "/some/folder", &error), CHARTS_OK);
  assert_int_equal(serverfile_read(&found, "/some/folder", &error), CHARTS_REFUSED); /* not what the dead one wrote */
  serverfile_drop(lock, "/some/folder");
}

static void files_are_private(void **state) {
  (void)state;
  charts_error error;
  struct stat status;
  int lock;
  assert_int_equal(serverfile_hold(&lock, "/some/folder", &error), CHARTS_OK);
  assert_int_equal(stat(scratch_path("charts"), &status), 0);
  assert_int_equal(status.st_mode & 0777, 0700);
  assert_int_equal(fstat(lock, &status), 0);
  assert_int_equal(status.st_mode & 0777, 0600);
  serverfile_drop(lock, "/some/folder");
  assert_int_equal(chmod(scratch_path("charts"), 0755), 0);
  assert_int_equal(serverfile_hold(&lock, "/some/folder", &error), CHARTS_REFUSED);
  assert_int_equal(rmdir(scratch_path("charts")), 0);
  assert_int_equal(symlink("/tmp", scratch_path("charts")), 0);
  assert_int_equal(serverfile_hold(&lock, "/some/folder", &error), CHARTS_REFUSED);
}

int main(void) {
#define ROW(test) cmocka_unit_test_setup_teardown(test, begin, scratch_remove)
  const struct CMUnitTest tests[] = {ROW(nobody_is_there_at_first), ROW(what_is_held_is_found),
                                     ROW(a_dead_server_is_none), ROW(files_are_private)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
