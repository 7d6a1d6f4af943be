/* Changes of a directory, by inotify and by polling. */
#include "scratch.h"

#include "storage.h"
#include "watch.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>

enum { TEXT = 4096 };

/* What was told, one line a change: "added AAPL.json AAPL". */
typedef struct told {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  char text[TEXT];
  char revision[32];
  size_t calls;
  size_t ended; /* of the calls: those that are past the gate */
} told;

static told all = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
static struct {
  pthread_mutex_t mutex;
  pthread_cond_t opened;
  bool closed;
} gate = {.mutex = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};
static watch *opened;
static char chart[4096 + 16];

/* Where a test may hold the watch thread, which holds a folder's mutex: no mutex that the test holds when it asks for a
 * folder. */
static void pass_gate(void) {
  pthread_mutex_lock(&gate.mutex);
  while (gate.closed)
    pthread_cond_wait(&gate.opened, &gate.mutex);
  pthread_mutex_unlock(&gate.mutex);
}

static void set_gate(bool closed) {
  pthread_mutex_lock(&gate.mutex);
  gate.closed = closed;
  pthread_cond_broadcast(&gate.opened);
  pthread_mutex_unlock(&gate.mutex);
}

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
  pass_gate();
  pthread_mutex_lock(&to->mutex);
  to->ended++;
  pthread_cond_broadcast(&to->changed);
  pthread_mutex_unlock(&to->mutex);
}

/* Holds the watch thread at the next thing that it tells: it is past what it told until now. */
static void close_gate(void) {
  pthread_mutex_lock(&all.mutex);
  while (all.ended != all.calls)
    pthread_cond_wait(&all.changed, &all.mutex);
  pthread_mutex_unlock(&all.mutex);
  set_gate(true);
}

/* Also when it is open: a test that failed has left it closed. */
static void open_gate(void) {
  set_gate(false);
}

static int line_order(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The lines of a text, in byte order: where several looks may tell them, the order is not given. */
static void sort_lines(char *text) {
  char copy[TEXT];
  char *lines[64];
  size_t count = 0;
  (void)snprintf(copy, sizeof copy, "%s", text);
  for (char *line = strtok(copy, "\n"); line && count < 64; line = strtok(NULL, "\n"))
    lines[count++] = line;
  qsort(lines, count, sizeof *lines, line_order);
  size_t used = 0;
  for (size_t i = 0; i < count; i++)
    used += (size_t)snprintf(text + used, TEXT - used, "%s\n", lines[i]);
}

/* Waits until exactly this was told since the last call; the lines in byte order. */
static void expect_sorted(const char *text) {
  struct timespec limit;
  char got[TEXT];
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += 20;
  pthread_mutex_lock(&all.mutex);
  for (int waited = 0; waited == 0;) {
    (void)snprintf(got, sizeof got, "%s", all.text);
    sort_lines(got);
    if (strcmp(got, text) == 0)
      break;
    waited = pthread_cond_timedwait(&all.changed, &all.mutex, &limit);
  }
  all.text[0] = 0;
  pthread_mutex_unlock(&all.mutex);
  assert_string_equal(got, text);
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

static void make_chart_at(const char *name) {
  char inner[4096];
  assert_int_equal(mkdir(scratch_path(name), 0700), 0);
  (void)snprintf(inner, sizeof inner, "%s/.charts", name);
  assert_int_equal(mkdir(scratch_path(inner), 0700), 0);
}

static void make_chart(void) {
  (void)snprintf(chart, sizeof chart, "%s/stocks", scratch_folder);
  make_chart_at("stocks");
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
  open_gate();
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

/* ---- The directory itself goes, comes and moves ---- */

/* How many inotify watches this process holds. */
static size_t watches(void) {
  size_t count = 0;
  DIR *folder = opendir("/proc/self/fdinfo");
  assert_non_null(folder);
  for (struct dirent *entry; (entry = readdir(folder));) {
    char line[512];
    (void)snprintf(line, sizeof line, "/proc/self/fdinfo/%s", entry->d_name);
    FILE *info = fopen(line, "r");
    while (info && fgets(line, sizeof line, info))
      count += strncmp(line, "inotify wd:", 11) == 0;
    if (info)
      (void)fclose(info);
  }
  (void)closedir(folder);
  return count;
}

static void move(const char *from, const char *to) {
  char path[8192];
  (void)snprintf(path, sizeof path, "%s", scratch_path(from));
  assert_int_equal(rename(path, scratch_path(to)), 0);
}

static void a_directory_that_was_moved_is_told_no_more(void **state) {
  (void)state;
  for (int round = 0; round < 3; round++) {
    char away[32];
    (void)snprintf(away, sizeof away, "away-%d", round);
    move("stocks", away);
    expect(round ? "removed C.json C\n" : "removed A.json A\n");
    make_chart();
    put("C.json", "{\"name\":\"C\",\"data\":[1]}");
    expect("added C.json C\n");
    (void)snprintf(away, sizeof away, "away-%d/late.json", round);
    scratch_write_text(away, "{\"name\":\"late\",\"data\":[1]}");
  }
  put("D.json", "{\"name\":\"D\",\"data\":[1]}");
  expect("added D.json D\n");
  assert_true(watches() <= 2); /* the directory and its .charts, none of those that were moved away */
}

static void what_takes_its_place_is_what_counts(void **state) {
  (void)state;
  char link[8192];
  make_chart_at("other");
  char from[8192];
  scratch_write_text("other/.new.tmp", "{\"name\":\"O\",\"data\":[1]}");
  (void)snprintf(from, sizeof from, "%s", scratch_path("other/.new.tmp"));
  assert_int_equal(rename(from, scratch_path("other/O.json")), 0);
  move("stocks", "away");
  expect("removed A.json A\n");
  (void)snprintf(link, sizeof link, "%s", scratch_path("stocks"));
  assert_int_equal(symlink(scratch_path("other"), link), 0);
  charts_error error;
  size_t count = 0;
  assert_int_equal(watch_list(opened, chart, count_entries, &count, &error), CHARTS_NOT_FOUND);
  assert_int_equal(unlink(link), 0);
  move("other", "stocks");
  expect("added O.json O\n"); /* and nothing before it, through the link */
}

static void a_folder_above_may_be_moved(void **state) {
  (void)state;
  charts_error error;
  char revision[32];
  assert_int_equal(mkdir(scratch_path("project"), 0700), 0);
  make_chart_at("project/deep");
  scratch_write_text("project/deep/P.json", "{\"name\":\"P\",\"data\":[1]}");
  char path[8192];
  (void)snprintf(path, sizeof path, "%s", scratch_path("project/deep"));
  assert_int_equal(watch_enter(opened, path, revision, &error), CHARTS_OK);
  put("B.json", "{\"name\":\"B\",\"data\":[1]}");
  expect("added B.json B\n"); /* by now both are watched */
  move("project", "old");
  assert_int_equal(mkdir(scratch_path("project"), 0700), 0);
  make_chart_at("project/deep");
  scratch_write_text("project/deep/Q.json", "{\"name\":\"Q\",\"data\":[1]}");
  expect_sorted("added Q.json Q\nremoved P.json P\n");
  assert_true(watches() <= 4);
}

/* ---- Clocks ---- */

static void set_mtime(const char *file, time_t seconds) {
  struct timespec times[2] = {{0, UTIME_OMIT}, {seconds, 0}};
  assert_int_equal(utimensat(AT_FDCWD, scratch_path(file), times, 0), 0);
}

static void clocks_may_jump(void **state) {
  (void)state;
  set_mtime("stocks/A.json", 4000000000); /* the future */
  expect("replaced A.json A\n");
  set_mtime("stocks/A.json", 1000);
  expect("replaced A.json A\n");
  scratch_write_text("stocks/.new.tmp", "{\"name\":\"A\",\"data\":[3,4]}"); /* the same size and mtime */
  set_mtime("stocks/.new.tmp", 1000);
  move("stocks/.new.tmp", "stocks/A.json");
  expect("replaced A.json A\n");
}

/* ---- News that are late ---- */

/* More happens than inotify queues while the watch thread is busy: all the same what is there in the end is told. */
static void an_overflow_is_made_up_for(void **state) {
  (void)state;
  long most = 0;
  FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
  assert_non_null(limit);
  assert_int_equal(fscanf(limit, "%ld", &most), 1);
  (void)fclose(limit);
  put("B.json", "{\"name\":\"B\",\"data\":[1]}");
  expect("added B.json B\n");
  close_gate();
  put("C.json", "{\"name\":\"C\",\"data\":[1]}");
  expect("added C.json C\n");
  for (long i = 0; i < most; i++) /* events that are not equal to the one before, or they would be one */
    set_mtime(i % 2 ? "stocks/A.json" : "stocks/B.json", 1000);
  put("D.json", "{\"name\":\"D\",\"data\":[1]}");
  assert_int_equal(unlink(scratch_path("stocks/C.json")), 0);
  open_gate();
  expect("replaced A.json A\nreplaced B.json B\nremoved C.json C\nadded D.json D\n");
  put("E.json", "{\"name\":\"E\",\"data\":[1]}");
  expect("added E.json E\n");
}

/* A look that failed, by a want of memory or of descriptors, is repeated: whatever allocation of it fails. */
static void a_failed_look_is_repeated(void **state) {
  (void)state;
  put("B.json", "{\"name\":\"B\",\"data\":[1]}");
  expect("added B.json B\n");
  for (long allocation = 0; allocation < 40; allocation++) {
    char file[32];
    char wanted[64];
    (void)snprintf(file, sizeof file, "N%ld.json", allocation);
    (void)snprintf(wanted, sizeof wanted, "added %s N%ld\n", file, allocation);
    memory_fail_after(allocation, false);
    put(file, "{\"data\":[1]}");
    expect(wanted);
    memory_fail_after(-1, false);
  }
}

/* The limit that leaves two descriptors. */
static rlim_t room_for_two(void) {
  int first = dup(2);
  int second = dup(2);
  assert_int_equal(close(first), 0);
  assert_int_equal(close(second), 0);
  return (rlim_t)second + 1;
}

/* The status of the thread that is not the caller's: the watch's. */
static int open_thread(void) {
  char path[64] = "";
  DIR *tasks = opendir("/proc/self/task");
  assert_non_null(tasks);
  for (struct dirent *one = readdir(tasks); one != NULL; one = readdir(tasks))
    if (one->d_name[0] != '.' && atoi(one->d_name) != gettid())
      (void)snprintf(path, sizeof path, "/proc/self/task/%d/status", atoi(one->d_name));
  (void)closedir(tasks);
  int status = open(path, O_RDONLY | O_CLOEXEC);
  assert_true(status >= 0);
  return status;
}

/* How often the thread has lain down to sleep. */
static long sleeps_of(int status) {
  static const char name[] = "\nvoluntary_ctxt_switches:";
  char text[4096] = "";
  assert_true(pread(status, text, sizeof text - 1, 0) > 0);
  const char *found = strstr(text, name);
  assert_non_null(found);
  return strtol(found + sizeof name - 1, NULL, 10);
}

/* A file for which there was no descriptor left is looked at again, though nothing happens to it any more. */
static void a_file_that_could_not_be_opened_is_told_later(void **state) {
  (void)state;
  struct rlimit limit;
  put("B.json", "{\"name\":\"B\",\"data\":[1]}");
  expect("added B.json B\n");
  put(".C.tmp", "{\"name\":\"C\",\"data\":[1]}");
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  int thread = open_thread();
  /* Enough for the directory, and for the listing of its names. */
  struct rlimit few = {room_for_two(), limit.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  long slept = sleeps_of(thread);
  move("stocks/.C.tmp", "stocks/C.json");
  while (sleeps_of(thread) < slept + 3) /* it has looked, and waits to look again */
    (void)sched_yield();
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
  assert_int_equal(close(thread), 0);
  expect("added C.json C\n");
}

/* ---- Files that cannot be read for a while ---- */

/* Makes every opening of a file of the directory fail, until the descriptor is closed. -1 where there are no leases. */
static int lease(const char *file) {
  char path[64];
  (void)snprintf(path, sizeof path, "stocks/%s", file);
  int held = open(scratch_path(path), O_RDONLY | O_CLOEXEC);
  assert_true(held >= 0);
  assert_true(signal(SIGIO, SIG_IGN) != SIG_ERR); /* who is asked to give it back does not */
  if (fcntl(held, F_SETLEASE, F_WRLCK) == 0)
    return held;
  assert_int_equal(close(held), 0);
  return -1;
}

/* Waits until a call tells no change: a broken file. */
static void expect_broken(size_t calls) {
  pthread_mutex_lock(&all.mutex);
  while (all.calls == calls)
    pthread_cond_wait(&all.changed, &all.mutex);
  pthread_mutex_unlock(&all.mutex);
  expect("");
}

static void a_file_that_could_not_be_read_is_told_later(void **state) {
  (void)state;
  put("B.json", "{\"name\":\"B\",\"data\":[1]}");
  expect("added B.json B\n");
  pthread_mutex_lock(&all.mutex);
  size_t calls = all.calls;
  pthread_mutex_unlock(&all.mutex);
  scratch_write_text("stocks/.C.tmp", "{\"name\":\"C\",\"data\":[1]}");
  int held = lease(".C.tmp");
  if (held < 0)
    skip();
  move("stocks/.C.tmp", "stocks/C.json");
  expect_broken(calls);
  assert_int_equal(close(held), 0); /* tells nothing: the file was open for reading */
  expect("added C.json C\n");
}

static void assert_unread(void *context, const directory_listing *listing) {
  const directory_entry *entry = directory_find_file(listing, context);
  assert_non_null(entry);
  assert_non_null(entry->reason);
}

/* The watch thread has never met the failure: it is at another directory. */
static void who_lists_a_file_that_could_not_be_read_is_told_later(void **state) {
  (void)state;
  charts_error error;
  char other[8192];
  char revision[32];
  char file[] = "T.json";
  directory *writer = NULL;
  storage_lock lock;
  assert_int_equal(directory_open_real(&writer, chart, &error), CHARTS_OK);
  assert_int_equal(storage_lock_take_series(&lock, directory_descriptor(writer), file, chart, &error), CHARTS_OK);
  /* Somebody is appending: every listing reads it. */
  put(file, "{\"name\":\"T\",\"display\":true,\"index\":0,\"data\":[1,2\n,3");
  expect("added T.json T\n");
  make_chart_at("other");
  (void)snprintf(other, sizeof other, "%s", scratch_path("other"));
  assert_int_equal(watch_enter(opened, other, revision, &error), CHARTS_OK);
  close_gate();
  char from[8192];
  scratch_write_text("other/.new.tmp", "{\"name\":\"O\",\"data\":[1]}");
  (void)snprintf(from, sizeof from, "%s", scratch_path("other/.new.tmp"));
  assert_int_equal(rename(from, scratch_path("other/O.json")), 0);
  expect("added O.json O\n");
  int held = lease(file);
  if (held >= 0) {
    assert_int_equal(watch_list(opened, chart, assert_unread, file, &error), CHARTS_OK);
    assert_int_equal(close(held), 0);
  }
  open_gate();
  if (held >= 0)
    expect("added T.json T\n");
  storage_lock_release(&lock);
  directory_close(writer);
  if (held < 0)
    skip();
}

/* ---- Pages come and go at once ---- */

static void *leave(void *context) {
  atomic_store((atomic_int *)context, (int)gettid());
  watch_leave(opened, chart);
  return NULL;
}

/* Waits, while the listing is held, until a thread that leaves waits for it. */
static void until_leaving(void *context, const directory_listing *listing) {
  atomic_int thread = 0;
  pthread_t *leaver = context;
  (void)listing;
  assert_int_equal(pthread_create(leaver, NULL, leave, &thread), 0);
  for (char what = 0; what != 'S'; (void)sched_yield()) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/stat", atomic_load(&thread));
    FILE *stat = fopen(path, "r");
    if (stat && fscanf(stat, "%*d (%*[^)]) %c", &what) != 1)
      what = 0;
    if (stat)
      (void)fclose(stat);
  }
}

/* A page that opens while the last one closes is told of what happens from then on. */
static void who_comes_while_another_leaves_is_told(void **state) {
  (void)state;
  charts_error error;
  char revision[32];
  for (int round = 0; round < 30; round++) {
    pthread_t leaver;
    char file[32];
    char wanted[64];
    assert_int_equal(watch_list(opened, chart, until_leaving, &leaver, &error), CHARTS_OK);
    assert_int_equal(watch_enter(opened, chart, revision, &error), CHARTS_OK);
    assert_int_equal(pthread_join(leaver, NULL), 0);
    (void)snprintf(file, sizeof file, "N%d.json", round);
    (void)snprintf(wanted, sizeof wanted, "added %s N%d\n", file, round);
    put(file, "{\"data\":[1]}");
    expect(wanted);
  }
}

int main(void) {
#define INOTIFY(test)                                                                                                  \
  { #test, test, begin_inotify, end, NULL }
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
      BOTH(a_directory_that_was_moved_is_told_no_more),
      BOTH(what_takes_its_place_is_what_counts),
      BOTH(a_folder_above_may_be_moved),
      BOTH(clocks_may_jump),
      INOTIFY(an_overflow_is_made_up_for),
      INOTIFY(a_failed_look_is_repeated),
      INOTIFY(a_file_that_could_not_be_opened_is_told_later),
      BOTH(a_file_that_could_not_be_read_is_told_later),
      BOTH(who_lists_a_file_that_could_not_be_read_is_told_later),
      INOTIFY(who_comes_while_another_leaves_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
