/* Changes of a directory, by inotify and by polling. */
#include "scratch.h"

#include "watch.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

enum { TEXT = 4096 };

/* What was told, one line a change: "added AAPL.json AAPL". */
typedef struct told {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  char text[TEXT];
  char revision[32];
  size_t calls;
} told;

static told all = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
static watch *opened;
static char chart[4096 + 16];

static void changed(void *context, const char *path, const char *revision, const watch_change *changes, size_t count) {
  told *to = context;
  (void)path;
  pthread_mutex_lock(&to->mutex);
  for (size_t i = 0; i < count; i++) {
    size_t used = strlen(to->text);
    (void)snprintf(to->text + used, TEXT - used, "%s %s %s\n", watch_kind_name(changes[i].kind),
                   changes[i].file ? changes[i].file : "-", changes[i].name);
  }
  (void)snprintf(to->revision, sizeof to->revision, "%s", revision);
  to->calls++;
  pthread_cond_broadcast(&to->changed);
  pthread_mutex_unlock(&to->mutex);
}

/* Waits until exactly this was told since the last call. */
static void expect(const char *text) {
  struct timespec limit;
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += 20;
  pthread_mutex_lock(&all.mutex);
  while (strcmp(all.text, text) != 0)
    if (pthread_cond_timedwait(&all.changed, &all.mutex, &limit) == ETIMEDOUT)
      break;
  char got[TEXT];
  (void)snprintf(got, sizeof got, "%s", all.text);
  all.text[0] = 0;
  pthread_mutex_unlock(&all.mutex);
  assert_string_equal(got, text);
}

static void make_chart(void) {
  (void)snprintf(chart, sizeof chart, "%s/stocks", scratch_folder);
  assert_int_equal(mkdir(scratch_path("stocks"), 0700), 0);
  assert_int_equal(mkdir(scratch_path("stocks/.charts"), 0700), 0);
}

/* As every program should: a temporary, then a rename. */
static void put(const char *file, const char *text) {
  char to[8192];
  scratch_write_text("stocks/.new.tmp", text);
  char from[8192];
  (void)snprintf(from, sizeof from, "%s", scratch_path("stocks/.new.tmp"));
  (void)snprintf(to, sizeof to, "%s/%s", chart, file);
  assert_int_equal(rename(from, to), 0);
}

static int begin(void **state, const char *way) {
  charts_error error;
  char revision[32];
  assert_int_equal(scratch_make(state), 0);
  make_chart();
  put("A.json", "{\"name\":\"A\",\"data\":[1,2]}");
  all.text[0] = 0;
  assert_int_equal(way ? setenv("CHARTS_WATCH", way, 1) : unsetenv("CHARTS_WATCH"), 0);
  if (watch_open(&opened, changed, &all, &error) != CHARTS_OK)
    return -1;
  return watch_enter(opened, chart, revision, &error) == CHARTS_OK && revision[0] ? 0 : -1;
}

static int begin_inotify(void **state) {
  return begin(state, NULL);
}

static int begin_polling(void **state) {
  return begin(state, "poll");
}

static int end(void **state) {
  watch_close(opened, false);
  return scratch_remove(state);
}

static void changes_are_told(void **state) {
  (void)state;
  put("B.json", "{\"name\":\"B\",\"data\":[1]}");
  expect("added B.json B\n");
  put("B.json", "{\"name\":\"B\",\"data\":[1,2,3]}");
  expect("replaced B.json B\n");
  FILE *tail = fopen(scratch_path("stocks/A.json"), "r+b");
  assert_non_null(tail);
  assert_int_equal(fseek(tail, -2, SEEK_END), 0);
  assert_true(fputs("\n,3]}", tail) >= 0);
  assert_int_equal(fclose(tail), 0);
  expect("appended A.json A\n");
  assert_int_equal(unlink(scratch_path("stocks/B.json")), 0);
  expect("removed B.json B\n");
}

static void a_name_may_change_its_file(void **state) {
  (void)state;
  put("x%2Fy.json", "{\"data\":[1]}");
  expect("added x%2Fy.json x/y\n");
  put("A.json", "{\"name\":\"A\"");
  expect("removed A.json A\n"); /* broken now */
  put("A.json", "{\"name\":\"A\",\"data\":[]}");
  expect("added A.json A\n");
}

static void a_new_broken_file_changes_the_revision(void **state) {
  (void)state;
  pthread_mutex_lock(&all.mutex);
  size_t calls = all.calls;
  pthread_mutex_unlock(&all.mutex);
  put("bad.json", "{");
  pthread_mutex_lock(&all.mutex);
  while (all.calls == calls)
    pthread_cond_wait(&all.changed, &all.mutex);
  pthread_mutex_unlock(&all.mutex);
  expect("");
}

static void settings_are_told(void **state) {
  (void)state;
  assert_int_equal(mkdir(scratch_path("stocks/.charts/settings"), 0700), 0);
  scratch_write_text("stocks/.charts/settings/testfile.json", "{\"title\":{}}");
  expect("settings - testfile\n");
}

static void a_directory_that_comes_back_is_followed(void **state) {
  (void)state;
  assert_int_equal(nftw(chart, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
  expect("removed A.json A\n");
  make_chart();
  put("C.json", "{\"name\":\"C\",\"data\":[1]}");
  expect("added C.json C\n");
}

static void count_entries(void *context, const directory_listing *listing) {
  *(size_t *)context = listing->count;
}

static void listings_are_fresh(void **state) {
  (void)state;
  charts_error error;
  size_t count = 0;
  assert_int_equal(watch_list(opened, chart, count_entries, &count, &error), CHARTS_OK);
  assert_int_equal(count, 1);
  put("D.json", "{\"name\":\"D\",\"data\":[1]}");
  assert_int_equal(watch_list(opened, chart, count_entries, &count, &error), CHARTS_OK);
  assert_int_equal(count, 2);
  expect("added D.json D\n"); /* told all the same */
  assert_int_equal(watch_list(opened, scratch_path("nothing"), count_entries, &count, &error), CHARTS_NOT_FOUND);
}

static void who_left_is_told_nothing(void **state) {
  (void)state;
  charts_error error;
  char revision[32];
  assert_int_equal(watch_enter(opened, chart, revision, &error), CHARTS_OK);
  watch_leave(opened, chart);
  put("E.json", "{\"name\":\"E\",\"data\":[1]}");
  expect("added E.json E\n"); /* one follower is left */
  watch_leave(opened, chart);
  put("F.json", "{\"name\":\"F\",\"data\":[1]}");
  assert_int_equal(watch_enter(opened, chart, revision, &error), CHARTS_OK);
  put("G.json", "{\"name\":\"G\",\"data\":[1]}");
  expect("added G.json G\n");
  assert_int_equal(watch_enter(opened, scratch_path("nothing"), revision, &error), CHARTS_NOT_FOUND);
}

int main(void) {
#define BOTH(test)                                                                                                     \
  {#test ": inotify", test, begin_inotify, end, NULL}, {                                                               \
#test ": polling", test, begin_polling, end, NULL                                                                  \
  }
  const struct CMUnitTest tests[] = {
      BOTH(changes_are_told),
      BOTH(a_name_may_change_its_file),
      BOTH(a_new_broken_file_changes_the_revision),
      BOTH(settings_are_told),
      BOTH(a_directory_that_comes_back_is_followed),
      BOTH(listings_are_fresh),
      BOTH(who_left_is_told_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
