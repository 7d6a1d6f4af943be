/* The table of operations, and those that are calls of a session. */
#include "operations.h"

#include "inject.h"
#include "points.h"
#include "world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Arguments that JSON cannot say ---- */

static void add_series(charts_value *arguments, const char *name, charts_value *data) {
  charts_value *record = charts_record();
  charts_record_set(record, "name", charts_text(name));
  charts_record_set(record, "data", data);
  charts_record_set(arguments, "series", record);
}

static void add_columns(charts_value *arguments) {
  add_series(arguments, "fresh", points_frame(0, points_count()));
}

static void add_more_columns(charts_value *arguments) {
  add_series(arguments, "large", points_frame(points_count() - 3000, 3000));
}

static void add_few(charts_value *arguments) {
  add_series(arguments, "large", points_frame(points_count() - 1, 1));
}

static size_t read_block(void *context, double *block, size_t room) {
  size_t *given = context;
  size_t all = 2 * points_count();
  size_t count = all - *given < room ? all - *given : room;
  for (size_t i = 0; i < count; i++)
    block[i] = (double)(*given + i);
  *given += count;
  return count;
}

static void add_reader(charts_value *arguments) {
  static size_t given;
  charts_reader_source source = {.read = read_block, .context = &given, .width = 2, .count = SIZE_MAX};
  given = 0;
  add_series(arguments, "fresh", charts_reader_new(&source));
}

static void add_values(charts_value *arguments) {
  charts_record_set(arguments, "series", charts_number(7));
  charts_value *values = charts_record();
  charts_record_set(values, "alpha", charts_number(1));
  charts_record_set(values, "eta", charts_number(2));
  charts_record_set(arguments, "name", values);
}

/* ---- Calls ---- */

static void must(charts_status status, const charts_error *error) {
  if (status == CHARTS_OK)
    return;
  (void)fprintf(stderr, "%s\n", error->message);
  _exit(2);
}

/* The value and the messages of a call, as text. */
static char *result_text(const charts_value *result, bool handle) {
  char *text = NULL;
  charts_error error;
  if (handle) /* its number differs from session to session */
    result = charts_value_get(result, "messages");
  must(charts_value_write(&text, result, &error), &error);
  return text;
}

charts_status operation_call(const operation *of, char **text, charts_error *error) {
  charts_host host = {.size = sizeof host, .language = "C"};
  charts_session *session = NULL;
  charts_value *result = NULL;
  charts_value *arguments = NULL;
  bool plots = strcmp(of->verb, "plotasync") == 0;
  must(charts_session_open(&session, &host, error), error);
  must(charts_value_parse(&arguments, of->arguments, strlen(of->arguments), error), error);
  if (of->add != NULL)
    of->add(arguments);
  if (!plots && strcmp(of->verb, "data") != 0) {
    static const char bare[] = "{\"save\":\"d\",\"options\":\"looks\"}";
    charts_value *chart = NULL;
    must(charts_value_parse(&chart, bare, strlen(bare), error), error);
    must(charts_call(session, "plotasync", chart, &result, error), error);
    charts_record_set(arguments, "chart", charts_handle(charts_value_handle(charts_value_get(result, "value"))));
    charts_value_free(chart);
    charts_value_free(result);
  }
  memset(error, 0, sizeof *error);
  inject_on(INJECT_ALL);
  charts_status status = charts_call(session, of->verb, arguments, &result, error);
  inject_off();
  if (status == CHARTS_OK)
    *text = result_text(result, plots);
  charts_value_free(result);
  charts_value_free(arguments);
  charts_session_close(session);
  return status;
}

/* Pages that lead to charts stay for ten minutes, and every next one looks at each of them: the thousandth call would
 * make a thousand calls more than the first. */
static void remove_redirects(const char *place) {
  char path[4096 + 300];
  (void)snprintf(path, sizeof path, "%.4000s/charts", place);
  DIR *listed = opendir(path);
  for (struct dirent *entry; listed != NULL && (entry = readdir(listed)) != NULL;)
    if (strncmp(entry->d_name, "open-", 5) == 0)
      (void)unlinkat(dirfd(listed), entry->d_name, 0);
  if (listed != NULL)
    (void)closedir(listed);
}

/* In a tab, for which a server of this process is started, and a browser that ends at once. */
static charts_status operation_show(const operation *of, char **text, charts_error *error) {
  const char *place = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
  if (setenv("XDG_RUNTIME_DIR", place, 1) != 0 || setenv("CHARTS_SERVER", "thread", 1) != 0 ||
      setenv("CHARTS_BROWSER", "true", 1) != 0 || setenv("CHARTS_QUIET", "1", 1) != 0)
    _exit(2);
  charts_status status = operation_call(of, text, error);
  remove_redirects(place);
  return status;
}

/* ---- The table ---- */

#define CALLED(name, world, verb, arguments, add, series)                                                              \
  { name, world, operation_call, verb, arguments, add, series, false, false, false }
/* Series by series: what an earlier one was given stays when a later one fails. */
#define CALLED_EACH(name, world, verb, arguments, add, series)                                                         \
  { name, world, operation_call, verb, arguments, add, series, false, true, false }
#define LISTED(name, world, verb, arguments)                                                                           \
  { name, world, operation_call, verb, arguments, NULL, NULL, true, false, true }
#define READ(name, world, verb, arguments)                                                                             \
  { name, world, operation_call, verb, arguments, NULL, NULL, true, false, false }
#define RUN(name, world)                                                                                               \
  { #name, world, run_##name, NULL, NULL, NULL, NULL, false, false, false }
#define RUN_READ(name, world)                                                                                          \
  { #name, world, run_##name, NULL, NULL, NULL, NULL, true, false, false }

const operation operations[] = {
    RUN_READ(json, world_nothing),
    RUN_READ(options, world_nothing),
    RUN_READ(session, world_nothing),
    CALLED("put_first", world_nothing, "plotasync", "{\"save\":\"a/d\",\"series\":{\"name\":\"fresh\",\"data\":[1,2]}}",
           NULL, "fresh"),
    CALLED("put_one", world_small, "plotasync",
           "{\"save\":\"d\",\"series\":{\"name\":\"fresh\",\"data\":[[1,2],[2,3]],\"color\":\"red\"},"
           "\"type\":\"bar\",\"options\":{\"title\":{\"text\":\"t\"}}}",
           NULL, "fresh"),
    CALLED("put_replacing", world_small, "plotasync",
           "{\"save\":\"d\",\"series\":{\"name\":\"alpha\",\"data\":[[1,2],[2,3]]}}", NULL, "alpha"),
    CALLED("put_several", world_small, "plotasync",
           "{\"save\":\"d\",\"series\":[{\"name\":\"alpha\",\"data\":[7]},{\"name\":\"fresh\",\"data\":[8]},"
           "{\"name\":\"beta\",\"data\":[9]}]}",
           NULL, "alpha beta fresh"),
    CALLED("put_texts", world_small, "plot",
           "{\"series\":[{\"name\":\"fresh\",\"data\":[[\"a\",1],[\"b\",2]]},{\"name\":\"delta\",\"data\":[{\"x\":1,"
           "\"y\":2},{\"x\":2,\"y\":3,\"name\":\"n\"}]}]}",
           NULL, "fresh delta"),
    CALLED("put_columns", world_small, "plot", "{}", add_columns, "fresh"),
    CALLED("put_replacing_columns", world_big, "plot", "{}", add_more_columns, "large"),
    CALLED("put_reader", world_small, "plot", "{}", add_reader, "fresh"),
    CALLED("purge", world_big, "plotasync",
           "{\"save\":\"d\",\"purge\":true,\"series\":[{\"name\":\"fresh\",\"data\":[8]},{\"name\":\"beta\","
           "\"data\":[9]}]}",
           NULL, "fresh beta alpha gamma delta large"),
    CALLED("append", world_small, "append", "{\"series\":{\"name\":\"alpha\",\"data\":[[4,5],[5,6]]}}", NULL, "alpha"),
    CALLED_EACH(
        "append_texts", world_small, "append",
        "{\"series\":[{\"name\":\"gamma\",\"data\":[[\"three\",3]]},{\"name\":\"delta\",\"data\":[{\"x\":8,\"y\":8}]}"
        "]}",
        NULL, "gamma delta"),
    CALLED("append_one", world_big, "append", "{}", add_few, "large"),
    CALLED("append_columns", world_big, "append", "{}", add_more_columns, "large"),
    CALLED_EACH("append_values", world_small, "append", "{}", add_values, "alpha eta"),
    CALLED("append_new", world_small, "append", "{\"series\":{\"name\":\"fresh\",\"data\":[[4,5],[5,6]]}}", NULL,
           "fresh"),
    CALLED_EACH("append_foreign", world_foreign, "append", "{\"series\":{\"name\":\"alien\",\"data\":[[4,5],[5,6]]}}",
                NULL, "alien"),
    CALLED("remove", world_big, "remove", "{\"name\":\"large\"}", NULL, "large"),
    CALLED("view", world_small, "show", "{\"show\":\"none\"}", NULL, NULL),
    {"show_tab", world_small, operation_show, "show", "{\"show\":\"tab\"}", NULL, NULL, false, true, false},
    READ("options_saved", world_small, "plotasync", "{\"save\":\"d\",\"options\":\"looks\"}"),
    LISTED("names", world_foreign, "names", "{}"),
    LISTED("describe", world_small, "describe", "{}"),
    READ("read", world_small, "read", "{\"name\":\"alpha\"}"),
    READ("read_texts", world_small, "read", "{\"name\":\"delta\"}"),
    READ("read_foreign", world_foreign, "read", "{\"name\":\"alien\"}"),
    READ("read_large", world_big, "read", "{\"name\":\"large\"}"),
    READ("data", world_nothing, "data", "{\"name\":\"aapl\"}"),
    RUN_READ(listing, world_foreign),
    RUN(settings, world_small),
    RUN_READ(settings_get, world_small),
    RUN_READ(windows, world_big),
    RUN_READ(windows_text, world_foreign),
    RUN_READ(nearest, world_big),
    RUN_READ(stack, world_big),
    RUN(indexing, world_big),
    RUN(indexer, world_unindexed),
    RUN(server, world_small),
    {"request_directories", world_small, run_request_directories, NULL, NULL, NULL, NULL, true, false, true},
    RUN_READ(request_series, world_foreign),
    RUN_READ(request_file, world_small),
    RUN_READ(request_window, world_big),
    {"request_settings", world_small, run_request_settings, NULL, NULL, NULL, NULL, false, true, false},
    {"request_live", world_small, run_request_live, NULL, NULL, NULL, NULL, false, true, false},
    RUN_READ(control, world_small),
    RUN_READ(watch, world_small),
    RUN(serverfile, world_nothing),
};
const size_t operation_count = sizeof operations / sizeof operations[0];
