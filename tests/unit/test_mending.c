/* What killed processes left: files whose append was broken off, and temporaries. */
#include "opened.h"

#include "buffer.h"
#include "directory.h"
#include "mending.h"

#include <sys/inotify.h>
#include <time.h>

static void list_once(void) {
  directory_listing listing;
  charts_error error;
  assert_int_equal(directory_list(&listing, opened, NULL, &error), CHARTS_OK);
  directory_listing_free(&listing);
}

static void put_one(bool purge) {
  series_list list;
  directory_report report;
  charts_error error;
  charts_value *value = NULL;
  static const char text[] = "{\"name\":\"put\",\"data\":[1]}";
  assert_int_equal(charts_value_parse(&value, text, strlen(text), &error), CHARTS_OK);
  assert_int_equal(series_read(&list, value, &(series_request){0}, NULL, &error), CHARTS_OK);
  assert_int_equal(directory_put(opened, &list, purge, &report, NULL, &error), CHARTS_OK);
  series_list_free(&list);
  charts_value_free(value);
}

/* Any JSON reader's view of the data. */
static void assert_data(const char *file, const char *expected) {
  charts_value *value = NULL;
  charts_error error = {0};
  char *data = NULL;
  char *text = scratch_read(file);
  if (charts_value_parse(&value, text, strlen(text), &error) != CHARTS_OK)
    fail_msg("%s: %s: %s", file, error.message, text);
  assert_int_equal(charts_value_write(&data, charts_value_get(value, "data"), &error), CHARTS_OK);
  assert_string_equal(data, expected);
  charts_text_free(data);
  charts_value_free(value);
  free(text);
}

static const char head[] = "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[";

static void write_file(const char *rows, size_t length) {
  buffer text = {0};
  buffer_add_text(&text, head);
  buffer_add(&text, rows, length);
  scratch_write("A.json", text.bytes, text.length);
  buffer_free(&text);
}

/* What an append of `more` behind `rows` leaves when it is broken off behind any of its bytes. */
static void check_every_cut(const char *rows, const char *more, const char *expected) {
  for (size_t cut = 1; cut < strlen(more); cut++) {
    buffer text = {0};
    buffer_add_text(&text, rows);
    buffer_add(&text, more, cut);
    if (cut == 1)
      buffer_add_char(&text, '}'); /* of the closers that stood there */
    write_file(text.bytes, text.length);
    list_once();
    assert_data("A.json", expected);
    buffer_free(&text);
  }
}

static void a_listing_makes_broken_appends_whole(void **state) {
  (void)state;
  check_every_cut("1,2", "\n,3,45.5,null]}", "[1,2]");
  check_every_cut("[1,2],[3,4]", "\n,[5,6],[7,null]]}", "[[1,2],[3,4]]");
  check_every_cut("[\"a\",1]", "\n,[\"b]}\",2],[\"c\",3]]}", "[[\"a\",1]]");
  check_every_cut("{\"y\":1,\"z\":[1]}", "\n,{\"y\":2,\"z\":[3]}]}", "[{\"y\":1,\"z\":[1]}]");
  check_every_cut("", "\n1,2]}", "[]");
  check_every_cut("1\n,2", "\n,3]}", "[1,2]");
  check_every_cut("1,2\n\n", "\n,3]}", "[1,2]"); /* two appends were broken off before */
  check_every_cut("[1,2]\n", "\n,[3,4]]}", "[[1,2]]");
  check_every_cut("\n", "\n1,2]}", "[]");
}

static void blocks_that_a_power_cut_took_are_not_there(void **state) {
  (void)state;
  static const char zeros[] = "[1,2]\n}\0\0\0\0[3,4]";
  static const char closer[] = "[1,2]\n,[3,4]\0}";
  write_file(zeros, sizeof zeros - 1);
  list_once();
  assert_data("A.json", "[[1,2]]");
  write_file(closer, sizeof closer - 1);
  list_once();
  assert_data("A.json", "[[1,2]]");
}

/* Another program that writes line by line, and is at it. */
static void files_that_others_write_are_left_alone(void **state) {
  (void)state;
  static const char *const rows[] = {"[1,2],\n[3,4],\n[5", "[1,2],\n", "[1,2],\n  [3,4],\n  [5,6]", "\n  [\n   346",
                                     "\n  [\n   346,\n   1\n  ],\n  [\n   7"};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    write_file(rows[i], strlen(rows[i]));
    char *before = scratch_read("A.json");
    int events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    char room[1024];
    assert_true(inotify_add_watch(events, scratch_folder, IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB) >= 0);
    list_once();
    assert_int_equal(read(events, room, sizeof room), -1); /* a page's watch would have it listed again and again */
    assert_int_equal(close(events), 0);
    char *after = scratch_read("A.json");
    assert_string_equal(before, after);
    free(before);
    free(after);
  }
}

static void who_appends_is_not_disturbed(void **state) {
  (void)state;
  static const char rows[] = "1,2\n,3";
  charts_error error;
  storage_lock lock;
  int folder = directory_descriptor(opened);
  write_file(rows, strlen(rows));
  assert_int_equal(storage_lock_take_series(&lock, folder, "A.json", scratch_folder, &error), CHARTS_OK);
  assert_false(mending_run(folder, "A.json"));
  storage_lock_release(&lock);
  assert_true(mending_run(folder, "A.json"));
  assert_data("A.json", "[1,2]");
}

/* Says that the directory was swept some minutes ago. */
static void wait_for_the_sweep(void) {
  struct timespec times[2] = {{time(NULL) - 600, 0}, {time(NULL) - 600, 0}};
  assert_int_equal(utimensat(AT_FDCWD, scratch_path(".charts/lock"), times, 0), 0);
}

static void temporaries_go_when_nobody_writes(void **state) {
  (void)state;
  charts_error error;
  storage_lock lock;
  put_one(false);
  scratch_write(".1.22.tmp", "{", 1);
  scratch_write(".charts/.1.23.tmp", "{", 1);
  scratch_write(".others.tmp", "{", 1);
  put_one(false);
  assert_true(scratch_exists(".1.22.tmp")); /* less than a minute ago */
  wait_for_the_sweep();
  assert_int_equal(storage_lock_temporaries(&lock, directory_descriptor(opened), scratch_folder, &error), CHARTS_OK);
  put_one(false);
  assert_true(scratch_exists(".1.22.tmp")); /* somebody writes */
  storage_lock_release(&lock);
  put_one(false);
  assert_false(scratch_exists(".1.22.tmp"));
  assert_false(scratch_exists(".charts/.1.23.tmp"));
  assert_true(scratch_exists(".others.tmp"));
  scratch_write(".1.22.tmp", "{", 1);
  put_one(true);
  assert_false(scratch_exists(".1.22.tmp")); /* a purge looks at once */
}

static void temporaries_of_a_commit_become_series_first(void **state) {
  (void)state;
  static const char text[] = "{\"name\":\"B\",\"display\":true,\"index\":0,\"data\":[7]}";
  static const char plan[] = "{\"put\":[[\".1.22.tmp\",\"B.json\"]],\"remove\":[],\"views\":[]}";
  put_one(false);
  wait_for_the_sweep();
  scratch_write(".1.22.tmp", text, strlen(text));
  scratch_write(".charts/commit", plan, strlen(plan));
  put_one(false);
  assert_data("B.json", "[7]");
  assert_false(scratch_exists(".charts/commit"));
}

#define ON_FOLDER(test) cmocka_unit_test_setup_teardown(test, open_folder, close_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_FOLDER(a_listing_makes_broken_appends_whole),   ON_FOLDER(blocks_that_a_power_cut_took_are_not_there),
      ON_FOLDER(files_that_others_write_are_left_alone), ON_FOLDER(who_appends_is_not_disturbed),
      ON_FOLDER(temporaries_go_when_nobody_writes),      ON_FOLDER(temporaries_of_a_commit_become_series_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
