/* A journal that a killed process left is carried out before anything else is done; one that names other things than a
 * put makes does nothing. */
#include "scratch.h"

#include "directory.h"
#include "moment.h"

static void write_directory(void) {
  assert_int_equal(mkdir(scratch_path("d"), 0777), 0);
  assert_int_equal(mkdir(scratch_path("d/.charts"), 0777), 0);
  scratch_write_text("d/old.json", "{\"name\":\"old\",\"data\":[1]}");
  scratch_write_text("d/.1.0.tmp", "{\"name\":\"new\",\"data\":[2]}");
}

/* The names that the directory holds, joined. */
static void names_of(char text[256]) {
  directory *opened = NULL;
  directory_listing listing = {0};
  charts_error error;
  text[0] = '\0';
  assert_int_equal(directory_open(&opened, scratch_path("d"), DIRECTORY_READ, &error), CHARTS_OK);
  assert_int_equal(directory_list(&listing, opened, NULL, &error), CHARTS_OK);
  for (size_t i = 0; i < listing.count; i++)
    (void)snprintf(text + strlen(text), 256 - strlen(text), "%s ", listing.entries[i].name);
  directory_listing_free(&listing);
  directory_close(opened);
}

static void a_left_journal_is_carried_out(void **state) {
  (void)state;
  struct stat status;
  char stamp[64];
  char plan[512];
  char names[256];
  write_directory();
  assert_int_equal(stat(scratch_path("d/old.json"), &status), 0);
  journal_stamp(stamp, &status);
  (void)snprintf(plan, sizeof plan,
                 "{\"put\":[[\".1.0.tmp\",\"new.json\"]],\"remove\":[[\"old.json\",\"%s\"]],\"views\":[]}", stamp);
  scratch_write_text("d/.charts/commit", plan);
  names_of(names);
  assert_string_equal(names, "new ");
  assert_int_not_equal(access(scratch_path("d/.charts/commit"), F_OK), 0);
  assert_int_not_equal(access(scratch_path("d/.1.0.tmp"), F_OK), 0);
}

static void a_file_that_changed_meanwhile_stays(void **state) {
  (void)state;
  char names[256];
  write_directory();
  scratch_write_text(
      "d/.charts/commit",
      "{\"put\":[[\".1.0.tmp\",\"new.json\"]],\"remove\":[[\"old.json\",\"1-0000000000000000\"]],\"views\":[]}");
  names_of(names);
  assert_string_equal(names, "new old ");
}

static void a_journal_reaches_nothing_outside(void **state) {
  (void)state;
  static const char *const journals[] = {
      "{\"put\":[[\".1.0.tmp\",\"../escaped.json\"],[\"../kept.txt\",\"x.json\"],[\"old.json\",\"x.json\"]]}",
      "{\"remove\":[[\"../kept.txt\",\"\"]],\"views\":[\"../../kept\",\"../../../\"]}",
      "{\"put\":5,\"remove\":{\"a\":1},\"views\":[[]],\"next\":\"x\"}",
      "[1,2,3]",
      "{\"put\":[[\".1.0",
  };
  char names[256];
  write_directory();
  scratch_write_text("kept.txt", "kept");
  for (size_t i = 0; i < sizeof journals / sizeof journals[0]; i++) {
    scratch_write_text("d/.charts/commit", journals[i]);
    names_of(names);
    assert_string_equal(names, "old ");
    assert_int_equal(access(scratch_path("kept.txt"), F_OK), 0);
    assert_int_not_equal(access(scratch_path("escaped.json"), F_OK), 0);
    assert_int_not_equal(access(scratch_path("d/.charts/commit"), F_OK), 0);
  }
}

/* ---- Reading several files at one moment, while another keeps the lock ---- */

typedef struct locked {
  storage_lock lock;
  int folder;
} locked;

static locked lock_directory(void) {
  locked other;
  charts_error error;
  write_directory();
  scratch_write_text("d/.charts/lock", "");
  other.folder = open(scratch_path("d"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_true(other.folder >= 0);
  assert_int_equal(storage_lock_take(&other.lock, other.folder, "d", &error), CHARTS_OK);
  return other;
}

static void unlock_directory(locked *other) {
  storage_lock_release(&other->lock);
  assert_int_equal(close(other->folder), 0);
}

/* What the other process does between two openings of a reader shows, however short it was. */
static void a_change_meanwhile_shows(void **state) {
  (void)state;
  charts_error error;
  moment reading = {0};
  locked other = lock_directory();
  assert_int_equal(moment_begin(&reading, other.folder, "d", &error), CHARTS_OK);
  assert_true(moment_end(&reading, other.folder));
  assert_int_equal(moment_begin(&reading, other.folder, "d", &error), CHARTS_OK);
  scratch_write_text("d/.charts/commit", "{}");
  assert_int_equal(unlink(scratch_path("d/.charts/commit")), 0);
  assert_false(moment_end(&reading, other.folder));
  unlock_directory(&other);
}

static void who_waits_too_long_is_refused(void **state) {
  (void)state;
  charts_error error;
  moment reading = {0};
  locked other = lock_directory();
  scratch_write_text("d/.charts/commit", "{\"put\":[[\".1.0.tmp\",\"new.json\"]]}");
  assert_int_equal(moment_begin(&reading, other.folder, "d", &error), CHARTS_REFUSED);
  assert_int_equal(moment_settle(other.folder, "d", &error), CHARTS_REFUSED);
  storage_lock_release(&other.lock); /* killed: whoever comes next carries its change out */
  reading = (moment){0};
  assert_int_equal(moment_begin(&reading, other.folder, "d", &error), CHARTS_OK);
  assert_true(scratch_exists("d/new.json"));
  assert_true(moment_end(&reading, other.folder));
  unlock_directory(&other);
}

/* ---- Whose turn it is ---- */

/* Who has waited for long is not overtaken: here it is another process, which holds its place in the queue. */
static void who_waits_is_let_go_first(void **state) {
  (void)state;
  charts_error error;
  storage_lock lock;
  locked other = lock_directory();
  storage_lock_release(&other.lock);
  int queued = open(scratch_path("d/.charts/lock"), O_RDWR | O_CLOEXEC);
  struct flock place = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)1 << 41, .l_len = 1};
  assert_true(queued >= 0);
  assert_int_equal(fcntl(queued, F_OFD_SETLK, &place), 0);
  assert_int_equal(storage_lock_share(&lock, other.folder), STORAGE_LOCKED);
  assert_int_equal(close(queued), 0);
  assert_int_equal(storage_lock_share(&lock, other.folder), STORAGE_SHARED);
  storage_lock_release(&lock);
  assert_int_equal(storage_lock_take(&lock, other.folder, "d", &error), CHARTS_OK);
  storage_lock_release(&lock);
  assert_int_equal(close(other.folder), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_left_journal_is_carried_out, scratch_make, scratch_remove),
      cmocka_unit_test_setup_teardown(a_file_that_changed_meanwhile_stays, scratch_make, scratch_remove),
      cmocka_unit_test_setup_teardown(a_journal_reaches_nothing_outside, scratch_make, scratch_remove),
      cmocka_unit_test_setup_teardown(a_change_meanwhile_shows, scratch_make, scratch_remove),
      cmocka_unit_test_setup_teardown(who_waits_too_long_is_refused, scratch_make, scratch_remove),
      cmocka_unit_test_setup_teardown(who_waits_is_let_go_first, scratch_make, scratch_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
