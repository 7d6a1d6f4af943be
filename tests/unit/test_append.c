/* Appending: the bytes, what a broken write leaves, pyramids that grow, readers and other appenders at the same time.
 */
#include "oracle.h"

#include "append.h"
#include "indexing.h"
#include "pyramidstore.h"
#include "windowanswer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static charts_value *parsed(const char *json) {
  charts_value *value = NULL;
  charts_error error = {0};
  if (charts_value_parse(&value, json, strlen(json), &error) != CHARTS_OK)
    fail_msg("%s: %s", json, error.message);
  return value;
}

/* Puts or appends what a JSON text says. */
static charts_status give(const directory *into, const char *json, bool append, charts_error *error) {
  series_list list;
  directory_report report;
  charts_value *value = parsed(json);
  charts_status status = series_read(&list, value, &(series_request){0}, NULL, error);
  if (status == CHARTS_OK) {
    status = append ? append_series(into, &list, error) : directory_put(into, &list, false, &report, NULL, error);
    series_list_free(&list);
  }
  charts_value_free(value);
  return status;
}

static void put(const char *json) {
  charts_error error;
  if (give(opened, json, false, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
}

static void append(const char *json) {
  charts_error error;
  if (give(opened, json, true, &error) != CHARTS_OK)
    fail_msg("%s: %s", json, error.message);
}

static buffer text_of(const char *file) {
  buffer text = {0};
  char piece[65536];
  int descriptor = openat(directory_descriptor(opened), file, O_RDONLY);
  for (ssize_t got = read(descriptor, piece, sizeof piece); got > 0; got = read(descriptor, piece, sizeof piece))
    buffer_add(&text, piece, (size_t)got);
  (void)close(descriptor);
  return text;
}

static void assert_text(const char *file, const char *expected) {
  buffer text = text_of(file);
  assert_string_equal(text.bytes, expected);
  buffer_free(&text);
}

static void the_bytes_are_those_of_the_format(void **state) {
  (void)state;
  put("[{\"name\":\"y\",\"data\":[1,2]},{\"name\":\"xy\",\"data\":[[1,2]]},{\"name\":\"e\",\"data\":[]},"
      "{\"name\":\"r\",\"data\":[[1,2,3]]},{\"name\":\"o\",\"data\":[[1,2,3,1,2]]},{\"name\":\"n\",\"data\":[[\"a\",1]]"
      "},"
      "{\"name\":\"p\",\"data\":[{\"y\":1}]}]");
  append(
      "[{\"name\":\"y\",\"data\":[3,null]},{\"name\":\"xy\",\"data\":[[3,4],[5,null]]},{\"name\":\"e\",\"data\":[7]},"
      "{\"name\":\"r\",\"data\":[[2,3,4]]},{\"name\":\"o\",\"data\":[[2,2,3,1,2]]},{\"name\":\"n\",\"data\":[[\"b\",2]]"
      "},"
      "{\"name\":\"p\",\"data\":[{\"y\":2,\"name\":\"q\"}]},{\"name\":\"new\",\"data\":[1]}]");
  append("{\"name\":\"e\",\"data\":[8]}");
  append("{\"name\":\"e\",\"data\":[]}");
  assert_text("y.json", "{\"name\":\"y\",\"display\":true,\"index\":0,\"data\":[1,2\n,3,null]}");
  assert_text("xy.json", "{\"name\":\"xy\",\"display\":true,\"index\":1,\"data\":[[1,2]\n,[3,4],[5,null]]}");
  assert_text("e.json", "{\"name\":\"e\",\"display\":true,\"index\":2,\"data\":[\n7\n,8]}");
  assert_text("r.json", "{\"name\":\"r\",\"display\":true,\"index\":3,\"data\":[[1,2,3]\n,[2,3,4]]}");
  assert_text("o.json", "{\"name\":\"o\",\"display\":true,\"index\":4,\"data\":[[1,2,3,1,2]\n,[2,2,3,1,2]]}");
  assert_text("n.json", "{\"name\":\"n\",\"display\":true,\"index\":5,\"data\":[[\"a\",1]\n,[\"b\",2]]}");
  assert_text("p.json",
              "{\"name\":\"p\",\"display\":true,\"index\":6,\"data\":[{\"y\":1}\n,{\"name\":\"q\",\"y\":2}]}");
  assert_text("new.json", "{\"name\":\"new\",\"display\":true,\"index\":7,\"data\":[1]}");
}

static void other_kinds_are_refused_before_anything_is_written(void **state) {
  (void)state;
  charts_error error;
  put("[{\"name\":\"A\",\"data\":[1]},{\"name\":\"B\",\"data\":[[1,2]]}]");
  assert_int_equal(give(opened, "[{\"name\":\"A\",\"data\":[2]},{\"name\":\"B\",\"data\":[3]}]", true, &error),
                   CHARTS_TYPE);
  assert_non_null(strstr(error.message, "B"));
  assert_text("A.json", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1]}");
  assert_int_equal(give(opened, "{\"name\":\"B\",\"xtype\":\"datetime\",\"data\":[[3,1]]}", true, &error), CHARTS_TYPE);
  assert_text("B.json", "{\"name\":\"B\",\"display\":true,\"index\":1,\"data\":[[1,2]]}");
}

static void an_empty_series_becomes_one_of_times(void **state) {
  (void)state;
  put("{\"name\":\"t\",\"color\":\"red\",\"data\":[]}");
  append("{\"name\":\"t\",\"xtype\":\"datetime\",\"data\":[[1000,1]]}");
  append("{\"name\":\"t\",\"xtype\":\"datetime\",\"data\":[[2000,2]]}");
  assert_text("t.json", "{\"name\":\"t\",\"display\":true,\"index\":0,\"color\":\"red\",\"xtype\":\"datetime\","
                        "\"data\":[[1000,1]\n,[2000,2]]}");
}

static void files_of_others_are_made_ours(void **state) {
  (void)state;
  scratch_write_text("f.json", "{ \"data\": [ [1, 2] ,[3,4] ], \"name\": \"f\", \"color\": \"blue\" }\n");
  append("{\"name\":\"f\",\"data\":[[5,6]]}");
  assert_text("f.json",
              "{\"name\":\"f\",\"display\":true,\"index\":0,\"color\":\"blue\",\"data\":[[1,2],[3,4]\n,[5,6]]}");
  /* Nobody would know its tail as that of a broken append. */
  scratch_write_text("h.json", "{\"name\":\"h\",\"data\":[1,2]}");
  append("{\"name\":\"h\",\"data\":[3]}");
  assert_text("h.json", "{\"name\":\"h\",\"display\":true,\"index\":1,\"data\":[1,2\n,3]}");
  scratch_write_text("g.json", "{\"name\":\"g\",\"display\":true,\"index\":4,\"data\":[1,2]}\n");
  append("{\"name\":\"g\",\"data\":[3]}");
  assert_text("g.json", "{\"name\":\"g\",\"display\":true,\"index\":4,\"data\":[1,2\n,3]}");
}

/* ---- Broken writes ---- */

/* How many points a reader sees, and their sum. */
static size_t read_count(const char *file, double *sum) {
  window answer;
  charts_error error;
  window_request request = {.from = -INFINITY, .to = INFINITY, .columns = 65536};
  if (window_read(&answer, opened, file, &request, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  *sum = 0;
  for (size_t i = 0; answer.column_count > 1 && i < answer.columns[1].count; i++)
    *sum += answer.columns[1].numbers[i];
  size_t count = (size_t)answer.count;
  window_free(&answer);
  return count;
}

/* Every state that a killed write may leave: the first bytes of it are there, the file is as long as they reach. */
static void check_torn(const char *name, const char *start, const char *more, const char *last, size_t rows) {
  buffer json = {0};
  double sum = 0;
  char file[32];
  (void)snprintf(file, sizeof file, "%s.json", name);
  put(start);
  buffer before = text_of(file);
  append(more);
  buffer after = text_of(file);
  append(last);
  buffer all = text_of(file);
  size_t old = rows;
  for (size_t kept = before.length - 2; kept < after.length; kept++) {
    buffer torn = {0};
    buffer_add(&torn, after.bytes, kept);
    if (kept < before.length)
      buffer_add(&torn, before.bytes + kept, before.length - kept);
    scratch_write(file, torn.bytes, torn.length);
    assert_int_equal(read_count(file, &sum), old);
    append(more);
    append(last);
    buffer now = text_of(file);
    /* Apart from newlines the file is as if nothing had happened. */
    size_t j = 0;
    for (size_t i = 0; i < now.length; i++) {
      if (now.bytes[i] == '\n')
        continue;
      while (all.bytes[j] == '\n')
        j++;
      assert_int_equal(now.bytes[i], all.bytes[j++]);
    }
    assert_int_equal(j, all.length);
    buffer_free(&now);
    buffer_free(&torn);
  }
  buffer_free(&json);
  buffer_free(&before);
  buffer_free(&after);
  buffer_free(&all);
}

static void a_broken_write_is_not_there(void **state) {
  (void)state;
  check_torn("ty", "{\"name\":\"ty\",\"data\":[1,12]}", "{\"name\":\"ty\",\"data\":[123,4567,-0.5]}",
             "{\"name\":\"ty\",\"data\":[9]}", 2);
  check_torn("tx", "{\"name\":\"tx\",\"data\":[[1,12]]}", "{\"name\":\"tx\",\"data\":[[2,34],[3,null],[4,5]]}",
             "{\"name\":\"tx\",\"data\":[[9,9]]}", 1);
  check_torn("tz", "{\"name\":\"tz\",\"data\":[[1,null]]}", "{\"name\":\"tz\",\"data\":[[2,null],[3,null]]}",
             "{\"name\":\"tz\",\"data\":[[9,9]]}", 1);
  check_torn("tn", "{\"name\":\"tn\",\"data\":[[\"a\",1]]}", "{\"name\":\"tn\",\"data\":[[\"b]}\",2],[\"c [1]}\",3]]}",
             "{\"name\":\"tn\",\"data\":[[\"d\",9]]}", 1);
  check_torn("tp", "{\"name\":\"tp\",\"data\":[{\"y\":1,\"z\":[1]}]}",
             "{\"name\":\"tp\",\"data\":[{\"y\":2,\"z\":[2]},{\"y\":3,\"z\":{\"w\":[3]}}]}",
             "{\"name\":\"tp\",\"data\":[{\"y\":9}]}", 1);
  check_torn("te", "{\"name\":\"te\",\"data\":[]}", "{\"name\":\"te\",\"data\":[[2,34],[3,4]]}",
             "{\"name\":\"te\",\"data\":[[9,9]]}", 0);
}

/* The end of a long file looks like that of its data, and is that of another list. */
static void another_list_is_not_appended_to(void **state) {
  (void)state;
  enum { POINTS = 600000 };
  double sum = 0;
  buffer text = {0};
  buffer_add_text(&text, "{\"name\":\"v\",\"data\":[1");
  for (int i = 1; i < POINTS; i++)
    buffer_add_text(&text, ",1");
  buffer_add_text(&text, "],\"volume\":[2");
  for (int i = 1; i < 9000; i++)
    buffer_add_text(&text, ",2");
  buffer_add_text(&text, "]}");
  scratch_write("v.json", text.bytes, text.length);
  buffer_free(&text);
  append("{\"name\":\"v\",\"data\":[5,5]}");
  assert_int_equal(read_count("v.json", &sum), POINTS + 2);
}

/* ---- Pyramids that grow ---- */

static bool has_pyramid(const char *name) {
  int file = -1;
  int descriptor = -1;
  charts_error error;
  assert_int_equal(directory_open_series(&descriptor, NULL, opened, name, &error), CHARTS_OK);
  pyramid *found = window_open_pyramid(&file, opened, name, descriptor);
  bool there = found != NULL;
  pyramid_close(found);
  if (file >= 0)
    (void)close(file);
  (void)close(descriptor);
  return there;
}

/* Also where a pyramid tells all of it: that says nothing of how the file begins. */
static void files_of_others_with_a_pyramid_are_made_ours(void **state) {
  enum { ROWS = 100000 };
  static const char ours[] = "{\"name\":\"p\",\"display\":true,\"index\":0,\"data\":[";
  (void)state;
  buffer text = {0};
  charts_error error;
  double sum = 0;
  buffer_add_text(&text, "{\"name\":\"p\",\"data\":[");
  for (int i = 0; i < ROWS; i++)
    buffer_add_format(&text, "%s[%d,1]", i > 0 ? "," : "", i);
  buffer_add_text(&text, "]}");
  scratch_write_text("p.json", text.bytes);
  buffer_free(&text);
  int file = openat(directory_descriptor(opened), "p.json", O_RDWR);
  struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}}; /* settled */
  assert_int_equal(futimens(file, old), 0);
  indexing work = {opened, "p.json", file, true, NULL, NULL};
  assert_int_equal(indexing_run(&work, &error), CHARTS_OK);
  (void)close(file);
  assert_true(has_pyramid("p.json"));
  append("{\"name\":\"p\",\"data\":[[100000,2]]}");
  text = text_of("p.json");
  assert_memory_equal(text.bytes, ours, sizeof ours - 1);
  assert_int_equal(read_count("p.json", &sum), ROWS + 1);
  assert_true(sum == ROWS + 2);
  buffer_free(&text);
}

static bool (*stop)(void *context); /* ends what append_points does */
static int polls_left;

static bool stop_later(void *context) {
  (void)context;
  return polls_left-- <= 0;
}

static charts_status append_points(const directory *into, const char *name, const point *from, size_t count,
                                   bool only_y, charts_error *error) {
  series_list list;
  charts_column x = {&from[0].x, count, sizeof *from, CHARTS_FLOAT64, false, false, 0, CHARTS_TIME_NONE, NULL};
  charts_column y = x;
  y.memory = &from[0].y;
  charts_value *frame = charts_frame();
  if (!only_y)
    charts_frame_add(frame, NULL, charts_column_new(&x));
  charts_frame_add(frame, NULL, charts_column_new(&y));
  charts_value *record = charts_record();
  charts_record_set(record, "name", charts_text(name));
  charts_record_set(record, "data", frame);
  charts_status status = series_read(&list, record, &(series_request){0}, NULL, error);
  if (status == CHARTS_OK) {
    list.poll = stop;
    status = append_series(into, &list, error);
    series_list_free(&list);
  }
  charts_value_free(record);
  return status;
}

/* Whether anything of it was written already or not. */
static void an_interrupted_append_changes_nothing(void **state) {
  (void)state;
  enum { POINTS = 100000 };
  point *points = malloc(POINTS * sizeof *points);
  charts_error error;
  seed = 77;
  make_points(points, POINTS, WALK, IRREGULAR);
  for (int turn = 0; turn < 2; turn++) {
    (void)unlinkat(directory_descriptor(opened), "A.json", 0);
    assert_int_equal(append_points(opened, "A", points, 20000, false, &error), CHARTS_OK);
    assert_int_equal(append_points(opened, "A", points + 20000, 10, false, &error), CHARTS_OK);
    assert_true(has_pyramid("A.json"));
    buffer before = text_of("A.json");
    stop = stop_later;
    polls_left = turn == 0 ? 0 : 12; /* blocks of 4096 rows, more than is held back */
    assert_int_equal(append_points(opened, "A", points + 20010, 70000, false, &error), CHARTS_INTERRUPTED);
    stop = NULL;
    buffer after = text_of("A.json");
    assert_string_equal(after.bytes, before.bytes);
    assert_int_equal(has_pyramid("A.json"), turn == 0);
    assert_int_equal(append_points(opened, "A", points + 20010, 9000, false, &error), CHARTS_OK);
    window_request request = random_request(points, 29010, false);
    check_window(points, 29010, &request);
    buffer_free(&before);
    buffer_free(&after);
  }
  free(points);
}

static charts_status append_while(const char *json, bool (*poll)(void *context), void *context, charts_error *error) {
  series_list list;
  charts_value *value = parsed(json);
  assert_int_equal(series_read(&list, value, &(series_request){0}, NULL, error), CHARTS_OK);
  list.poll = poll;
  list.poll_context = context;
  charts_status status = append_series(opened, &list, error);
  series_list_free(&list);
  charts_value_free(value);
  return status;
}

static size_t polls;

/* Puts a series of the name that is being appended to, when the append has found that there is none. */
static bool put_meanwhile(void *context) {
  (void)context;
  if (polls++ == 0)
    put("[{\"name\":\"late\",\"data\":[1,2,3]}]");
  return false;
}

/* An append that makes the series does not take the place of one that another process put since it looked. */
static void a_series_that_came_meanwhile_is_appended_to(void **state) {
  (void)state;
  charts_error error;
  polls = 0;
  assert_int_equal(append_while("[{\"name\":\"late\",\"data\":[4]}]", put_meanwhile, NULL, &error), CHARTS_OK);
  assert_text("late.json", "{\"name\":\"late\",\"display\":true,\"index\":1,\"data\":[1,2,3\n,4]}");
}

/* The clock of the whole program, for what would take long. */
static long ahead_s;

int clock_gettime(clockid_t clock, struct timespec *now) {
  long failed = syscall(SYS_clock_gettime, clock, now);
  now->tv_sec += ahead_s;
  return (int)failed;
}

static bool pass_time(void *context) {
  (void)context;
  ahead_s += 11;
  return false;
}

static bool replace_again(void *context) {
  char text[64];
  size_t *times = context;
  (void)snprintf(text, sizeof text, "{\"data\":[[1,%zu]],\"name\":\"slow\"}", (*times)++);
  scratch_write_text("slow.json", text);
  return false;
}

static void a_file_that_takes_long_to_be_made_ours_is_appended_to(void **state) {
  (void)state;
  charts_error error;
  scratch_write_text("slow.json", "{ \"data\": [ [1, 2] ], \"name\": \"slow\" }\n");
  assert_int_equal(append_while("[{\"name\":\"slow\",\"data\":[[5,6]]}]", pass_time, NULL, &error), CHARTS_OK);
  assert_text("slow.json", "{\"name\":\"slow\",\"display\":true,\"index\":0,\"data\":[[1,2]\n,[5,6]]}");
}

/* Another program that never stops writing a file its own way. */
static void a_file_that_is_replaced_again_and_again_is_refused(void **state) {
  (void)state;
  size_t times = 0;
  charts_error error;
  scratch_write_text("slow.json", "{ \"data\": [ [1, 2] ], \"name\": \"slow\" }\n");
  assert_int_equal(append_while("[{\"name\":\"slow\",\"data\":[[5,6]]}]", replace_again, &times, &error),
                   CHARTS_REFUSED);
  assert_non_null(strstr(error.message, "slow"));
  assert_true(times > 1);
}

/* What was added before an error is said, so that nobody adds it twice. */
static void an_interrupted_append_says_what_it_did(void **state) {
  (void)state;
  charts_error error;
  const char *json = "[{\"name\":\"a\",\"data\":[4]},{\"name\":\"b\",\"data\":[5]},{\"name\":\"c\",\"data\":[6]}]";
  put("[{\"name\":\"a\",\"data\":[1]},{\"name\":\"b\",\"data\":[2]},{\"name\":\"c\",\"data\":[3]}]");
  polls_left = 0;
  assert_int_equal(append_while(json, stop_later, NULL, &error), CHARTS_INTERRUPTED);
  assert_string_equal(error.message, "the call was interrupted; nothing was changed");
  polls_left = 2;
  assert_int_equal(append_while(json, stop_later, NULL, &error), CHARTS_INTERRUPTED);
  assert_string_equal(error.message, "the call was interrupted; appended before that: a, b");
  assert_text("b.json", "{\"name\":\"b\",\"display\":true,\"index\":1,\"data\":[2\n,5]}");
  assert_text("c.json", "{\"name\":\"c\",\"display\":true,\"index\":2,\"data\":[3]}");
}

/* More names than there is room for in an error. */
static void many_names_are_counted(void **state) {
  enum { MANY = 200 };
  (void)state;
  charts_error error;
  buffer json = {0};
  for (int i = 0; i < MANY; i++)
    buffer_add_format(&json, "%s{\"name\":\"series %d\",\"data\":[1]}", i == 0 ? "[" : ",", i);
  buffer_add_text(&json, "]");
  put(json.bytes);
  polls_left = MANY - 1;
  assert_int_equal(append_while(json.bytes, stop_later, NULL, &error), CHARTS_INTERRUPTED);
  const char *last = strrchr(error.message, ',');
  int said = 0;
  int more = 0;
  assert_int_equal(sscanf(last, ", series %d and %d more", &said, &more), 2);
  assert_int_equal(said + 1 + more, MANY - 1);
  buffer_free(&json);
}

static const char pyramid_file[] = ".charts/pyramid/A.json";
static size_t syncs;
static bool syncs_fail;
static buffer synced; /* the pyramid when something was synced last: so much of it is on the disk */

int fsync(int file) {
  (void)file;
  syncs++;
  errno = EIO;
  if (syncs_fail)
    return -1;
  buffer_free(&synced);
  synced = text_of(pyramid_file);
  return 0;
}

static void windows_are_exact_after_every_append(void **state) {
  (void)state;
  enum { POINTS = 90000 };
  point *points = malloc(POINTS * sizeof *points);
  charts_error error;
  seed = 31;
  syncs = 0;
  for (int turn = 0; turn < 6; turn++) {
    bool only_y = turn % 3 == 2;
    make_points(points, POINTS, turn % 2 == 0 ? LONG_GAPS : WALK,
                only_y          ? REGULAR
                : turn % 3 == 0 ? IRREGULAR
                                : DOUBLES);
    (void)unlinkat(directory_descriptor(opened), "A.json", 0);
    for (size_t have = 0; have < POINTS;) {
      size_t more = turn % 2 == 0 ? 1 + below(9000) : 1 + below(40) * below(40) * below(10);
      more = more < POINTS - have ? more : POINTS - have;
      if (append_points(opened, "A", points + have, more, only_y, &error) != CHARTS_OK)
        fail_msg("%s", error.message);
      have += more;
      window_request request = random_request(points, have, false);
      check_window(points, have, &request);
    }
    assert_true(has_pyramid("A.json"));
    for (int i = 0; i < 20; i++) {
      window_request request = random_request(points, POINTS, false);
      check_window(points, POINTS, &request);
    }
  }
  assert_int_equal(syncs, 0); /* nobody waits for the disk */
  free(points);
}

/* ---- Power cuts ---- */

enum { SECTOR = 512, BEFORE_CUT = 20010, BEHIND_CUT = 25000 };

/* Puts points that have a pyramid. */
static void put_indexed(const point *points) {
  charts_error error;
  (void)unlinkat(directory_descriptor(opened), "A.json", 0);
  assert_int_equal(append_points(opened, "A", points, BEFORE_CUT - 10, false, &error), CHARTS_OK);
  assert_int_equal(append_points(opened, "A", points + BEFORE_CUT - 10, 10, false, &error), CHARTS_OK);
  assert_true(has_pyramid("A.json"));
}

/* Begins to append, and stops when nodes were written and no text was: the pyramid goes on to fit. */
static void break_off(const point *points) {
  charts_error error;
  buffer before = text_of(pyramid_file);
  stop = stop_later;
  polls_left = 6;
  assert_int_equal(append_points(opened, "A", points + BEFORE_CUT, 80000 - BEFORE_CUT, false, &error),
                   CHARTS_INTERRUPTED);
  stop = NULL;
  buffer after = text_of(pyramid_file);
  assert_true(has_pyramid("A.json"));
  assert_true(after.length > before.length);
  buffer_free(&before);
  buffer_free(&after);
}

/* Makes the pyramid what a power cut may leave: the header is new, every other sector new or as it was. */
static void cut_power(const buffer *before, const buffer *after, bool nothing_else) {
  buffer left = {0};
  for (size_t at = 0; at < after->length; at += SECTOR) {
    const buffer *from = at == 0 || (!nothing_else && below(2) == 0) ? after : before;
    for (size_t i = at; i < at + SECTOR && i < after->length; i++)
      buffer_add_char(&left, i < from->length ? from->bytes[i] : '\0');
  }
  scratch_write(pyramid_file, left.bytes, left.length);
  buffer_free(&left);
}

/* Appends, cuts the power in many ways, and looks at windows. `before`: the pyramid as the disk may hold it. */
static void append_and_cut(const point *points, const buffer *before) {
  charts_error error;
  syncs = 0;
  assert_int_equal(append_points(opened, "A", points + BEFORE_CUT, BEHIND_CUT, false, &error), CHARTS_OK);
  assert_true(has_pyramid("A.json"));
  buffer after = text_of(pyramid_file);
  for (int cut = 0; cut < 20; cut++) {
    cut_power(syncs > 0 ? &synced : before, &after, cut == 0);
    for (int i = 0; i < (cut == 0 ? 20 : 3); i++) {
      window_request request = random_request(points, BEFORE_CUT + BEHIND_CUT, false);
      check_window(points, BEFORE_CUT + BEHIND_CUT, &request);
    }
  }
  buffer_free(&after);
}

/* Points, and others that are the same as far as the pyramid goes that both are appended to. Their texts are of the
 * same lengths: a node of the one leads to a row of the other. */
static point *two_futures(point **others) {
  enum { POINTS = 80000 };
  point *points = malloc(POINTS * sizeof *points);
  *others = malloc(POINTS * sizeof **others);
  seed = 78;
  for (size_t i = 0; i < POINTS; i++) {
    points[i] = (point){(double)i, (double)(1000 + below(4000))};
    (*others)[i] = (point){points[i].x, points[i].y + (i < BEFORE_CUT ? 0 : 4000)};
  }
  return points;
}

/* Nodes of an append that was broken off stand behind the state of the header, with checksums that hold. Those that
 * take their places later are on the disk before the header that counts them. */
static void nodes_of_a_broken_append_never_count(void **state) {
  (void)state;
  point *others;
  point *points = two_futures(&others);
  for (int turn = 0; turn < 2; turn++) {
    put_indexed(points);
    buffer indexed = text_of(pyramid_file);
    break_off(others);
    if (turn == 1) /* a power cut took what lay behind the end, and left the nodes of upper levels before it */
      assert_int_equal(truncate(scratch_path(pyramid_file), (off_t)indexed.length), 0);
    buffer before = text_of(pyramid_file);
    append_and_cut(points, &before);
    assert_int_equal(syncs, 1);
    assert_memory_equal(synced.bytes, before.bytes, SECTOR); /* the header comes later */
    buffer_free(&indexed);
    buffer_free(&before);
  }
  buffer_free(&synced);
  free(points);
  free(others);
}

/* Where nothing stood zeros do, or nothing does: no checksum holds. So nobody has to wait for the disk. */
static void nodes_that_a_power_cut_took_never_count(void **state) {
  (void)state;
  point *others;
  point *points = two_futures(&others);
  put_indexed(points);
  buffer before = text_of(pyramid_file);
  append_and_cut(points, &before);
  assert_int_equal(syncs, 0);
  buffer_free(&before);
  free(points);
  free(others);
}

static void nodes_that_do_not_reach_the_disk_never_count(void **state) {
  (void)state;
  point *others;
  charts_error error;
  point *points = two_futures(&others);
  put_indexed(points);
  break_off(others);
  syncs_fail = true;
  charts_status status = append_points(opened, "A", points + BEFORE_CUT, BEHIND_CUT, false, &error);
  syncs_fail = false;
  assert_int_equal(status, CHARTS_OK);
  assert_false(has_pyramid("A.json"));
  window_request request = random_request(points, BEFORE_CUT + BEHIND_CUT, false);
  check_window(points, BEFORE_CUT + BEHIND_CUT, &request);
  free(points);
  free(others);
}

/* ---- At the same time ---- */

enum { WRITERS = 3, APPENDS = 400, BLOCK = 50 };

static void *append_blocks(void *context) {
  directory *own = NULL;
  charts_error error;
  bool *done = context;
  point block[BLOCK];
  *done = directory_open(&own, scratch_folder, DIRECTORY_WRITE, &error) == CHARTS_OK;
  for (int i = 0; i < APPENDS && *done; i++) {
    for (size_t j = 0; j < BLOCK; j++)
      block[j] = (point){0, 1.0009765625};
    *done = append_points(own, "both", block, BLOCK, true, &error) == CHARTS_OK;
  }
  directory_close(own);
  return NULL;
}

static void appenders_and_readers_do_not_meet(void **state) {
  (void)state;
  pthread_t threads[WRITERS];
  bool done[WRITERS];
  put("{\"name\":\"both\",\"data\":[]}");
  for (size_t i = 0; i < WRITERS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, append_blocks, &done[i]), 0);
  size_t last = 0;
  while (last < (size_t)WRITERS * APPENDS * BLOCK) {
    double sum = 0;
    size_t count = read_count("both.json", &sum);
    assert_true(count >= last);
    assert_int_equal(count % BLOCK, 0);
    if (count <= 4 * 65536)
      assert_true(sum == (double)count * 1.0009765625);
    last = count;
    for (size_t i = 0; i < WRITERS; i++)
      if (last < (size_t)WRITERS * APPENDS * BLOCK)
        sched_yield();
  }
  for (size_t i = 0; i < WRITERS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(done[i]);
  }
  assert_true(has_pyramid("both.json"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_bytes_are_those_of_the_format, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(other_kinds_are_refused_before_anything_is_written, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(an_empty_series_becomes_one_of_times, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(files_of_others_are_made_ours, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(files_of_others_with_a_pyramid_are_made_ours, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(another_list_is_not_appended_to, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(a_broken_write_is_not_there, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(an_interrupted_append_changes_nothing, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(a_series_that_came_meanwhile_is_appended_to, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(a_file_that_takes_long_to_be_made_ours_is_appended_to, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(a_file_that_is_replaced_again_and_again_is_refused, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(an_interrupted_append_says_what_it_did, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(many_names_are_counted, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(windows_are_exact_after_every_append, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(nodes_of_a_broken_append_never_count, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(nodes_that_a_power_cut_took_never_count, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(nodes_that_do_not_reach_the_disk_never_count, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(appenders_and_readers_do_not_meet, open_folder, close_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
