/* Makes calls in children of its own, which are killed in them: reads requests, one JSON record a line, and answers
 * each with one.
 *
 *     {"save":DIR,"verb":VERB,"with":{…},"nth":N,"half":true}      → {"killed":true} or {"ok":true} or {"error":"…"},
 * and "calls"
 *     {"save":DIR,"verb":"settings","name":NAME,"with":{…},…}     the same for a settings file
 *     {"save":DIR,"verb":"show","with":{"view":{…},…},…}          the same of a chart with these arguments of a view
 *     {…,"record":FILE}                                           the calls of the process are written down instead
 *     {"check":DIR,"settings":NAME}                               → {"series":{NAME:DATA…},"settings":{…},
 * "listing":[{"name":NAME,"display":true,"index":0}…],"views":[ID…]} or {"error":"…"}
 *     {"index":DIR,"file":FILE}                                   → {} with the pyramid of the file made, or
 * {"error":"…"}
 *     {"windows":DIR,"file":FILE,"inode":N}                       → {"fits":true,"agrees":true} or {"error":"…"}:
 * pyramids.h says of what; N is the inode that the file was a copy of, 0 for one of its own
 */
#include "filecalls.h"

#include <charts.h>

#include "pyramids.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DONE = 0, FAILED = 3 };

static charts_session *open_session(void) {
  charts_host host = {.size = sizeof host, .language = "C"};
  charts_session *session = NULL;
  charts_error error;
  if (charts_session_open(&session, &host, &error) != CHARTS_OK)
    abort();
  return session;
}

static const char *text_of(const charts_value *record, const char *key) {
  return charts_value_text(charts_value_get(record, key), NULL);
}

/* Adds what a record holds, but for the arguments of a view, to another. */
static charts_value *copy_record(const charts_value *from, charts_value *to) {
  for (size_t i = 0; i < charts_value_count(from); i++) {
    char *text = NULL;
    charts_value *item = NULL;
    if (strcmp(charts_value_key(from, i), "view") == 0)
      continue;
    if (charts_value_write(&text, charts_value_at(from, i), NULL) != CHARTS_OK ||
        charts_value_parse(&item, text, strlen(text), NULL) != CHARTS_OK)
      abort();
    charts_record_set(to, charts_value_key(from, i), item);
    charts_text_free(text);
  }
  return to;
}

/* A chart of the directory, with these arguments of a view or NULL; NULL with `error`. */
static charts_value *open_chart(charts_session *session, const char *path, const charts_value *view,
                                charts_error *error) {
  charts_value *arguments = charts_record();
  charts_value *chart = NULL;
  copy_record(view, arguments);
  charts_record_set(arguments, "save", charts_text(path));
  charts_record_set(arguments, "show", charts_text("none"));
  if (charts_call(session, "plotasync", arguments, &chart, error) != CHARTS_OK)
    chart = NULL;
  charts_value_free(arguments);
  return chart;
}

static charts_status save_settings(const charts_value *request, charts_error *error) {
  directory *opened = NULL;
  charts_status status = directory_open(&opened, text_of(request, "save"), DIRECTORY_WRITE, error);
  if (status == CHARTS_OK)
    status = directory_settings_put(opened, text_of(request, "name"), charts_value_get(request, "with"), error);
  directory_close(opened);
  return status;
}

static void begin(const charts_value *request) {
  const char *record = text_of(request, "record");
  if (record != NULL)
    filecalls_record(open(record, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  filecalls_arm((unsigned long)charts_value_number(charts_value_get(request, "nth")),
                charts_value_boolean(charts_value_get(request, "half")));
}

static charts_status make_call(const charts_value *request, charts_error *error) {
  const char *verb = text_of(request, "verb");
  charts_value *result = NULL;
  if (strcmp(verb, "settings") == 0) {
    begin(request);
    return save_settings(request, error);
  }
  charts_session *session = open_session();
  charts_value *arguments = charts_record();
  if (strcmp(verb, "plotasync") == 0) {
    charts_record_set(arguments, "save", charts_text(text_of(request, "save")));
  } else {
    const charts_value *view = charts_value_get(charts_value_get(request, "with"), "view");
    charts_value *chart = open_chart(session, text_of(request, "save"), view, error);
    if (chart == NULL)
      return CHARTS_IO;
    charts_record_set(arguments, "chart", charts_handle(charts_value_handle(charts_value_get(chart, "value"))));
    charts_value_free(chart);
  }
  copy_record(charts_value_get(request, "with"), arguments);
  begin(request);
  charts_status status = charts_call(session, verb, arguments, &result, error);
  filecalls_record(-1);
  charts_value_free(result);
  charts_value_free(arguments);
  charts_session_close(session);
  return status;
}

/* The child's end: what the parent shall know of it. */
typedef struct outcome {
  charts_status status;
  unsigned long calls;
  char message[512];
} outcome;

/* Answers with the record, which it frees, and what was wrong. */
static void answer_with(charts_value *answer, charts_status status, const charts_error *error) {
  char *text = NULL;
  if (status != CHARTS_OK)
    charts_record_set(answer, "error", charts_text(error->message));
  if (charts_value_write(&text, answer, NULL) != CHARTS_OK)
    abort();
  puts(text);
  charts_text_free(text);
  charts_value_free(answer);
}

static void say_error(const outcome *out) {
  charts_value *answer = charts_record();
  charts_record_set(answer, "error", charts_text(charts_status_name(out->status)));
  charts_record_set(answer, "message", charts_text(out->message));
  charts_record_set(answer, "calls", charts_number((double)out->calls));
  answer_with(answer, CHARTS_OK, NULL);
}

static void run(const charts_value *request) {
  int ends[2];
  outcome out = {.status = CHARTS_OK};
  if (pipe(ends) != 0)
    abort();
  pid_t child = fork();
  if (child == 0) {
    charts_error error = {0};
    out.status = make_call(request, &error);
    out.calls = filecalls_count();
    filecalls_arm(0, false);
    (void)snprintf(out.message, sizeof out.message, "%.500s", error.message);
    _exit(write(ends[1], &out, sizeof out) == (ssize_t)sizeof out ? DONE : FAILED);
  }
  (void)close(ends[1]);
  bool told = read(ends[0], &out, sizeof out) == (ssize_t)sizeof out;
  (void)close(ends[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child)
    abort();
  if (told && out.status == CHARTS_OK)
    printf("{\"ok\":true,\"calls\":%lu}\n", out.calls);
  else if (told)
    say_error(&out);
  else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
    printf("{\"killed\":true}\n");
  else
    printf("{\"crashed\":%d}\n", status);
}

/* ---- What a directory holds ---- */

static charts_status read_series(charts_value *held, charts_session *session, const charts_value *chart,
                                 charts_error *error) {
  charts_value *arguments = charts_record();
  charts_value *names = NULL;
  charts_record_set(arguments, "chart", charts_handle(charts_value_handle(chart)));
  charts_status status = charts_call(session, "names", arguments, &names, error);
  charts_value_free(arguments);
  const charts_value *list = charts_value_get(names, "value");
  for (size_t i = 0; status == CHARTS_OK && i < charts_value_count(list); i++) {
    const char *name = charts_value_text(charts_value_at(list, i), NULL);
    charts_value *got = NULL;
    arguments = charts_record();
    charts_record_set(arguments, "chart", charts_handle(charts_value_handle(chart)));
    charts_record_set(arguments, "name", charts_text(name));
    status = charts_call(session, "read", arguments, &got, error);
    charts_value_free(arguments);
    if (status == CHARTS_OK) {
      charts_value *one = charts_record();
      charts_value *copied = copy_record(charts_value_get(got, "value"), one);
      charts_record_set(held, name, copied);
    }
    charts_value_free(got);
  }
  charts_value_free(names);
  return status;
}

/* What the listing says of the series and the views. */
static charts_status read_listing(charts_value *answer, const directory *opened, charts_error *error) {
  directory_listing listing = {0};
  charts_value *entries = charts_list();
  charts_value *views = charts_list();
  charts_status status = directory_list(&listing, opened, NULL, error);
  for (size_t i = 0; i < listing.count; i++) {
    const directory_entry *entry = &listing.entries[i];
    charts_value *one = charts_record();
    charts_record_set(one, "name", charts_text(entry->name != NULL ? entry->name : ""));
    charts_record_set(one, "display", charts_boolean(entry->head.display));
    charts_record_set(one, "index", charts_number(entry->head.index));
    charts_list_add(entries, one);
  }
  for (size_t i = 0; i < listing.view_count; i++)
    charts_list_add(views, charts_text(listing.views[i]));
  charts_record_set(answer, "listing", entries);
  charts_record_set(answer, "views", views);
  directory_listing_free(&listing);
  return status;
}

static void check(const charts_value *request) {
  charts_error error = {0};
  charts_session *session = open_session();
  charts_value *answer = charts_record();
  charts_value *held = charts_record();
  charts_value *settings = NULL;
  directory *opened = NULL;
  const char *path = text_of(request, "check");
  charts_value *chart = open_chart(session, path, NULL, &error);
  charts_status status =
      chart != NULL ? read_series(held, session, charts_value_get(chart, "value"), &error) : CHARTS_IO;
  if (status == CHARTS_OK)
    status = directory_open(&opened, path, DIRECTORY_READ, &error);
  if (status == CHARTS_OK)
    status = read_listing(answer, opened, &error);
  if (status == CHARTS_OK && text_of(request, "settings") != NULL) {
    status = directory_settings_get(&settings, opened, text_of(request, "settings"), &error);
    status = status == CHARTS_NOT_FOUND ? CHARTS_OK : status;
  }
  directory_close(opened);
  charts_record_set(answer, "series", held);
  charts_record_set(answer, "settings", settings != NULL ? settings : charts_null());
  answer_with(answer, status, &error);
  charts_value_free(chart);
  charts_session_close(session);
}

static void make_pyramid(const charts_value *request) {
  directory *opened = NULL;
  charts_error error;
  charts_status status = directory_open(&opened, text_of(request, "index"), DIRECTORY_WRITE, &error);
  if (status == CHARTS_OK)
    status = pyramids_make(opened, text_of(request, "file"), &error);
  directory_close(opened);
  answer_with(charts_record(), status, &error);
}

static void ask_windows(const charts_value *request) {
  directory *opened = NULL;
  charts_error error;
  pyramids_answer got = {0};
  const char *file = text_of(request, "file");
  charts_status status = directory_open(&opened, text_of(request, "windows"), DIRECTORY_READ, &error);
  if (status == CHARTS_OK &&
      !pyramids_follow(opened, file, (ino_t)charts_value_number(charts_value_get(request, "inode"))))
    abort();
  if (status == CHARTS_OK)
    status = pyramids_ask(&got, opened, file, &error);
  directory_close(opened);
  charts_value *answer = charts_record();
  charts_record_set(answer, "fits", charts_boolean(got.fits));
  charts_record_set(answer, "agrees", charts_boolean(got.agrees));
  answer_with(answer, status, &error);
}

int main(void) {
  char *line = NULL;
  size_t room = 0;
  ssize_t length = 0;
  while ((length = getline(&line, &room, stdin)) > 0) {
    charts_value *request = NULL;
    charts_error error;
    if (charts_value_parse(&request, line, (size_t)length, &error) != CHARTS_OK) {
      (void)fprintf(stderr, "calls: %s\n", error.message);
      return 2;
    }
    if (charts_value_get(request, "check") != NULL)
      check(request);
    else if (charts_value_get(request, "index") != NULL)
      make_pyramid(request);
    else if (charts_value_get(request, "windows") != NULL)
      ask_windows(request);
    else
      run(request);
    (void)fflush(stdout);
    charts_value_free(request);
  }
  free(line);
  return 0;
}
