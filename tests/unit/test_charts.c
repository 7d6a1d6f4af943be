/* The public calls: sessions, verbs, arguments, what they write and what they say. */
#include "scratch.h"

#include "buffer.h"
#include "charts.h"

static charts_session *session;

static int open_session(void **state) {
  charts_host host = {.size = sizeof host, .language = "C"};
  charts_error error;
  if (scratch_make(state) != 0 || chdir(scratch_folder) != 0)
    return -1;
  return charts_session_open(&session, &host, &error) == CHARTS_OK ? 0 : -1;
}

static bool interrupted;

static bool host_poll(void *context) {
  (void)context;
  return interrupted;
}

static int open_polled_session(void **state) {
  charts_host host = {.size = sizeof host, .language = "C", .poll = host_poll};
  charts_error error;
  interrupted = false;
  if (scratch_make(state) != 0 || chdir(scratch_folder) != 0)
    return -1;
  return charts_session_open(&session, &host, &error) == CHARTS_OK ? 0 : -1;
}

static int close_session(void **state) {
  charts_session_close(session);
  session = NULL;
  return chdir("/") == 0 ? scratch_remove(state) : -1;
}

/* ---- Calls in JSON: "$" stands for a chart ---- */

static charts_value *parsed(const char *json) {
  charts_value *value = NULL;
  charts_error error = {0};
  if (charts_value_parse(&value, json, strlen(json), &error) != CHARTS_OK)
    fail_msg("%s: %s", json, error.message);
  return value;
}

static charts_status call(const char *verb, int64_t chart, const char *json, charts_value **result,
                          charts_error *error) {
  charts_value *arguments = parsed(json);
  if (chart != 0)
    charts_record_set(arguments, "chart", charts_handle(chart));
  charts_status status = charts_call(session, verb, arguments, result, error);
  charts_value_free(arguments);
  return status;
}

/* Calls and gives the messages, a line each, in `said` (NULL: there must be none). */
static charts_value *calls(const char *verb, int64_t chart, const char *json, char *said) {
  charts_value *result = NULL;
  charts_error error = {0};
  if (call(verb, chart, json, &result, &error) != CHARTS_OK)
    fail_msg("%s %s: %s", verb, json, error.message);
  const charts_value *messages = charts_value_get(result, "messages");
  if (said != NULL)
    *said = '\0';
  for (size_t i = 0; i < charts_value_count(messages); i++) {
    const charts_value *message = charts_value_at(messages, i);
    const char *text = charts_value_text(charts_value_get(message, "text"), NULL);
    const char *kind = charts_value_text(charts_value_get(message, "kind"), NULL);
    if (said == NULL)
      fail_msg("%s %s said: %s", verb, json, text);
    (void)sprintf(said + strlen(said), "%s: %s\n", kind, text);
  }
  return result;
}

static int64_t plots(const char *json, char *said) {
  charts_value *result = calls("plotasync", 0, json, said);
  int64_t id = charts_value_handle(charts_value_get(result, "value"));
  assert_true(id != 0);
  charts_value_free(result);
  return id;
}

static void does(const char *verb, int64_t chart, const char *json) {
  charts_value_free(calls(verb, chart, json, NULL));
}

static void assert_gives(const char *verb, int64_t chart, const char *json, const char *expected) {
  charts_value *result = calls(verb, chart, json, NULL);
  char *text = NULL;
  charts_error error;
  assert_int_equal(charts_value_write(&text, charts_value_get(result, "value"), &error), CHARTS_OK);
  assert_string_equal(text, expected);
  charts_text_free(text);
  charts_value_free(result);
}

static void assert_fails(const char *verb, int64_t chart, const char *json, charts_status status, const char *part) {
  charts_value *result = NULL;
  charts_error error = {0};
  charts_status got = call(verb, chart, json, &result, &error);
  assert_null(result);
  if (got != status || strstr(error.message, part) == NULL)
    fail_msg("%s %s: expected %s with \"%s\", got %s: %s", verb, json, charts_status_name(status), part,
             charts_status_name(got), error.message);
  assert_int_equal(error.status, status);
}

static void assert_file(const char *file, const char *expected) {
  char *text = scratch_read(file);
  if (text == NULL)
    fail_msg("there is no %s", file);
  assert_string_equal(text, expected);
  free(text);
}

/* ---- The tutorial's coupled charts ---- */

static void charts_of_one_name_share_their_data(void **state) {
  (void)state;
  int64_t bar =
      plots("{\"series\":{\"data\":[1,2,4,9],\"name\":\"A\"},\"options\":{\"chart\":{\"type\":\"bar\"}},\"purge\":true,"
            "\"save\":\"temp-3\",\"display\":true}",
            NULL);
  int64_t area =
      plots("{\"series\":{\"data\":[9,3,6,9],\"name\":\"C\"},\"type\":\"area\",\"show\":\"inline\",\"purge\":false,"
            "\"save\":\"temp-3\",\"display\":true}",
            NULL);
  assert_true(bar != area);
  does("plot", area, "{\"series\":[10,10,6,0],\"name\":\"B\",\"display\":false}");
  does("plot", bar, "{\"series\":[0,2,8,20],\"name\":\"D\",\"display\":true}");
  assert_file("temp-3/A.json", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1,2,4,9]}");
  assert_file("temp-3/C.json", "{\"name\":\"C\",\"display\":true,\"index\":1,\"data\":[9,3,6,9]}");
  assert_file("temp-3/B.json", "{\"name\":\"B\",\"display\":false,\"index\":2,\"data\":[10,10,6,0]}");
  assert_file("temp-3/D.json", "{\"name\":\"D\",\"display\":true,\"index\":3,\"data\":[0,2,8,20]}");
  assert_gives("names", bar, "{}", "[\"A\",\"C\",\"B\",\"D\"]");
  assert_gives("names", area, "{}", "[\"A\",\"C\",\"B\",\"D\"]");
  charts_value *result = calls("describe", area, "{}", NULL);
  const charts_value *value = charts_value_get(result, "value");
  assert_string_equal(charts_value_text(charts_value_get(value, "type"), NULL), "area");
  assert_string_equal(charts_value_text(charts_value_get(value, "show"), NULL), "inline");
  assert_non_null(strstr(charts_value_text(charts_value_get(value, "directory"), NULL), "/temp-3"));
  assert_int_equal(charts_value_count(charts_value_get(value, "series")), 4);
  charts_value_free(result);
}

static void the_default_directory_is_temp(void **state) {
  (void)state;
  (void)plots("{\"series\":[1],\"name\":\"A\"}", NULL);
  assert_true(scratch_exists("temp/A.json"));
  assert_true(scratch_exists("temp/.charts"));
}

static void a_directory_is_reopened_without_series(void **state) {
  (void)state;
  (void)plots("{\"series\":[1],\"name\":\"A\",\"save\":\"d\"}", NULL);
  int64_t chart = plots("{\"save\":\"d\"}", NULL);
  assert_gives("names", chart, "{}", "[\"A\"]");
}

/* ---- Series on a chart ---- */

static void plotting_a_name_again_replaces_it(void **state) {
  (void)state;
  int64_t chart = plots("{\"series\":[1],\"name\":\"A\",\"save\":\"d\"}", NULL);
  does("plot", chart, "{\"series\":{\"name\":\"A\",\"data\":[[1,2]]}}");
  assert_file("d/A.json", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[[1,2]]}");
  does("plot", chart, "{\"series\":[],\"name\":\"E\"}");
  assert_file("d/E.json", "{\"name\":\"E\",\"display\":true,\"index\":1,\"data\":[]}");
}

static void removed_series_are_gone(void **state) {
  (void)state;
  int64_t chart = plots("{\"series\":[1],\"name\":\"A\",\"save\":\"d\"}", NULL);
  does("remove", chart, "{\"name\":\"A\"}");
  assert_gives("names", chart, "{}", "[]");
  assert_fails("remove", chart, "{\"name\":\"A\"}", CHARTS_NOT_FOUND, "A");
  assert_fails("remove", chart, "{}", CHARTS_ARGUMENT, "name");
}

static void series_are_read_back_as_numbers(void **state) {
  (void)state;
  int64_t chart =
      plots("{\"series\":[{\"name\":\"A\",\"data\":[1,null,3],\"type\":\"area\"},{\"name\":\"T\",\"time\":\"s\","
            "\"data\":[[1,2],[2,3]]},{\"name\":\"N\",\"data\":[[\"a\",1]]}],\"save\":\"d\"}",
            NULL);
  assert_gives("read", chart, "{\"name\":\"A\"}", "{\"data\":[1,null,3],\"name\":\"A\",\"type\":\"area\"}");
  assert_gives("read", chart, "{\"name\":\"N\"}", "{\"data\":[[\"a\",1]],\"name\":\"N\"}");
  charts_value *result = calls("read", chart, "{\"name\":\"T\"}", NULL);
  const charts_value *data = charts_value_get(charts_value_get(result, "value"), "data");
  assert_int_equal(charts_value_kind(data), CHARTS_FRAME);
  assert_string_equal(charts_value_key(data, 0), "x");
  assert_int_equal(charts_value_column(charts_value_at(data, 0))->time, CHARTS_TIME_MS);
  assert_true(charts_column_number(charts_value_column(charts_value_at(data, 0)), 1) == 2000);
  charts_value_free(result);
  assert_fails("read", chart, "{\"name\":\"none\"}", CHARTS_NOT_FOUND, "none");
}

static void what_is_read_can_be_plotted(void **state) {
  (void)state;
  int64_t chart =
      plots("{\"series\":{\"name\":\"A\",\"xtype\":\"datetime\",\"data\":[[1147651200000,2],[1147737600000,null]]},"
            "\"save\":\"d\"}",
            NULL);
  char *before = scratch_read("d/A.json");
  charts_value *result = calls("read", chart, "{\"name\":\"A\"}", NULL);
  charts_value *arguments = charts_record();
  charts_value *again = NULL;
  charts_error error;
  charts_record_push(arguments, charts_handle(chart));
  charts_value *list = charts_list();
  charts_value *record = charts_record();
  const charts_value *value = charts_value_get(result, "value");
  const charts_value *frame = charts_value_get(value, "data");
  charts_value *copy = charts_frame();
  for (size_t i = 0; i < 2; i++)
    charts_frame_add(copy, charts_value_key(frame, i),
                     charts_column_new(charts_value_column(charts_value_at(frame, i))));
  charts_record_set(record, "name", charts_text("A"));
  charts_record_set(record, "data", copy);
  charts_list_add(list, record);
  charts_record_push(arguments, list);
  if (charts_call(session, "plot", arguments, &again, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  assert_file("d/A.json", before);
  free(before);
  charts_value_free(again);
  charts_value_free(arguments);
  charts_value_free(result);
}

static void display_names_what_is_shown(void **state) {
  (void)state;
  char said[4096];
  int64_t chart = plots(
      "{\"series\":[{\"name\":\"A\",\"data\":[1]},{\"name\":\"B\",\"data\":[1]}],\"display\":[\"B\"],\"save\":\"d\"}",
      NULL);
  assert_file("d/A.json", "{\"name\":\"A\",\"display\":false,\"index\":0,\"data\":[1]}");
  assert_file("d/B.json", "{\"name\":\"B\",\"display\":true,\"index\":1,\"data\":[1]}");
  charts_value_free(calls("plot", chart, "{\"series\":{\"name\":\"C\",\"data\":[1]},\"display\":\"X\"}", said));
  assert_string_equal(said, "warning: display: this call adds no series X\n");
  assert_file("d/C.json", "{\"name\":\"C\",\"display\":false,\"index\":2,\"data\":[1]}");
  assert_fails("plot", chart, "{\"series\":{\"name\":\"C\",\"data\":[1]},\"display\":5}", CHARTS_ARGUMENT, "display");
}

static void many_new_series_wait(void **state) {
  (void)state;
  char said[4096];
  char json[4096] = "{\"save\":\"d\",\"series\":[";
  for (int i = 0; i < 50; i++)
    (void)sprintf(json + strlen(json), "%s{\"name\":\"s%02d\",\"data\":[1]}", i > 0 ? "," : "", i);
  (void)strcat(json, "]}");
  (void)plots(json, said);
  assert_non_null(strstr(said, "note: 12 of 50 "));
  (void)plots(json, NULL);
}

/* ---- Arguments ---- */

static void unknown_arguments_name_the_meant_one(void **state) {
  (void)state;
  assert_fails("plotasync", 0, "{\"inline\":\"tab\"}", CHARTS_ARGUMENT, "did you mean show=\"tab\"?");
  assert_fails("plotasync", 0, "{\"inline\":true}", CHARTS_ARGUMENT, "did you mean show=\"inline\"?");
  assert_fails("plotasync", 0, "{\"sereis\":[1]}", CHARTS_ARGUMENT, "did you mean series?");
  assert_fails("plotasync", 0, "{\"heigth\":5}", CHARTS_ARGUMENT, "did you mean height?");
  assert_fails("plotasync", 0, "{\"title\":{}}", CHARTS_ARGUMENT, "did you mean options.title?");
  assert_fails("plotasync", 0, "{\"zzzz\":1}", CHARTS_ARGUMENT, "expected one of series, options");
  assert_fails("plotasync", 0, "{\"show\":\"tabb\"}", CHARTS_ARGUMENT, "did you mean \"tab\"?");
  assert_fails("plotasync", 0, "{\"show\":\"paper\"}", CHARTS_ARGUMENT, "show");
  assert_fails("plotasync", 0, "{\"height\":\"tall\"}", CHARTS_ARGUMENT, "height");
  assert_fails("plotasync", 0, "{\"height\":0}", CHARTS_ARGUMENT, "height");
  assert_fails("plotasync", 0, "{\"width\":[1,2]}", CHARTS_ARGUMENT, "width");
  assert_fails("plotasync", 0, "{\"stock\":\"yes\"}", CHARTS_ARGUMENT, "stock");
  assert_fails("plotasync", 0, "{\"purge\":1}", CHARTS_ARGUMENT, "purge");
  assert_fails("plotasync", 0, "{\"save\":\"\"}", CHARTS_ARGUMENT, "save");
  assert_fails("plotasync", 0, "{\"save\":5}", CHARTS_ARGUMENT, "save");
  assert_fails("plotasync", 0, "{\"type\":\"lien\"}", CHARTS_ARGUMENT, "line");
  assert_fails("plotasync", 0, "{\"series\":[1],\"name\":\"\"}", CHARTS_NAME, "name");
  assert_fails("plotasync", 0, "{\"options\":5}", CHARTS_ARGUMENT, "options");
  assert_fails("plotasync", 0, "{\"options\":\"{oops\"}", CHARTS_FORMAT, "options");
  assert_fails("plotasync", 0, "{\"options\":{\"title\":{\"text\":5}}}", CHARTS_TYPE, "options.title.text");
  assert_fails("plott", 0, "{}", CHARTS_ARGUMENT, "plott");
  assert_false(scratch_exists("temp"));
}

static void arguments_go_by_place_too(void **state) {
  (void)state;
  const double numbers[] = {1, 2};
  charts_value *result = NULL;
  charts_error error;
  charts_value *arguments = charts_record();
  charts_record_push(arguments, charts_column_of(numbers, 2));
  charts_record_push(arguments, charts_record());
  charts_record_set(arguments, "name", charts_text("A"));
  assert_int_equal(charts_call(session, "plotasync", arguments, &result, &error), CHARTS_OK);
  charts_value_free(result);
  charts_record_push(arguments, charts_number(1));
  assert_int_equal(charts_call(session, "plotasync", arguments, &result, &error), CHARTS_ARGUMENT);
  assert_null(result);
  charts_value_free(arguments);
  arguments = charts_record();
  charts_record_push(arguments, charts_column_of(numbers, 2));
  charts_record_set(arguments, "series", charts_column_of(numbers, 2));
  assert_int_equal(charts_call(session, "plotasync", arguments, &result, &error), CHARTS_ARGUMENT);
  assert_non_null(strstr(error.message, "twice"));
  charts_value_free(arguments);
  arguments = charts_record();
  charts_record_push(arguments, parsed("{\"series\":[3],\"name\":\"T\",\"save\":\"one-table\"}"));
  assert_int_equal(charts_call(session, "plotasync", arguments, &result, &error), CHARTS_OK);
  charts_value_free(result);
  charts_value_free(arguments);
  assert_file("one-table/T.json", "{\"name\":\"T\",\"display\":true,\"index\":0,\"data\":[3]}");
}

static void values_are_checked_before_anything_is_written(void **state) {
  (void)state;
  charts_value *result = NULL;
  charts_error error;
  charts_value *arguments = charts_record();
  charts_value *list = charts_list();
  charts_list_add(list, charts_integer((INT64_C(1) << 53) + 1));
  charts_record_set(arguments, "series", list);
  charts_record_set(arguments, "name", charts_text("A"));
  assert_int_equal(charts_call(session, "plotasync", arguments, &result, &error), CHARTS_ARGUMENT);
  assert_non_null(strstr(error.message, "2^53"));
  charts_value_free(arguments);
  arguments = charts_record();
  charts_record_set(arguments, "name", charts_text("\xFF"));
  assert_int_equal(charts_call(session, "plotasync", arguments, &result, &error), CHARTS_NAME);
  charts_value_free(arguments);
  arguments = charts_record();
  charts_record_set(arguments, "series", NULL);
  assert_int_equal(charts_call(session, "plotasync", arguments, &result, &error), CHARTS_MEMORY);
  charts_value_free(arguments);
  arguments = charts_list();
  assert_int_equal(charts_call(session, "plotasync", arguments, &result, &error), CHARTS_ARGUMENT);
  charts_value_free(arguments);
  assert_fails("plotasync", 0, "{\"series\":[{\"name\":\"A\",\"data\":[1]},{\"name\":\"B\",\"data\":[1,\"x\"]}]}",
               CHARTS_TYPE, "data of B: row 2");
  assert_fails("plotasync", 0, "{\"series\":[{\"name\":\"A\",\"data\":[1]},{\"name\":\"A\",\"data\":[1]}]}",
               CHARTS_NAME, "twice");
  assert_fails("plotasync", 0, "{\"series\":{\"name\":\"A\",\"data\":[1],\"type\":\"lin\"}}", CHARTS_ARGUMENT,
               "series A.type");
  assert_false(scratch_exists("temp"));
}

static void unknown_attributes_are_said_and_kept(void **state) {
  (void)state;
  char said[4096];
  (void)plots("{\"series\":{\"name\":\"A\",\"data\":[1],\"colour\":\"red\"},\"options\":{\"titel\":{}}}", said);
  assert_non_null(strstr(said, "warning: series A.colour is not known (did you mean color?)\n"));
  assert_non_null(strstr(said, "warning: options.titel is not known (did you mean title?)\n"));
  assert_file("temp/A.json", "{\"name\":\"A\",\"display\":true,\"index\":0,\"colour\":\"red\",\"data\":[1]}");
}

/* ---- Views and options ---- */

/* The one view of a directory: its text. */
static char *only_view(const char *folder) {
  char command[8192];
  char path[4096] = "";
  (void)snprintf(command, sizeof command, "ls '%s'/%s/.charts/views/*.json", scratch_folder, folder);
  FILE *from = popen(command, "r");
  assert_non_null(from);
  assert_non_null(fgets(path, sizeof path, from));
  (void)pclose(from);
  path[strcspn(path, "\n")] = '\0';
  return scratch_read(path + strlen(scratch_folder) + 1);
}

static void a_view_is_written_when_it_is_shown(void **state) {
  (void)state;
  int64_t chart =
      plots("{\"series\":[1],\"name\":\"A\",\"save\":\"d\",\"options\":{\"title\":{\"text\":\"T\"}},\"height\":500,"
            "\"stock\":true,\"live\":true,\"type\":\"area\",\"show\":\"none\"}",
            NULL);
  assert_false(scratch_exists("d/.charts/views"));
  does("show", chart, "{}");
  char *view = only_view("d");
  assert_string_equal(
      view, "{\"height\":500,\"live\":true,\"options\":{\"title\":{\"text\":\"T\"}},\"stock\":true,\"type\":\"area\"}");
  free(view);
}

static void options_may_be_json_text(void **state) {
  (void)state;
  int64_t chart = plots("{\"save\":\"d\",\"options\":\"{\\\"colors\\\": \\\"red\\\"}\",\"show\":\"none\"}", NULL);
  does("show", chart, "{}");
  char *view = only_view("d");
  assert_string_equal(view, "{\"options\":{\"colors\":[\"red\"]}}");
  free(view);
}

static void settings_are_found_by_name(void **state) {
  (void)state;
  char said[4096];
  (void)plots("{\"save\":\"d\",\"options\":\"testfile\"}", said);
  assert_non_null(strstr(said, "note: there are no settings testfile"));
  assert_int_equal(mkdir("d/.charts/settings", 0777), 0);
  scratch_write_text("d/.charts/settings/testfile.json", "{\"title\":{\"text\":\"saved\"}}");
  int64_t chart = plots("{\"save\":\"d\",\"options\":\"testfile\",\"show\":\"none\"}", NULL);
  does("show", chart, "{}");
  char *view = only_view("d");
  assert_string_equal(view, "{\"settings\":\"testfile\"}");
  free(view);
  scratch_write_text("beside.json", "{\"title\":{\"text\":\"beside\"}}");
  (void)plots("{\"save\":\"e\",\"options\":\"beside\"}", NULL);
  (void)plots("{\"save\":\"e\",\"options\":\"beside.json\"}", NULL);
  scratch_write_text("broken.json", "{\"title\":");
  assert_fails("plotasync", 0, "{\"save\":\"f\",\"options\":\"broken\"}", CHARTS_FORMAT, "broken.json");
  assert_false(scratch_exists("f"));
}

/* ---- Purge ---- */

static void purge_never_empties_what_is_no_chart_directory(void **state) {
  (void)state;
  assert_int_equal(mkdir("home", 0777), 0);
  scratch_write_text("home/thesis.json", "{\"data\":[1]}");
  assert_fails("plotasync", 0, "{\"series\":[1],\"name\":\"A\",\"save\":\"home\",\"purge\":true}", CHARTS_REFUSED,
               "home");
  assert_file("home/thesis.json", "{\"data\":[1]}");
  assert_false(scratch_exists("home/.charts"));
  assert_false(scratch_exists("home/A.json"));
  (void)plots("{\"series\":[1],\"name\":\"A\",\"save\":\"home\"}", NULL);
  assert_true(scratch_exists("home/thesis.json"));
}

static void purge_starts_the_directory_anew(void **state) {
  (void)state;
  (void)plots("{\"series\":[1],\"name\":\"A\",\"save\":\"d\",\"purge\":true}", NULL);
  int64_t chart = plots("{\"series\":[1],\"name\":\"B\",\"save\":\"d\",\"purge\":true}", NULL);
  assert_gives("names", chart, "{}", "[\"B\"]");
  assert_fails("plotasync", 0, "{\"series\":[true],\"name\":\"C\",\"save\":\"d\",\"purge\":true}", CHARTS_TYPE,
               "data of C");
  assert_gives("names", chart, "{}", "[\"B\"]");
}

/* ---- Charts and sessions ---- */

static void closed_charts_say_so(void **state) {
  (void)state;
  int64_t chart = plots("{\"save\":\"d\"}", NULL);
  int64_t other = plots("{\"save\":\"d\"}", NULL);
  does("close", chart, "{}");
  does("close", chart, "{}");
  assert_fails("names", chart, "{}", CHARTS_CLOSED, "closed");
  assert_fails("plot", chart, "{\"series\":[1],\"name\":\"A\"}", CHARTS_CLOSED, "closed");
  assert_fails("plot", 0, "{\"series\":[1],\"name\":\"A\"}", CHARTS_ARGUMENT, "chart");
  assert_gives("names", other, "{}", "[]");
  charts_value *result = NULL;
  charts_error error;
  assert_int_equal(charts_call(NULL, "names", NULL, &result, &error), CHARTS_CLOSED);
  charts_session_close(NULL);
}

static void two_sessions_live_side_by_side(void **state) {
  (void)state;
  charts_session *other = NULL;
  charts_host host = {.size = sizeof host, .language = "C"};
  charts_error error;
  charts_value *result = NULL;
  assert_int_equal(charts_session_open(&other, &host, &error), CHARTS_OK);
  int64_t chart = plots("{\"series\":[1],\"name\":\"A\",\"save\":\"d\"}", NULL);
  charts_value *arguments = parsed("{\"series\":[2],\"name\":\"B\",\"save\":\"d\"}");
  assert_int_equal(charts_call(other, "plotasync", arguments, &result, &error), CHARTS_OK);
  charts_value_free(result);
  charts_value_free(arguments);
  charts_session_close(other);
  assert_gives("names", chart, "{}", "[\"A\",\"B\"]");
}

static void a_host_of_another_size_is_refused(void **state) {
  (void)state;
  charts_session *other = NULL;
  charts_host host = {.size = 1, .language = "C"};
  charts_error error;
  assert_int_equal(charts_session_open(&other, &host, &error), CHARTS_ARGUMENT);
  assert_null(other);
}

static void a_removed_directory_is_named(void **state) {
  (void)state;
  int64_t chart = plots("{\"save\":\"gone\"}", NULL);
  assert_int_equal(nftw(scratch_path("gone"), scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
  assert_fails("names", chart, "{}", CHARTS_NOT_FOUND, "gone");
  does("describe", chart, "{}");
  does("plot", chart, "{\"series\":[1],\"name\":\"A\"}");
  assert_gives("names", chart, "{}", "[\"A\"]");
}

static void bundled_series_are_given(void **state) {
  (void)state;
  static const char *const names[] = {"aapl", "msft", "ohlc", "AAPL"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char json[64];
    (void)snprintf(json, sizeof json, "{\"name\":\"%s\"}", names[i]);
    charts_value *result = calls("data", 0, json, NULL);
    const charts_value *value = charts_value_get(result, "value");
    assert_non_null(charts_value_text(charts_value_get(value, "name"), NULL));
    assert_string_equal(charts_value_text(charts_value_get(value, "xtype"), NULL), "datetime");
    assert_int_equal(charts_value_kind(charts_value_get(value, "data")), CHARTS_FRAME);
    charts_value_free(result);
  }
  assert_fails("data", 0, "{\"name\":\"../aapl\"}", CHARTS_NOT_FOUND, "../aapl");
  assert_fails("data", 0, "{}", CHARTS_ARGUMENT, "name");
}

/* What append adds is tested by the cases of conformance; here what it refuses before it looks at a file. */
static void what_append_refuses(void **state) {
  (void)state;
  int64_t chart = plots("{\"series\":[1],\"name\":\"A\",\"save\":\"d\"}", NULL);
  assert_fails("append", 0, "{\"series\":[1],\"name\":\"A\"}", CHARTS_ARGUMENT, "chart");
  assert_fails("append", chart, "{\"series\":[1]}", CHARTS_NAME, "name");
  assert_fails("append", chart, "{\"series\":{\"name\":\"A\",\"data\":[1],\"color\":\"red\"}}", CHARTS_ARGUMENT,
               "series A: append takes data alone, got color; plot sets attributes");
  assert_fails("append", chart, "{\"series\":{\"name\":\"A\",\"data\":[1],\"display\":true}}", CHARTS_ARGUMENT,
               "display");
  assert_fails("append", chart, "{\"series\":1,\"nmae\":\"A\"}", CHARTS_ARGUMENT, "did you mean name?");
  assert_fails("append", chart, "{\"series\":1,\"name\":\"A\",\"loss\":2}", CHARTS_ARGUMENT,
               "loss: there is no argument");
  assert_fails("append", chart, "{\"loss\":2}", CHARTS_TYPE,
               "series: expected x, a number or a list of numbers, got nothing");
  assert_fails("append", chart, "{\"series\":\"x\",\"name\":{\"loss\":2}}", CHARTS_TYPE, "series: expected x");
  assert_fails("append", chart, "{\"series\":1,\"name\":{\"loss\":\"2\"}}", CHARTS_TYPE,
               "name.loss: expected a number");
  assert_fails("append", chart, "{\"series\":1,\"name\":{\"loss\":[1,2]}}", CHARTS_TYPE,
               "data of loss: expected columns of equal");
  assert_fails("append", chart, "{\"series\":[1,2],\"loss\":[1,2],\"acc\":1}", CHARTS_TYPE,
               "data of acc: expected columns of equal");
  assert_fails("append", chart, "{\"series\":null,\"name\":{\"loss\":1}}", CHARTS_TYPE, "series: expected x");
  assert_fails("append", chart, "{\"series\":[null,1],\"name\":{\"loss\":[1,2]}}", CHARTS_TYPE,
               "row 1: expected a finite x");
  assert_file("d/A.json", "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1]}");
  does("append", chart, "{}");
}

static void verbs_and_their_arguments_are_listed(void **state) {
  (void)state;
  size_t count = 0;
  for (const char *const *verb = charts_verbs(); *verb != NULL; verb++, count++) {
    assert_non_null(charts_verb_arguments(*verb));
    charts_value *result = NULL;
    charts_error error = {0};
    charts_value *arguments = charts_record();
    charts_record_set(arguments, "no such argument", charts_boolean(true));
    assert_int_equal(charts_call(session, *verb, arguments, &result, &error), CHARTS_ARGUMENT);
    assert_non_null(strstr(error.message, "no such argument"));
    charts_value_free(arguments);
  }
  assert_true(count >= 11);
  assert_null(charts_verb_arguments("none"));
  assert_string_equal(charts_verb_arguments("plotasync")[0], "series");
}

/* An interactive session serves its charts from a thread of this process. */
static void charts_are_shown_as_html(void **state) {
  (void)state;
  charts_session_close(session);
  session = NULL;
  charts_host host = {.size = sizeof host, .language = "C", .interactive = true, .terminal = true};
  charts_error error = {0};
  char said[4096];
  if (charts_session_open(&session, &host, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  charts_value_free(calls("start", 0, "{}", said));
  assert_non_null(strstr(said, "note: Server running in the folder "));
  assert_non_null(strstr(said, " at http://127.0.0.1:"));
  charts_value_free(calls("start", 0, "{}", NULL));
  int64_t chart = plots("{\"series\":[1],\"name\":\"A\",\"save\":\"d <b>\",\"height\":321,\"show\":\"string\"}", NULL);
  charts_value *result = calls("show", chart, "{}", NULL);
  const char *html = charts_value_text(charts_value_get(result, "value"), NULL);
  assert_non_null(strstr(html, "<iframe"));
  assert_non_null(strstr(html, "height:361px"));
  assert_null(strstr(html, "<b>"));
  charts_value_free(result);
  /* The settings as they are when the chart is shown, not when it was made. */
  int64_t tall = plots("{\"save\":\"d <b>\",\"options\":\"tall\",\"show\":\"string\"}", said);
  assert_int_equal(mkdir("d <b>/.charts/settings", 0777), 0);
  scratch_write_text("d <b>/.charts/settings/tall.json", "{\"chart\":{\"height\":987,\"type\":\"bar\"}}");
  result = calls("show", tall, "{}", NULL);
  assert_non_null(strstr(charts_value_text(charts_value_get(result, "value"), NULL), "height:1027px"));
  charts_value_free(result);
  result = calls("describe", tall, "{}", NULL);
  assert_string_equal(charts_value_text(charts_value_get(charts_value_get(result, "value"), "type"), NULL), "bar");
  charts_value_free(result);
  result = calls("show", chart, "{\"show\":\"inline\"}", NULL);
  assert_non_null(charts_value_text(charts_value_get(charts_value_get(result, "value"), "html"), NULL));
  charts_value_free(result);
  result = calls("url", chart, "{}", NULL);
  const char *url = charts_value_text(charts_value_get(result, "value"), NULL);
  assert_int_equal(strncmp(url, "http://127.0.0.1:", 17), 0);
  assert_non_null(strstr(url, "/d%20%3Cb%3E/#t="));
  assert_non_null(strstr(url, "&v="));
  charts_value_free(result);
}

/* Every allocation of a call fails once: an error that says so, nothing leaked, and the next call works. */
static void memory_may_end_anywhere(void **state) {
  (void)state;
  charts_value *arguments =
      parsed("{\"series\":[{\"name\":\"A\",\"data\":[[1,2],[3,4]],\"type\":\"area\"},{\"name\":\"B\","
             "\"data\":[{\"y\":1,\"x\":2}]}],\"options\":{\"title\":{\"text\":\"T\"}},\"save\":\"d\"}");
  charts_status status = CHARTS_MEMORY;
  long successes = 0;
  (void)plots("{\"series\":{\"name\":\"A\",\"data\":[5]},\"save\":\"d\"}", NULL);
  for (; status != CHARTS_OK; successes++) {
    charts_value *result = NULL;
    charts_error error = {0};
    memory_fail_after(successes, false);
    status = charts_call(session, "plotasync", arguments, &result, &error);
    memory_fail_after(-1, false);
    if (status != CHARTS_OK) {
      assert_int_equal(status, CHARTS_MEMORY);
      assert_int_equal(error.status, CHARTS_MEMORY);
      assert_null(result);
    }
    charts_value_free(result);
  }
  assert_true(successes > 100);
  charts_value_free(arguments);
  assert_file("d/A.json", "{\"name\":\"A\",\"display\":true,\"index\":0,\"type\":\"area\",\"data\":[[1,2],[3,4]]}");
}

/* The same for append, whose second form makes series of its own; until memory is enough for what it says. */
static void memory_may_end_anywhere_in_append(void **state) {
  (void)state;
  charts_value *arguments = parsed("{\"series\":[1,2],\"name\":{\"loss\":[0.5,null],\"acc\":[1,2,3]}}");
  int64_t chart = plots("{\"save\":\"d\"}", NULL);
  charts_record_set(arguments, "chart", charts_handle(chart));
  charts_status status = CHARTS_MEMORY;
  long successes = 0;
  for (; status == CHARTS_MEMORY; successes++) {
    charts_value *result = NULL;
    charts_error error = {0};
    memory_fail_after(successes, false);
    status = charts_call(session, "append", arguments, &result, &error);
    memory_fail_after(-1, false);
    assert_int_equal(error.status, status);
    assert_null(result);
  }
  assert_int_equal(status, CHARTS_TYPE); /* the values of acc are more than the x */
  assert_true(successes > 20);
  charts_value_free(arguments);
  assert_gives("names", chart, "{}", "[]");
}

/* A script that only writes starts nothing; the process stays as it was. */
static void calls_leave_the_process_as_it_was(void **state) {
  (void)state;
  mode_t before = umask(027);
  char folder[4096];
  char after[4096];
  assert_non_null(getcwd(folder, sizeof folder));
  int lowest = dup(0);
  (void)close(lowest);
  int64_t chart = plots("{\"series\":[1],\"name\":\"A\",\"save\":\"d\",\"show\":\"none\"}", NULL);
  does("show", chart, "{}");
  does("read", chart, "{\"name\":\"A\"}");
  does("data", 0, "{\"name\":\"aapl\"}");
  int now = dup(0);
  (void)close(now);
  assert_int_equal(now, lowest);
  assert_int_equal(umask(before), 027);
  assert_string_equal(getcwd(after, sizeof after), folder);
}

static void a_call_that_looks_at_files_can_be_interrupted(void **state) {
  (void)state;
  int64_t chart = plots("{\"series\":[1,2],\"name\":\"A\",\"save\":\"d\",\"show\":\"none\"}", NULL);
  interrupted = true;
  assert_fails("names", chart, "{}", CHARTS_INTERRUPTED, "interrupted");
  assert_fails("describe", chart, "{}", CHARTS_INTERRUPTED, "interrupted");
  assert_fails("read", chart, "{\"name\":\"A\"}", CHARTS_INTERRUPTED, "interrupted");
  assert_fails("plotasync", 0, "{\"series\":[3],\"name\":\"A\",\"save\":\"d\",\"show\":\"none\"}", CHARTS_INTERRUPTED,
               "interrupted; nothing was changed");
  interrupted = false;
  assert_gives("names", chart, "{}", "[\"A\"]");
  assert_gives("read", chart, "{\"name\":\"A\"}", "{\"data\":[1,2],\"name\":\"A\"}");
}

#define IN_SESSION(test) cmocka_unit_test_setup_teardown(test, open_session, close_session)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_call_that_looks_at_files_can_be_interrupted, open_polled_session,
                                      close_session),
      IN_SESSION(charts_of_one_name_share_their_data),
      IN_SESSION(the_default_directory_is_temp),
      IN_SESSION(a_directory_is_reopened_without_series),
      IN_SESSION(plotting_a_name_again_replaces_it),
      IN_SESSION(removed_series_are_gone),
      IN_SESSION(series_are_read_back_as_numbers),
      IN_SESSION(what_is_read_can_be_plotted),
      IN_SESSION(display_names_what_is_shown),
      IN_SESSION(many_new_series_wait),
      IN_SESSION(unknown_arguments_name_the_meant_one),
      IN_SESSION(arguments_go_by_place_too),
      IN_SESSION(values_are_checked_before_anything_is_written),
      IN_SESSION(unknown_attributes_are_said_and_kept),
      IN_SESSION(a_view_is_written_when_it_is_shown),
      IN_SESSION(options_may_be_json_text),
      IN_SESSION(settings_are_found_by_name),
      IN_SESSION(purge_never_empties_what_is_no_chart_directory),
      IN_SESSION(purge_starts_the_directory_anew),
      IN_SESSION(closed_charts_say_so),
      IN_SESSION(two_sessions_live_side_by_side),
      IN_SESSION(a_host_of_another_size_is_refused),
      IN_SESSION(a_removed_directory_is_named),
      IN_SESSION(bundled_series_are_given),
      IN_SESSION(what_append_refuses),
      IN_SESSION(verbs_and_their_arguments_are_listed),
      IN_SESSION(charts_are_shown_as_html),
      IN_SESSION(memory_may_end_anywhere),
      IN_SESSION(memory_may_end_anywhere_in_append),
      IN_SESSION(calls_leave_the_process_as_it_was),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
