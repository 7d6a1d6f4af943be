/* Chart directories: names, listing, putting, removing, purging, views, settings, and what others leave there. */
#include "opened.h"

#include "buffer.h"
#include "clock.h"
#include "directory.h"
#include "storage.h"
#include "worker.h"

#include <dirent.h>
#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static charts_value *parsed(const char *json) {
  charts_value *value = NULL;
  charts_error error = {0};
  if (charts_value_parse(&value, json, strlen(json), &error) != CHARTS_OK)
    fail_msg("%s: %s", json, error.message);
  return value;
}

static charts_status put_json(const directory *into, const char *json, bool purge, charts_value *messages,
                              charts_error *error) {
  charts_value *value = parsed(json);
  series_list list;
  directory_report report;
  charts_status status = series_read(&list, value, &(series_request){0}, messages, error);
  if (status == CHARTS_OK)
    status = directory_put(into, &list, purge, &report, messages, error);
  series_list_free(&list);
  charts_value_free(value);
  return status;
}

static void put(const char *json) {
  charts_error error = {0};
  if (put_json(opened, json, false, NULL, &error) != CHARTS_OK)
    fail_msg("%s: %s", json, error.message);
}

static void assert_file(const char *file, const char *expected) {
  char *text = scratch_read(file);
  if (text == NULL)
    fail_msg("there is no %s", file);
  assert_string_equal(text, expected);
  free(text);
}

static directory_listing listed(void) {
  directory_listing listing;
  charts_error error = {0};
  if (directory_list(&listing, opened, NULL, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  return listing;
}

/* Names of the listing in order; broken ones as `!file: reason`. */
static void assert_listing(const char *expected) {
  directory_listing listing = listed();
  buffer text = {0};
  for (size_t i = 0; i < listing.count; i++) {
    const directory_entry *entry = &listing.entries[i];
    if (entry->reason != NULL)
      buffer_add_format(&text, "!%s: %s\n", entry->file, entry->reason);
    else
      buffer_add_format(&text, "%s\n", entry->name);
  }
  assert_string_equal(text.bytes != NULL ? text.bytes : "", expected);
  buffer_free(&text);
  directory_listing_free(&listing);
}

/* ---- File names ---- */

static void names_become_file_names(void **state) {
  (void)state;
  static const char *const known[][2] = {
      {"AAPL", "AAPL.json"},
      {"a b", "a b.json"},
      {"../x", "%2E.%2Fx.json"},
      {"a/b", "a%2Fb.json"},
      {".", "%2E.json"},
      {"..", "%2E%2E.json"},
      {"...", "%2E.%2E.json"},
      {".charts", "%2Echarts.json"},
      {" x ", "%20x%20.json"},
      {"x.", "x%2E.json"},
      {"<img src=x onerror=alert(1)>", "%3Cimg src=x onerror=alert(1)%3E.json"},
      {"100%", "100%25.json"},
      {"%2F", "%252F.json"},
      {"a:b*c?d\"e|f\\g", "a%3Ab%2Ac%3Fd%22e%7Cf%5Cg.json"},
      {"\x01\n\x7f", "%01%0A%7F.json"},
      {"\xC3\xA4\xE2\x82\xAC", "\xC3\xA4\xE2\x82\xAC.json"},
      {"!#$&'()+,-;=@[]^_`{}~", "!#$&'()+,-;=@[]^_`{}~.json"},
      {"A.json", "A.json.json"},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    char file[FILE_NAME_ROOM];
    char name[FILE_NAME_ROOM];
    directory_file_name(file, known[i][0], strlen(known[i][0]));
    assert_string_equal(file, known[i][1]);
    assert_true(filename_is_series(file));
    assert_true(directory_name_of_file(name, file));
    assert_string_equal(name, known[i][0]);
  }
}

static void long_names_end_in_their_hash(void **state) {
  (void)state;
  static const char *const letters[] = {"n", "\xE2\x82\xAC", "/", "\xF0\x9F\x93\x88"};
  for (size_t kind = 0; kind < sizeof letters / sizeof letters[0]; kind++) {
    char before[FILE_NAME_ROOM] = "";
    for (size_t count = 1; count * strlen(letters[kind]) <= 1024; count++) {
      char text[1100] = "";
      char file[FILE_NAME_ROOM];
      for (size_t i = 0; i < count; i++)
        memcpy(text + i * strlen(letters[kind]), letters[kind], strlen(letters[kind]) + 1);
      directory_file_name(file, text, strlen(text));
      size_t encoded = (*letters[kind] == '/' ? 3 : strlen(letters[kind])) * count;
      if (encoded <= 200) {
        assert_int_equal(strlen(file), encoded + 5);
      } else {
        char hash[32];
        (void)snprintf(hash, sizeof hash, "~%016llx.json", (unsigned long long)hash_bytes(text, strlen(text)));
        assert_true(strlen(file) <= 180 + 22);
        assert_string_equal(file + strlen(file) - 22, hash);
        size_t unit = *letters[kind] == '/' ? 3 : strlen(letters[kind]);
        assert_int_equal((strlen(file) - 22) % unit, 0);
      }
      assert_string_not_equal(file, before);
      memcpy(before, file, sizeof file);
    }
  }
}

static void only_visible_json_files_may_be_series(void **state) {
  (void)state;
  static const char *const not [] = {"",         "A",      ".json",    "A.jso",   ".A.json",
                                     "a/b.json", "..json", ".1.2.tmp", "A.json ", "A.JSON"};
  for (size_t i = 0; i < sizeof not / sizeof not [0]; i++)
    assert_false(filename_is_series(not [i]));
  char name[FILE_NAME_ROOM];
  assert_false(directory_name_of_file(name, "\xFF.json"));
  assert_true(directory_name_of_file(name, "50%.json"));
  assert_string_equal(name, "50%");
  assert_true(directory_name_of_file(name, "%zz%2.json"));
  assert_string_equal(name, "%zz%2");
  assert_true(directory_name_of_file(name, "%00.json"));
  assert_string_equal(name, "%00");
}

/* ---- Opening ---- */

static void a_directory_is_made_or_found(void **state) {
  (void)state;
  directory *other = NULL;
  charts_error error = {0};
  assert_int_equal(directory_open(&other, scratch_path("none"), DIRECTORY_READ, &error), CHARTS_NOT_FOUND);
  assert_null(other);
  assert_int_equal(mkdir(scratch_path("plain"), 0777), 0);
  assert_int_equal(directory_open(&other, scratch_path("plain"), DIRECTORY_READ, &error), CHARTS_NOT_FOUND);
  assert_non_null(strstr(error.message, ".charts"));
  assert_int_equal(directory_open(&other, scratch_path("new/deep/er"), DIRECTORY_WRITE, &error), CHARTS_OK);
  assert_true(scratch_exists("new/deep/er/.charts"));
  assert_int_equal(*directory_path(other), '/');
  directory_close(other);
  assert_int_equal(directory_open(&other, scratch_path("new/deep/er"), DIRECTORY_READ, &error), CHARTS_OK);
  directory_close(other);
  scratch_write_text("file", "x");
  assert_int_not_equal(directory_open(&other, scratch_path("file"), DIRECTORY_WRITE, &error), CHARTS_OK);
  assert_null(other);
  directory_close(NULL);
}

static void a_link_in_place_of_charts_is_refused(void **state) {
  (void)state;
  assert_int_equal(mkdir(scratch_path("trap"), 0777), 0);
  assert_int_equal(mkdir(scratch_path("elsewhere"), 0777), 0);
  char target[8192];
  (void)snprintf(target, sizeof target, "%s", scratch_path("elsewhere"));
  assert_int_equal(symlink(target, scratch_path("trap/.charts")), 0);
  directory *other = NULL;
  charts_error error = {0};
  assert_int_equal(directory_open(&other, scratch_path("trap"), DIRECTORY_WRITE, &error), CHARTS_REFUSED);
  assert_null(other);
  assert_int_equal(directory_open(&other, scratch_path("trap"), DIRECTORY_READ, &error), CHARTS_NOT_FOUND);
  assert_null(other);
}

/* ---- Putting ---- */

static void files_have_fixed_bytes(void **state) {
  (void)state;
  put("{\"data\":[[1147651200000,67.79],[1147737600000,null]],\"type\":\"area\",\"name\":\"AAPL\",\"color\":\"red\"}");
  assert_file("AAPL.json", "{\"name\":\"AAPL\",\"display\":true,\"index\":0,\"color\":\"red\",\"type\":\"area\","
                           "\"data\":[[1147651200000,67.79],[1147737600000,null]]}");
  assert_file(".charts/next", "1\n");
}

static void replacing_keeps_index_and_display(void **state) {
  (void)state;
  put("[{\"name\":\"A\",\"data\":[1],\"display\":false},{\"name\":\"B\",\"data\":[2]}]");
  put("{\"name\":\"B\",\"data\":[3]}");
  put("{\"name\":\"A\",\"data\":[4]}");
  assert_file("A.json", "{\"name\":\"A\",\"display\":false,\"index\":0,\"data\":[4]}");
  assert_file("B.json", "{\"name\":\"B\",\"display\":true,\"index\":1,\"data\":[3]}");
  put("{\"name\":\"A\",\"data\":[5],\"display\":true}");
  put("{\"name\":\"B\",\"data\":[6],\"index\":9}");
  put("{\"name\":\"C\",\"data\":[]}");
  assert_file("A.json", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[5]}");
  assert_file("B.json", "{\"name\":\"B\",\"display\":true,\"index\":9,\"data\":[6]}");
  assert_file("C.json", "{\"name\":\"C\",\"display\":true,\"index\":2,\"data\":[]}");
}

static void hostile_names_are_series_and_nothing_more(void **state) {
  (void)state;
  put("[{\"name\":\"../charts-unit-x\",\"data\":[1]},{\"name\":\"a/b\",\"data\":[2]},{\"name\":\"<img src=x "
      "onerror=alert(1)>\",\"data\":[3]},"
      "{\"name\":\".charts\",\"data\":[4]},{\"name\":\"\\u0001\",\"data\":[5]}]");
  assert_listing("../charts-unit-x\na/b\n<img src=x onerror=alert(1)>\n.charts\n\x01\n");
  assert_true(scratch_exists("%2E.%2Fcharts-unit-x.json"));
  assert_true(scratch_exists("a%2Fb.json"));
  assert_false(scratch_exists("../charts-unit-x"));
  charts_error error;
  assert_int_equal(directory_remove(opened, "../charts-unit-x", &error), CHARTS_OK);
  assert_listing("a/b\n<img src=x onerror=alert(1)>\n.charts\n\x01\n");
}

static void more_than_twelve_new_series_wait(void **state) {
  (void)state;
  buffer json = {0};
  buffer_add_char(&json, '[');
  for (int i = 0; i < 50; i++)
    buffer_add_format(&json, "%s{\"name\":\"s%02d\",\"data\":[1]}", i > 0 ? "," : "", i);
  buffer_add_char(&json, ']');
  charts_value *value = parsed(json.bytes);
  series_list list;
  directory_report report;
  charts_error error;
  assert_int_equal(series_read(&list, value, &(series_request){0}, NULL, &error), CHARTS_OK);
  assert_int_equal(directory_put(opened, &list, false, &report, NULL, &error), CHARTS_OK);
  assert_int_equal(report.added, 50);
  assert_int_equal(report.shown, 12);
  directory_listing listing = listed();
  for (size_t i = 0; i < listing.count; i++)
    assert_int_equal(listing.entries[i].head.display, i < 12);
  directory_listing_free(&listing);
  assert_int_equal(directory_put(opened, &list, false, &report, NULL, &error), CHARTS_OK);
  assert_int_equal(report.added, 0);
  series_list_free(&list);
  charts_value_free(value);
  buffer_free(&json);
}

static void the_next_index_is_only_a_hint(void **state) {
  (void)state;
  put("{\"name\":\"A\",\"data\":[1],\"index\":4}");
  assert_int_equal(unlink(scratch_path(".charts/next")), -1);
  put("{\"name\":\"B\",\"data\":[1]}");
  assert_file("B.json", "{\"name\":\"B\",\"display\":true,\"index\":5,\"data\":[1]}");
  static const char *const wrong[] = {"", "x\n", "7", "-3\n", "1e3\n", "99999999999999999999\n"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    char json[64];
    char expected[128];
    scratch_write_text(".charts/next", wrong[i]);
    (void)snprintf(json, sizeof json, "{\"name\":\"W%zu\",\"data\":[1]}", i);
    (void)snprintf(expected, sizeof expected, "{\"name\":\"W%zu\",\"display\":true,\"index\":%zu,\"data\":[1]}", i,
                   6 + i);
    put(json);
    (void)snprintf(json, sizeof json, "W%zu.json", i);
    assert_file(json, expected);
  }
}

static void a_huge_index_of_others_does_not_count(void **state) {
  (void)state;
  scratch_write_text("huge.json", "{\"index\":1e300,\"data\":[1]}");
  scratch_write_text("seven.json", "{\"index\":7.5,\"data\":[1]}");
  put("[{\"name\":\"A\",\"data\":[1]},{\"name\":\"B\",\"data\":[1]}]");
  assert_file("A.json", "{\"name\":\"A\",\"display\":true,\"index\":8,\"data\":[1]}");
  assert_file("B.json", "{\"name\":\"B\",\"display\":true,\"index\":9,\"data\":[1]}");
}

static void a_put_that_fails_changes_nothing(void **state) {
  (void)state;
  put("[{\"name\":\"A\",\"data\":[1]},{\"name\":\"B\",\"data\":[2]}]");
  charts_value *value = parsed("[{\"name\":\"A\",\"data\":[3]},{\"name\":\"C\",\"data\":[4]}]");
  series_list list;
  charts_error error;
  assert_int_equal(series_read(&list, value, &(series_request){0}, NULL, &error), CHARTS_OK);
  charts_status status = CHARTS_MEMORY;
  for (long successes = 0; status != CHARTS_OK; successes++) {
    directory_report report;
    assert_listing("A\nB\n");
    assert_file("A.json", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1]}");
    memory_fail_after(successes, false);
    status = directory_put(opened, &list, false, &report, NULL, &error);
    memory_fail_after(-1, false);
    assert_true(status == CHARTS_OK || status == CHARTS_MEMORY);
  }
  assert_file("A.json", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[3]}");
  series_list_free(&list);
  charts_value_free(value);
  directory_listing listing = listed();
  assert_int_equal(listing.count, 3);
  directory_listing_free(&listing);
}

static int count_temporaries(void) {
  char command[8192];
  int count = 0;
  (void)snprintf(command, sizeof command, "find '%s' -name '*.tmp' | wc -l", scratch_folder);
  FILE *from = popen(command, "r");
  assert_non_null(from);
  assert_int_equal(fscanf(from, "%d", &count), 1);
  (void)pclose(from);
  return count;
}

static size_t failing(void *context, double *block, size_t room) {
  (void)block;
  (void)room;
  int *calls = context;
  return ++*calls < 3 ? room : SIZE_MAX;
}

static void a_failing_reader_leaves_no_temporary(void **state) {
  (void)state;
  int calls = 0;
  charts_value *reader = charts_reader(failing, &calls);
  series_list list;
  directory_report report;
  charts_error error;
  assert_int_equal(series_read(&list, reader, &(series_request){.name = "R"}, NULL, &error), CHARTS_OK);
  assert_int_equal(directory_put(opened, &list, false, &report, NULL, &error), CHARTS_INTERRUPTED);
  assert_listing("");
  assert_int_equal(count_temporaries(), 0);
  series_list_free(&list);
  charts_value_free(reader);
}

static void a_failing_put_claims_no_index(void **state) {
  (void)state;
  int calls = 0;
  charts_value *reader = charts_reader(failing, &calls);
  series_list list;
  directory_report report;
  charts_error error;
  put("{\"name\":\"A\",\"data\":[1]}");
  assert_int_equal(series_read(&list, reader, &(series_request){.name = "R"}, NULL, &error), CHARTS_OK);
  assert_int_equal(directory_put(opened, &list, false, &report, NULL, &error), CHARTS_INTERRUPTED);
  assert_file(".charts/next", "1\n");
  calls = 0;
  assert_int_equal(directory_put(opened, &list, true, &report, NULL, &error), CHARTS_INTERRUPTED);
  assert_file(".charts/next", "1\n");
  put("{\"name\":\"B\",\"data\":[1]}");
  assert_file("B.json", "{\"name\":\"B\",\"display\":true,\"index\":1,\"data\":[1]}");
  series_list_free(&list);
  charts_value_free(reader);
}

static void a_directory_in_the_way_fails_the_whole_put(void **state) {
  (void)state;
  charts_error error = {0};
  put("{\"name\":\"A\",\"data\":[1]}");
  assert_int_equal(mkdir(scratch_path("B.json"), 0777), 0);
  assert_int_equal(
      put_json(opened, "[{\"name\":\"A\",\"data\":[2]},{\"name\":\"B\",\"data\":[2]}]", false, NULL, &error),
      CHARTS_REFUSED);
  assert_non_null(strstr(error.message, "B.json is a directory"));
  assert_file("A.json", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1]}");
  assert_int_equal(count_temporaries(), 0);
}

/* The file that can be neither replaced nor removed, as one of another user in a folder with the sticky bit. */
static const char *kept_by_others;

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  if (kept_by_others == NULL || strcmp(to, kept_by_others) != 0)
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
  errno = EPERM;
  return -1;
}

int unlinkat(int folder, const char *file, int flags) {
  if (kept_by_others == NULL || strcmp(file, kept_by_others) != 0)
    return (int)syscall(SYS_unlinkat, folder, file, flags);
  errno = EPERM;
  return -1;
}

/* A failed call, and what is there then: series that are whole, and nothing else. */
static void assert_half_done(const char *json, bool purge, const char *listing) {
  charts_error error = {0};
  kept_by_others = "B.json";
  charts_status status = put_json(opened, json, purge, NULL, &error);
  kept_by_others = NULL;
  assert_int_equal(status, CHARTS_IO);
  assert_non_null(strstr(error.message, "B.json"));
  assert_listing(listing);
  assert_int_equal(count_temporaries(), 0);
  assert_false(scratch_exists(".charts/commit"));
}

/* The exception to a failed call that changes nothing: it stands in charts.h. */
static void what_cannot_be_replaced_leaves_whole_series(void **state) {
  (void)state;
  charts_error error = {0};
  const char *three = "[{\"name\":\"N\",\"data\":[3]},{\"name\":\"A\",\"data\":[3]},{\"name\":\"B\",\"data\":[3]}]";
  put("[{\"name\":\"A\",\"data\":[1]},{\"name\":\"B\",\"data\":[2]},{\"name\":\"C\",\"data\":[2]}]");
  assert_half_done("{\"name\":\"B\",\"data\":[3]}", false, "A\nB\nC\n");
  assert_half_done(three, false, "A\nB\nC\nN\n");
  assert_file("N.json", "{\"name\":\"N\",\"display\":true,\"index\":3,\"data\":[3]}");
  assert_file("A.json", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[3]}");
  assert_file("B.json", "{\"name\":\"B\",\"display\":true,\"index\":1,\"data\":[2]}");
  put(three);
  assert_file("B.json", "{\"name\":\"B\",\"display\":true,\"index\":1,\"data\":[3]}");
  /* A purge that may not remove one removes the others. */
  assert_half_done("{\"name\":\"P\",\"data\":[4]}", true, "P\nB\n");
  assert_int_equal(put_json(opened, "{\"name\":\"P\",\"data\":[4]}", true, NULL, &error), CHARTS_OK);
  assert_listing("P\n");
}

/* Who may write in a shared directory may lock it and put views there, whatever umask its maker had. */
static void a_shared_directory_stays_shared(void **state) {
  (void)state;
  charts_error error = {0};
  directory *shared = NULL;
  struct stat status;
  char id[VIEW_ID_ROOM];
  static const char *const folders[] = {"shared/.charts", "shared/.charts/views"};
  mode_t before = umask(022);
  assert_int_equal(mkdir(scratch_path("shared"), 0777), 0);
  assert_int_equal(chmod(scratch_path("shared"), 0775), 0);
  assert_int_equal(directory_open(&shared, scratch_path("shared"), DIRECTORY_WRITE, &error), CHARTS_OK);
  assert_int_equal(put_json(shared, "{\"name\":\"A\",\"data\":[1]}", false, NULL, &error), CHARTS_OK);
  charts_value *view = parsed("{}");
  assert_int_equal(directory_view_put(id, shared, view, &error), CHARTS_OK);
  (void)umask(before);
  charts_value_free(view);
  directory_close(shared);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(stat(scratch_path(folders[i]), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0775);
  }
  assert_int_equal(stat(scratch_path("shared/.charts/lock"), &status), 0);
  assert_int_equal(status.st_mode & 0777, 0664);
}

static void writers_do_not_lose_each_others_series(void **state) {
  (void)state;
  enum { WRITERS = 4, SERIES = 25 };
  pid_t writers[WRITERS];
  for (int writer = 0; writer < WRITERS; writer++) {
    writers[writer] = fork();
    if (writers[writer] != 0)
      continue;
    directory *own = NULL;
    charts_error error;
    int status = directory_open(&own, scratch_folder, DIRECTORY_WRITE, &error) == CHARTS_OK ? 0 : 1;
    for (int i = 0; i < SERIES && status == 0; i++) {
      char json[64];
      (void)snprintf(json, sizeof json, "{\"name\":\"w%d-%d\",\"data\":[%d]}", writer, i, i);
      status = put_json(own, json, false, NULL, &error) == CHARTS_OK ? 0 : 1;
    }
    directory_close(own);
    _exit(status);
  }
  for (int writer = 0; writer < WRITERS; writer++) {
    int status = 1;
    assert_int_equal(waitpid(writers[writer], &status, 0), writers[writer]);
    assert_int_equal(status, 0);
  }
  directory_listing listing = listed();
  assert_int_equal(listing.count, WRITERS * SERIES);
  for (size_t i = 0; i < listing.count; i++) {
    assert_null(listing.entries[i].reason);
    assert_true(listing.entries[i].head.index == (double)i);
  }
  directory_listing_free(&listing);
}

/* ---- What others leave ---- */

static void foreign_files_are_series(void **state) {
  (void)state;
  put("{\"name\":\"B\",\"data\":[1]}");
  scratch_write_text("zeta.json", "{\"data\":[1,2]}");
  scratch_write_text("x%2Fy.json", "{ \"data\" : [ 1 ] }\n");
  scratch_write_text("other.json", "{\"data\":[1],\"name\":\"alpha\",\"index\":-1}");
  assert_listing("alpha\nB\nx/y\nzeta\n");
}

static void broken_files_are_named_and_disturb_nothing(void **state) {
  (void)state;
  put("{\"name\":\"A\",\"data\":[1]}");
  scratch_write_text("empty.json", "");
  scratch_write_text("text.json", "hello");
  scratch_write_text("cut.json", "{\"name\":\"C\",\"display\":true,\"index\":0,\"data\":[1,2");
  scratch_write_text(".hidden.json", "{}");
  scratch_write_text(".123.4.tmp", "{\"name\":\"T\",\"da");
  scratch_write_text("notes.txt", "x");
  directory_listing listing = listed();
  assert_int_equal(listing.count, 4);
  assert_string_equal(listing.entries[0].name, "A");
  static const char *const files[] = {"cut.json", "empty.json", "text.json"};
  for (size_t i = 0; i < 3; i++) {
    assert_string_equal(listing.entries[i + 1].file, files[i]);
    assert_non_null(listing.entries[i + 1].reason);
    assert_non_null(strstr(listing.entries[i + 1].reason, "line 1"));
    assert_null(directory_find_name(&listing, "C"));
    assert_non_null(directory_find_file(&listing, files[i]));
  }
  directory_listing_free(&listing);
}

static void hostile_files_are_named_at_once(void **state) {
  (void)state;
  put("{\"name\":\"A\",\"data\":[1]}");
  assert_int_equal(mkfifo(scratch_path("fifo.json"), 0666), 0);
  assert_int_equal(mkdir(scratch_path("folder.json"), 0777), 0);
  assert_int_equal(symlink("A.json", scratch_path("link.json")), 0);
  assert_int_equal(symlink("/etc/passwd", scratch_path("passwd.json")), 0);
  assert_int_equal(symlink("nowhere", scratch_path("nowhere.json")), 0);
  time_t before = time(NULL);
  assert_listing("A\n"
                 "!fifo.json: fifo.json: expected a regular file\n"
                 "!folder.json: folder.json: expected a regular file\n"
                 "!link.json: link.json: expected a regular file\n"
                 "!nowhere.json: nowhere.json: expected a regular file\n"
                 "!passwd.json: passwd.json: expected a regular file\n");
  assert_true(time(NULL) - before < 2);
  static const char *const files[] = {"../etc/passwd", "/etc/passwd", "..",       ".charts",
                                      ".charts/next",  "a/../A.json", "none.json"};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    int file = 7;
    charts_error error;
    assert_int_equal(directory_open_series(&file, NULL, opened, files[i], &error), CHARTS_NOT_FOUND);
    assert_int_equal(file, -1);
  }
}

/* What a program that died before it wrote, or a hostile one, leaves: bytes that nobody wrote, far more than there is
 * time to read. */
static void a_hole_is_damage_and_takes_no_time(void **state) {
  (void)state;
  static const char *const begun[] = {"{\"name\":\"B\",\"display\":true,\"index\":0,\"data\":[1,2",
                                      "{\"name\":\"B\",\"display\":true,\"index\":0,\"data\":[[\"a\",1]",
                                      "{\"name\":\"B\",\"display\":true,\"index\":0,\"data\":[", "{", ""};
  int64_t began = now_ms();
  for (size_t i = 0; i < sizeof begun / sizeof begun[0]; i++) {
    scratch_write_text("HOLE.json", begun[i]);
    assert_int_equal(truncate(scratch_path("HOLE.json"), (off_t)20 << 30), 0);
    directory_listing listing = listed();
    assert_int_equal(listing.count, 1);
    assert_non_null(listing.entries[0].reason);
    directory_listing_free(&listing);
  }
  put("{\"name\":\"A\",\"data\":[1]}");
  put("{\"name\":\"HOLE\",\"data\":[2]}");
  assert_true(now_ms() - began < 10000); /* reading one of them takes longer */
  assert_listing("A\nHOLE\n");
}

/* The end of an append that was broken off may stand behind a hole; what was there before it is there. */
static void rows_before_a_hole_are_found(void **state) {
  (void)state;
  static const char text[] = "{\"name\":\"B\",\"display\":true,\"index\":0,\"data\":[1,2\n,3";
  int64_t began = now_ms();
  scratch_write_text("B.json", text);
  assert_int_equal(truncate(scratch_path("B.json"), (off_t)20 << 30), 0);
  assert_listing("B\n");
  assert_file("B.json", "{\"name\":\"B\",\"display\":true,\"index\":0,\"data\":[1,2\n]}");
  assert_true(now_ms() - began < 10000);
}

/* ---- Files that take long to read ---- */

/* A file of another program, which has to be read whole: nothing else tells whether it is one. */
static void write_long(const char *file) {
  buffer text = {0};
  buffer_add_text(&text, "{\"data\":[{\"y\":1}");
  while (text.length < 600000)
    buffer_add_text(&text, ",{\"y\":2,\"name\":\"one of many\"}");
  buffer_add_text(&text, "]}");
  assert_false(text.failed);
  scratch_write(file, text.bytes, text.length);
  buffer_free(&text);
}

/* Another writer of the directory, who writes as soon as he may while somebody reads. */
typedef struct beside {
  const char *json;
  directory *own;
  bool late; /* also while what is put is written */
  int skips; /* so often he lets it pass */
  bool done;
} beside;

static bool is_locked(void) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
  int file = open(scratch_path(".charts/lock"), O_RDWR);
  bool locked = file >= 0 && fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  if (file >= 0)
    (void)close(file);
  return locked;
}

static bool is_written(void) {
  DIR *folder = opendir(scratch_folder);
  bool found = false;
  assert_non_null(folder);
  for (const struct dirent *file = readdir(folder); file != NULL; file = readdir(folder))
    found = found || storage_is_temporary(file->d_name);
  (void)closedir(folder);
  return found;
}

static bool put_beside(void *context) {
  beside *of = context;
  charts_error error = {0};
  if (of->done || is_locked() || (!of->late && is_written()) || of->skips-- > 0)
    return false;
  of->done = true;
  if (put_json(of->own, of->json, false, NULL, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  return false;
}

static beside begin_beside(const char *json) {
  beside of = {.json = json};
  charts_error error;
  assert_int_equal(directory_open(&of.own, scratch_folder, DIRECTORY_WRITE, &error), CHARTS_OK);
  return of;
}

static void end_beside(const beside *of) {
  assert_true(of->done);
  directory_close(of->own);
}

static void a_listing_that_takes_long_keeps_nobody_from_writing(void **state) {
  (void)state;
  put("{\"name\":\"A\",\"data\":[1]}");
  write_long("long.json");
  beside other = begin_beside("{\"name\":\"B\",\"data\":[1]}");
  worker_stop_when(put_beside, &other);
  assert_listing("A\nlong\n"); /* the directory as it was at one moment */
  worker_stop_when(NULL, NULL);
  end_beside(&other);
  assert_listing("A\nB\nlong\n");
}

/* Two series that are put together, and take long to list: no newline of an append tells where they end. */
static char *long_pair(const char *color) {
  buffer text = {0};
  for (int i = 0; i < 2; i++) {
    buffer_add_format(&text, "%s{\"name\":\"%c\",\"color\":\"%s\",\"data\":[[\"a\",1]", i == 0 ? "[" : ",", 'A' + i,
                      color);
    for (int row = 0; row < 20000; row++)
      buffer_add_text(&text, ",[\"one of many\",2]");
    buffer_add_text(&text, "]}");
  }
  buffer_add_char(&text, ']');
  assert_false(text.failed);
  return text.bytes;
}

static void half_of_a_put_is_not_listed(void **state) {
  (void)state;
  char *before = long_pair("red");
  char *after = long_pair("blue");
  put(before);
  beside other = begin_beside(after);
  worker_stop_when(put_beside, &other);
  directory_listing listing = listed();
  worker_stop_when(NULL, NULL);
  end_beside(&other);
  assert_int_equal(listing.count, 2);
  for (size_t i = 0; i < 2; i++)
    assert_string_equal(charts_value_text(charts_value_get(listing.entries[i].head.attributes, "color"), NULL), "red");
  directory_listing_free(&listing);
  free(before);
  free(after);
}

static void any_number_of_files_that_take_long_is_listed(void **state) {
  (void)state;
  for (int i = 0; i < 70; i++) {
    char file[16];
    (void)snprintf(file, sizeof file, "%02d.json", i);
    write_long(file);
  }
  put("{\"name\":\"A\",\"data\":[1]}");
  directory_listing listing = listed();
  assert_int_equal(listing.count, 71);
  for (size_t i = 0; i < listing.count; i++)
    assert_null(listing.entries[i].reason);
  directory_listing_free(&listing);
}

/* Puts a series while `other` puts one. */
static void put_with(beside *other, const char *json, bool purge) {
  series_list list;
  directory_report report;
  charts_error error = {0};
  charts_value *value = parsed(json);
  assert_int_equal(series_read(&list, value, &(series_request){0}, NULL, &error), CHARTS_OK);
  list.poll = put_beside;
  list.poll_context = other;
  if (directory_put(opened, &list, purge, &report, NULL, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  series_list_free(&list);
  charts_value_free(value);
}

static void a_put_that_looks_for_long_keeps_nobody_from_writing(void **state) {
  (void)state;
  beside first = begin_beside("{\"name\":\"B\",\"data\":[1]}");
  write_long("long.json");
  put_with(&first, "{\"name\":\"A\",\"data\":[1]}", false); /* it looks for the highest index */
  end_beside(&first);
  assert_file("B.json", "{\"name\":\"B\",\"display\":true,\"index\":0,\"data\":[1]}");
  assert_file("A.json", "{\"name\":\"A\",\"display\":true,\"index\":1,\"data\":[1]}");
  beside second = begin_beside("{\"name\":\"C\",\"data\":[1]}");
  put_with(&second, "{\"name\":\"long\",\"data\":[1]}", false); /* it looks at what it replaces */
  end_beside(&second);
  assert_listing("B\nA\nC\nlong\n");
}

static void a_purge_that_looks_for_long_removes_what_came_meanwhile(void **state) {
  (void)state;
  put("{\"name\":\"A\",\"data\":[1]}");
  write_long("long.json");
  beside other = begin_beside("{\"name\":\"B\",\"data\":[1]}");
  other.late = true;
  other.skips = 4; /* C is written; then the directory is looked at */
  put_with(&other, "{\"name\":\"C\",\"data\":[1]}", true);
  end_beside(&other);
  assert_listing("C\n");
}

static void what_takes_long_is_removed(void **state) {
  (void)state;
  charts_error error = {0};
  write_long("long.json");
  scratch_write_text("other.json", "{\"name\":\"O\",\"data\":[1]}");
  assert_int_equal(directory_remove(opened, "O", &error), CHARTS_OK); /* its name is found by a listing */
  assert_listing("long\n");
  assert_int_equal(directory_remove(opened, "long", &error), CHARTS_OK);
  assert_int_equal(directory_remove(opened, "long", &error), CHARTS_NOT_FOUND);
}

static bool stop_now(void *context) {
  int *left = context;
  return (*left)-- <= 0;
}

static void a_listing_ends_when_it_is_told(void **state) {
  (void)state;
  write_long("long.json");
  charts_status status = CHARTS_INTERRUPTED;
  int most = 0;
  for (; status == CHARTS_INTERRUPTED; most++) {
    int left = most;
    directory_listing listing;
    charts_error error;
    worker_stop_when(stop_now, &left);
    status = directory_list(&listing, opened, NULL, &error);
    worker_stop_when(NULL, NULL);
    directory_listing_free(&listing);
  }
  assert_int_equal(status, CHARTS_OK);
  assert_true(most > 8); /* one for each piece of the file */
}

static void a_put_replaces_a_link_and_follows_none(void **state) {
  (void)state;
  scratch_write_text("victim", "precious");
  assert_int_equal(symlink("victim", scratch_path("A.json")), 0);
  put("{\"name\":\"A\",\"data\":[1]}");
  assert_file("victim", "precious");
  assert_file("A.json", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1]}");
}

static void a_second_file_of_a_name_is_shadowed(void **state) {
  (void)state;
  scratch_write_text("A copy.json", "{\"name\":\"A\",\"data\":[1]}");
  scratch_write_text("0.json", "{\"name\":\"A\",\"data\":[1]}");
  put("{\"name\":\"A\",\"data\":[2]}");
  assert_listing("A\n!0.json: shadowed by A.json\n!A copy.json: shadowed by A.json\n");
  assert_int_equal(unlink(scratch_path("A.json")), 0);
  assert_listing("A\n!A copy.json: shadowed by 0.json\n");
}

/* ---- Listing ---- */

static void the_listing_is_ordered(void **state) {
  (void)state;
  put("[{\"name\":\"z\",\"data\":[1]},{\"name\":\"b\",\"data\":[1]},{\"name\":\"a\",\"data\":[1],\"index\":1}]");
  scratch_write_text("n2.json", "{\"data\":[]}");
  scratch_write_text("n1.json", "{\"data\":[]}");
  assert_listing("z\na\nb\nn1\nn2\n");
}

static void the_revision_changes_with_the_files(void **state) {
  (void)state;
  directory_listing first = listed();
  put("{\"name\":\"A\",\"data\":[1]}");
  directory_listing second = listed();
  directory_listing third = listed();
  put("{\"name\":\"A\",\"data\":[2]}");
  directory_listing fourth = listed();
  assert_string_not_equal(first.revision, second.revision);
  assert_string_equal(second.revision, third.revision);
  assert_string_not_equal(third.revision, fourth.revision);
  assert_string_not_equal(third.entries[0].stamp, fourth.entries[0].stamp);
  directory_listing_free(&first);
  directory_listing_free(&second);
  directory_listing_free(&third);
  directory_listing_free(&fourth);
}

static void a_known_listing_gives_the_same(void **state) {
  (void)state;
  put("[{\"name\":\"A\",\"data\":[1]},{\"name\":\"B\",\"data\":[[1,2]]}]");
  scratch_write_text("broken.json", "[");
  scratch_write_text("B2.json", "{\"name\":\"B\",\"data\":[1]}");
  directory_listing known = listed();
  put("{\"name\":\"C\",\"data\":[3]}");
  put("{\"name\":\"A\",\"data\":[[5,6,7]]}");
  assert_int_equal(unlink(scratch_path("B.json")), 0);
  directory_listing fresh = listed();
  directory_listing again;
  charts_error error;
  assert_int_equal(directory_list(&again, opened, &known, &error), CHARTS_OK);
  assert_int_equal(known.count, 0);
  assert_string_equal(again.revision, fresh.revision);
  assert_int_equal(again.count, fresh.count);
  for (size_t i = 0; i < again.count; i++) {
    assert_string_equal(again.entries[i].file, fresh.entries[i].file);
    assert_string_equal(again.entries[i].stamp, fresh.entries[i].stamp);
    assert_int_equal(again.entries[i].head.kind, fresh.entries[i].head.kind);
    assert_int_equal(again.entries[i].reason == NULL, fresh.entries[i].reason == NULL);
  }
  directory_listing_free(&again);
  directory_listing_free(&fresh);
}

static void listing_survives_the_end_of_memory(void **state) {
  (void)state;
  put("[{\"name\":\"A\",\"data\":[1],\"type\":\"area\"},{\"name\":\"B\",\"data\":[[1,2]]}]");
  scratch_write_text("broken.json", "[");
  scratch_write_text("B2.json", "{\"name\":\"B\",\"data\":[1]}");
  char id[VIEW_ID_ROOM];
  charts_error error;
  charts_value *view = parsed("{\"type\":\"bar\"}");
  assert_int_equal(directory_view_put(id, opened, view, &error), CHARTS_OK);
  assert_int_equal(directory_settings_put(opened, "s", view, &error), CHARTS_OK);
  charts_value_free(view);
  charts_status status = CHARTS_MEMORY;
  for (long successes = 0; status != CHARTS_OK; successes++) {
    directory_listing listing;
    memory_fail_after(successes, false);
    status = directory_list(&listing, opened, NULL, &error);
    memory_fail_after(-1, false);
    assert_true(status == CHARTS_OK || status == CHARTS_MEMORY);
    if (status == CHARTS_OK) {
      assert_int_equal(listing.count, 4);
      assert_int_equal(listing.view_count, 1);
      assert_int_equal(listing.settings_count, 1);
    }
    directory_listing_free(&listing);
  }
}

/* ---- Removing and purging ---- */

static void removing_takes_one_series(void **state) {
  (void)state;
  put("[{\"name\":\"A\",\"data\":[1]},{\"name\":\"B\",\"data\":[2]}]");
  scratch_write_text("foreign.json", "{\"name\":\"F\",\"data\":[1]}");
  charts_error error = {0};
  assert_int_equal(directory_remove(opened, "A", &error), CHARTS_OK);
  assert_int_equal(directory_remove(opened, "F", &error), CHARTS_OK);
  assert_listing("B\n");
  assert_int_equal(directory_remove(opened, "A", &error), CHARTS_NOT_FOUND);
  assert_non_null(strstr(error.message, "A"));
  put("{\"name\":\"C\",\"data\":[2]}");
  assert_file("C.json", "{\"name\":\"C\",\"display\":true,\"index\":2,\"data\":[2]}");
}

static void purging_starts_anew(void **state) {
  (void)state;
  put("[{\"name\":\"A\",\"data\":[1]},{\"name\":\"B\",\"data\":[2],\"display\":false}]");
  scratch_write_text("broken.json", "not a series");
  scratch_write_text("notes.txt", "x");
  charts_error error = {0};
  char id[VIEW_ID_ROOM];
  charts_value *view = parsed("{\"type\":\"bar\"}");
  assert_int_equal(directory_view_put(id, opened, view, &error), CHARTS_OK);
  assert_int_equal(directory_settings_put(opened, "kept", view, &error), CHARTS_OK);
  charts_value_free(view);
  charts_value *messages = charts_list();
  assert_int_equal(
      put_json(opened, "[{\"name\":\"C\",\"data\":[3]},{\"name\":\"B\",\"data\":[4]}]", true, messages, &error),
      CHARTS_OK);
  assert_file("C.json", "{\"name\":\"C\",\"display\":true,\"index\":0,\"data\":[3]}");
  assert_file("B.json", "{\"name\":\"B\",\"display\":true,\"index\":1,\"data\":[4]}");
  assert_false(scratch_exists("A.json"));
  assert_file("broken.json", "not a series");
  assert_file("notes.txt", "x");
  assert_int_equal(charts_value_count(messages), 1);
  assert_non_null(
      strstr(charts_value_text(charts_value_get(charts_value_at(messages, 0), "text"), NULL), "broken.json"));
  directory_listing listing = listed();
  assert_int_equal(listing.view_count, 0);
  assert_int_equal(listing.settings_count, 1);
  assert_string_equal(listing.settings[0], "kept");
  directory_listing_free(&listing);
  charts_value_free(messages);
  assert_int_equal(put_json(opened, "[]", true, NULL, &error), CHARTS_OK);
  assert_false(scratch_exists("B.json"));
  assert_false(scratch_exists("C.json"));
}

static void purging_takes_the_shadowed_too(void **state) {
  (void)state;
  charts_error error = {0};
  scratch_write_text("other.json", "{\"name\":\"A\",\"data\":[1]}");
  put("{\"name\":\"A\",\"data\":[2]}");
  assert_listing("A\n!other.json: shadowed by A.json\n");
  assert_int_equal(put_json(opened, "{\"name\":\"B\",\"data\":[3]}", true, NULL, &error), CHARTS_OK);
  assert_listing("B\n");
}

/* File names in `.charts/views` are other people's words: those that decode to a path lead nowhere. */
static void purging_unlinks_nothing_elsewhere(void **state) {
  (void)state;
  charts_error error = {0};
  charts_value *view = parsed("{}");
  char id[VIEW_ID_ROOM];
  assert_int_equal(directory_view_put(id, opened, view, &error), CHARTS_OK);
  charts_value_free(view);
  assert_int_equal(mkdir(scratch_path("elsewhere"), 0777), 0);
  scratch_write_text("elsewhere/thesis.json", "x");
  assert_int_equal(mkdir(scratch_path(".charts/views/x"), 0777), 0);
  scratch_write_text(".charts/views/x%2F..%2F..%2F..%2Felsewhere%2Fthesis.json", "{}");
  assert_int_equal(put_json(opened, "[]", true, NULL, &error), CHARTS_OK);
  assert_file("elsewhere/thesis.json", "x");
  directory_listing listing = listed();
  assert_int_equal(listing.view_count, 0);
  directory_listing_free(&listing);
}

static void a_file_name_that_is_not_text_is_named(void **state) {
  (void)state;
  scratch_write_text("\xff.json", "{\"name\":\"A\",\"data\":[1]}");
  assert_listing("!\xff.json: its file name is not UTF-8\n");
}

static void purging_is_refused_elsewhere(void **state) {
  (void)state;
  charts_error error = {0};
  assert_int_equal(directory_check_purge(scratch_folder, &error), CHARTS_OK);
  assert_int_equal(directory_check_purge(scratch_path("missing"), &error), CHARTS_OK);
  assert_int_equal(mkdir(scratch_path("home"), 0777), 0);
  assert_int_equal(directory_check_purge(scratch_path("home"), &error), CHARTS_OK);
  scratch_write_text("home/thesis.json", "{\"data\":[1]}");
  assert_int_equal(directory_check_purge(scratch_path("home"), &error), CHARTS_REFUSED);
  assert_non_null(strstr(error.message, "nothing was touched"));
  assert_file("home/thesis.json", "{\"data\":[1]}");
}

/* ---- Views and settings ---- */

static void views_are_named_by_their_bytes(void **state) {
  (void)state;
  charts_error error = {0};
  char id[VIEW_ID_ROOM];
  char same[VIEW_ID_ROOM];
  char expected[32];
  const char *text = "{\"height\":500,\"type\":\"bar\"}";
  charts_value *view = parsed("{\"type\":\"bar\",\"height\":500}");
  assert_int_equal(directory_view_put(id, opened, view, &error), CHARTS_OK);
  assert_int_equal(directory_view_put(same, opened, view, &error), CHARTS_OK);
  (void)snprintf(expected, sizeof expected, "%016llx", (unsigned long long)hash_bytes(text, strlen(text)));
  expected[8] = '\0';
  assert_string_equal(id, expected);
  assert_string_equal(same, id);
  char file[64];
  (void)snprintf(file, sizeof file, ".charts/views/%s.json", id);
  assert_file(file, text);
  charts_value *back = NULL;
  assert_int_equal(directory_view_get(&back, opened, id, &error), CHARTS_OK);
  assert_true(value_equal(back, view));
  charts_value_free(back);
  charts_value_free(view);
  static const char *const none[] = {"00000000", "", "x", "../../A", "0123456Z", "AAAAAAAA"};
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    assert_int_equal(directory_view_get(&back, opened, none[i], &error), CHARTS_NOT_FOUND);
    assert_null(back);
  }
  scratch_write_text(".charts/views/00000000.json", "[1]");
  assert_int_equal(directory_view_get(&back, opened, "00000000", &error), CHARTS_FORMAT);
  assert_null(back);
}

static void set_age(const char *file, long days) {
  struct timespec times[2] = {{time(NULL) - days * 86400, 0}, {time(NULL) - days * 86400, 0}};
  assert_int_equal(utimensat(AT_FDCWD, scratch_path(file), times, 0), 0);
}

static void views_go_a_month_after_they_were_shown(void **state) {
  (void)state;
  charts_error error = {0};
  char ids[3][VIEW_ID_ROOM];
  for (int i = 0; i < 3; i++) {
    char json[32];
    char file[64];
    (void)snprintf(json, sizeof json, "{\"height\":%d}", 100 + i);
    charts_value *view = parsed(json);
    assert_int_equal(directory_view_put(ids[i], opened, view, &error), CHARTS_OK);
    charts_value_free(view);
    (void)snprintf(file, sizeof file, ".charts/views/%s.json", ids[i]);
    set_age(file, i == 0 ? 40 : 10 - i);
  }
  directory_listing listing = listed();
  assert_int_equal(listing.view_count, 2);
  assert_string_equal(listing.views[0], ids[2]);
  assert_string_equal(listing.views[1], ids[1]);
  directory_listing_free(&listing);
  charts_value *view = parsed("{\"height\":101}");
  assert_int_equal(directory_view_put(ids[0], opened, view, &error), CHARTS_OK);
  charts_value_free(view);
  listing = listed();
  assert_int_equal(listing.view_count, 2);
  assert_string_equal(listing.views[0], ids[1]);
  directory_listing_free(&listing);
}

static void settings_keep_any_name(void **state) {
  (void)state;
  charts_error error = {0};
  static const char *const names[] = {"testfile", "a/b", "../x", "\xC3\xA4", "."};
  charts_value *settings = parsed("{\"title\":{\"text\":\"T\"}}");
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    assert_int_equal(directory_settings_put(opened, names[i], settings, &error), CHARTS_OK);
    charts_value *back = NULL;
    assert_int_equal(directory_settings_get(&back, opened, names[i], &error), CHARTS_OK);
    assert_true(value_equal(back, settings));
    charts_value_free(back);
  }
  assert_true(scratch_exists(".charts/settings/a%2Fb.json"));
  directory_listing listing = listed();
  assert_int_equal(listing.settings_count, 5);
  assert_string_equal(listing.settings[0], ".");
  assert_string_equal(listing.settings[4], "\xC3\xA4");
  directory_listing_free(&listing);
  charts_value *none = NULL;
  assert_int_equal(directory_settings_get(&none, opened, "none", &error), CHARTS_NOT_FOUND);
  assert_int_equal(directory_settings_get(&none, opened, "", &error), CHARTS_NAME);
  assert_int_equal(directory_settings_put(opened, "\xFF", settings, &error), CHARTS_NAME);
  assert_null(none);
  scratch_write_text(".charts/settings/testfile.json", "{\"title\":");
  assert_int_equal(directory_settings_get(&none, opened, "testfile", &error), CHARTS_FORMAT);
  assert_null(none);
  assert_int_equal(unlink(scratch_path(".charts/settings/testfile.json")), 0);
  assert_int_equal(symlink("/etc/passwd", scratch_path(".charts/settings/testfile.json")), 0);
  assert_int_not_equal(directory_settings_get(&none, opened, "testfile", &error), CHARTS_OK);
  assert_null(none);
  charts_value_free(settings);
}

#define ON_FOLDER(test) cmocka_unit_test_setup_teardown(test, open_folder, close_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_become_file_names),
      cmocka_unit_test(long_names_end_in_their_hash),
      cmocka_unit_test(only_visible_json_files_may_be_series),
      ON_FOLDER(a_directory_is_made_or_found),
      ON_FOLDER(a_link_in_place_of_charts_is_refused),
      ON_FOLDER(files_have_fixed_bytes),
      ON_FOLDER(replacing_keeps_index_and_display),
      ON_FOLDER(hostile_names_are_series_and_nothing_more),
      ON_FOLDER(more_than_twelve_new_series_wait),
      ON_FOLDER(the_next_index_is_only_a_hint),
      ON_FOLDER(a_huge_index_of_others_does_not_count),
      ON_FOLDER(a_put_that_fails_changes_nothing),
      ON_FOLDER(a_failing_reader_leaves_no_temporary),
      ON_FOLDER(a_failing_put_claims_no_index),
      ON_FOLDER(a_directory_in_the_way_fails_the_whole_put),
      ON_FOLDER(what_cannot_be_replaced_leaves_whole_series),
      ON_FOLDER(a_shared_directory_stays_shared),
      ON_FOLDER(writers_do_not_lose_each_others_series),
      ON_FOLDER(foreign_files_are_series),
      ON_FOLDER(broken_files_are_named_and_disturb_nothing),
      ON_FOLDER(hostile_files_are_named_at_once),
      ON_FOLDER(a_hole_is_damage_and_takes_no_time),
      ON_FOLDER(rows_before_a_hole_are_found),
      ON_FOLDER(a_listing_that_takes_long_keeps_nobody_from_writing),
      ON_FOLDER(half_of_a_put_is_not_listed),
      ON_FOLDER(any_number_of_files_that_take_long_is_listed),
      ON_FOLDER(a_put_that_looks_for_long_keeps_nobody_from_writing),
      ON_FOLDER(a_purge_that_looks_for_long_removes_what_came_meanwhile),
      ON_FOLDER(what_takes_long_is_removed),
      ON_FOLDER(a_listing_ends_when_it_is_told),
      ON_FOLDER(a_put_replaces_a_link_and_follows_none),
      ON_FOLDER(a_second_file_of_a_name_is_shadowed),
      ON_FOLDER(the_listing_is_ordered),
      ON_FOLDER(the_revision_changes_with_the_files),
      ON_FOLDER(a_known_listing_gives_the_same),
      ON_FOLDER(listing_survives_the_end_of_memory),
      ON_FOLDER(removing_takes_one_series),
      ON_FOLDER(purging_starts_anew),
      ON_FOLDER(purging_takes_the_shadowed_too),
      ON_FOLDER(purging_unlinks_nothing_elsewhere),
      ON_FOLDER(a_file_name_that_is_not_text_is_named),
      ON_FOLDER(purging_is_refused_elsewhere),
      ON_FOLDER(views_are_named_by_their_bytes),
      ON_FOLDER(views_go_a_month_after_they_were_shown),
      ON_FOLDER(settings_keep_any_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
