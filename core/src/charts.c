/* The public calls: a session, its charts, and the verbs. */
#include "call.h"
#include "embedded.h"
#include "filebytes.h"
#include "readback.h"
#include "view.h"
#include "worker.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- The session ---- */

charts_status charts_session_open(charts_session **session, const charts_host *from, charts_error *error) {
  *session = NULL;
  if (from == NULL || from->size < sizeof *from || from->language == NULL)
    return error_set(error, CHARTS_ARGUMENT, "host: expected a charts_host with its size and language");
  charts_session *opened = memory_new_zeroed(1, sizeof *opened);
  if (opened == NULL)
    return error_memory(error);
  char here[PATH_MAX];
  opened->interactive = from->interactive;
  opened->terminal = from->terminal;
  opened->poll = from->poll;
  opened->progress = from->interactive && from->terminal ? from->progress : NULL;
  opened->host_context = from->context;
  opened->language = memory_text(from->language, strlen(from->language));
  if (getcwd(here, sizeof here) != NULL)
    opened->folder = memory_text(here, strlen(here));
  else
    opened->folder = memory_text("/", 1);
  charts_status status = CHARTS_OK;
  if (opened->language == NULL || opened->folder == NULL)
    status = error_memory(error);
  if (status == CHARTS_OK) {
    host_options options = {opened->folder, opened->interactive, opened->terminal};
    status = host_open(&opened->server, &options, error);
  }
  if (status != CHARTS_OK) {
    charts_session_close(opened);
    return status;
  }
  *session = opened;
  return CHARTS_OK;
}

static void free_chart(chart *closed) {
  free(closed->path);
  charts_value_free(closed->view);
}

void charts_session_close(charts_session *session) {
  if (session == NULL)
    return;
  host_close(session->server);
  for (size_t i = 0; i < session->count; i++)
    free_chart(&session->charts[i]);
  free(session->charts);
  free(session->language);
  free(session->folder);
  free(session);
}

charts_value *call_reserve_chart(charts_session *session) {
  chart *charts = memory_resize(session->charts, (session->count + 1) * sizeof *charts);
  if (charts == NULL)
    return NULL;
  session->charts = charts;
  return charts_handle(session->last_id + 1);
}

chart *call_add_chart(charts_session *session, char *path, charts_value *view, show_mode mode) {
  session->charts[session->count] = (chart){++session->last_id, path, view, mode, false};
  return &session->charts[session->count++];
}

charts_status call_find_chart(const call *of, chart **found) {
  const charts_value *handle = arguments_get(&of->bound, "chart");
  if (charts_value_kind(handle) != CHARTS_HANDLE)
    return error_set(of->error, CHARTS_ARGUMENT, "chart: expected a chart, got %s", value_kind_name(handle));
  int64_t id = charts_value_handle(handle);
  for (size_t i = 0; i < of->session->count; i++) {
    if (of->session->charts[i].id == id) {
      *found = &of->session->charts[i];
      return CHARTS_OK;
    }
  }
  return error_set(of->error, CHARTS_CLOSED, "chart: the chart is closed");
}

/* ---- What the directory holds ---- */

static charts_status name_argument(call *of, const char **name) {
  charts_status status = arguments_text(&of->bound, "name", name, of->error);
  if (status == CHARTS_OK && *name == NULL)
    return error_set(of->error, CHARTS_ARGUMENT, "name: expected the name of a series, got nothing");
  return status;
}

static charts_status call_remove(call *of) {
  chart *on = NULL;
  const char *name = NULL;
  directory *opened = NULL;
  charts_status status = call_find_chart(of, &on);
  if (status == CHARTS_OK)
    status = name_argument(of, &name);
  if (status == CHARTS_OK)
    status = directory_open(&opened, on->path, DIRECTORY_READ, of->error);
  if (status == CHARTS_OK)
    status = call_sync(of, on, opened);
  if (status == CHARTS_OK)
    status = directory_remove(opened, name, of->error);
  directory_close(opened);
  return status;
}

/* Lists a directory while the user may end it. */
static charts_status list_directory(const call *of, directory_listing *listing, const directory *opened) {
  worker_stop_when(of->session->poll, of->session->host_context);
  charts_status status = directory_list(listing, opened, NULL, of->error);
  worker_stop_when(NULL, NULL);
  return status == CHARTS_INTERRUPTED ? error_set(of->error, status, "the call was interrupted") : status;
}

/* The names of the series that are not broken, as a list. */
static charts_status list_names(call *of, const chart *on, charts_value **names) {
  directory *opened = NULL;
  directory_listing listing = {0};
  charts_status status = directory_open(&opened, on->path, DIRECTORY_READ, of->error);
  if (status == CHARTS_OK)
    status = list_directory(of, &listing, opened);
  directory_close(opened);
  if (status != CHARTS_OK)
    return status;
  *names = charts_list();
  for (size_t i = 0; i < listing.count; i++)
    if (listing.entries[i].reason == NULL)
      charts_list_add(*names, charts_text(listing.entries[i].name));
  directory_listing_free(&listing);
  if (!value_failed(*names))
    return CHARTS_OK;
  charts_value_free(*names);
  *names = NULL;
  return error_memory(of->error);
}

static charts_status call_names(call *of) {
  chart *on = NULL;
  charts_status status = call_find_chart(of, &on);
  return status == CHARTS_OK ? list_names(of, on, &of->value) : status;
}

/* The file that holds a series of that name. */
static charts_status file_of(call *of, const directory *opened, const char *name, char file[FILE_NAME_ROOM]) {
  directory_listing listing;
  charts_status status = list_directory(of, &listing, opened);
  if (status != CHARTS_OK)
    return status;
  const directory_entry *entry = directory_find_name(&listing, name);
  if (entry != NULL)
    (void)snprintf(file, FILE_NAME_ROOM, "%s", entry->file);
  else
    status = error_set(of->error, CHARTS_NOT_FOUND, "name: there is no series %s in %s", name, directory_path(opened));
  directory_listing_free(&listing);
  return status;
}

static charts_status call_read(call *of) {
  chart *on = NULL;
  const char *name = NULL;
  directory *opened = NULL;
  char file[FILE_NAME_ROOM];
  int descriptor = -1;
  charts_status status = call_find_chart(of, &on);
  if (status == CHARTS_OK)
    status = name_argument(of, &name);
  if (status == CHARTS_OK)
    status = directory_open(&opened, on->path, DIRECTORY_READ, of->error);
  if (status == CHARTS_OK)
    status = file_of(of, opened, name, file);
  if (status == CHARTS_OK)
    status = directory_open_series(&descriptor, NULL, opened, file, of->error);
  if (status == CHARTS_OK) {
    status = readback_file(&of->value, descriptor, file, name, of->error);
    (void)close(descriptor);
  }
  directory_close(opened);
  return status;
}

static charts_status call_data(call *of) {
  const char *name = NULL;
  charts_status status = name_argument(of, &name);
  if (status != CHARTS_OK)
    return status;
  char file[128];
  int length = snprintf(file, sizeof file, "datasets/%.64s.json", name);
  for (int i = 9; i < length; i++)
    file[i] = (char)tolower((unsigned char)file[i]);
  const embedded_file *found = embedded_find(file);
  if (found == NULL)
    return error_set(of->error, CHARTS_NOT_FOUND, "name: there is no bundled series %s; there are aapl, msft and ohlc",
                     name);
  int memory = memfd_create("charts", MFD_CLOEXEC);
  if (memory < 0)
    status = error_system(of->error, errno, "cannot read the bundled series", name);
  else
    status = filebytes_write(memory, file, found->bytes, found->size, 0, of->error);
  if (status == CHARTS_OK)
    status = readback_file(&of->value, memory, file, name, of->error);
  if (memory >= 0)
    (void)close(memory);
  return status;
}

/* ---- The rest ---- */

static charts_status call_close(call *of) {
  chart *on = NULL;
  charts_status status = call_find_chart(of, &on);
  if (status != CHARTS_OK)
    return status == CHARTS_CLOSED ? CHARTS_OK : status;
  free_chart(on);
  *on = of->session->charts[--of->session->count];
  return CHARTS_OK;
}

static charts_status call_describe(call *of) {
  chart *on = NULL;
  charts_status status = call_find_chart(of, &on);
  if (status != CHARTS_OK)
    return status;
  charts_value *names = NULL;
  status = list_names(of, on, &names);
  if (status == CHARTS_NOT_FOUND)
    names = charts_list(); /* the directory was removed meanwhile */
  else if (status != CHARTS_OK)
    return status;
  charts_value *view = view_effective(on->view, on->path);
  const charts_value *options = charts_value_get(view, "options");
  const charts_value *type = charts_value_get(view, "type");
  if (type == NULL)
    type = charts_value_get(charts_value_get(options, "chart"), "type");
  of->value = charts_record();
  charts_record_set(of->value, "directory", charts_text(on->path));
  charts_record_set(of->value, "type", type != NULL ? value_copy(type) : charts_text("line"));
  charts_record_set(of->value, "show", charts_text(arguments_shows[on->mode]));
  charts_record_set(of->value, "live", charts_boolean(charts_value_boolean(charts_value_get(on->view, "live"))));
  charts_record_set(of->value, "stock", charts_boolean(charts_value_boolean(charts_value_get(on->view, "stock"))));
  charts_record_set(of->value, "series", names);
  bool failed = view == NULL || value_failed(of->value);
  charts_value_free(view);
  return failed ? error_memory(of->error) : CHARTS_OK;
}

static charts_status dispatch(call *of, const char *name) {
  static const struct {
    const char *name;
    charts_status (*call)(call *of);
  } calls[] = {
#define CALL_ROW(verb, places, ...) {#verb, call_##verb},
      CHARTS_VERBS(CALL_ROW)
#undef CALL_ROW
  };
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
    if (strcmp(calls[i].name, name) == 0)
      return calls[i].call(of);
  return error_set(of->error, CHARTS_ARGUMENT, "%s: there is no such verb", name);
}

/* A result without its value and messages, or NULL. */
static charts_value *begin_result(void) {
  charts_value *result = charts_record();
  charts_record_set(result, "value", charts_null());
  charts_record_set(result, "messages", charts_null());
  if (!value_failed(result))
    return result;
  charts_value_free(result);
  return NULL;
}

/* Hands value and messages over, without any memory: what the call has changed it has changed. */
static charts_status end_result(call *of, charts_value *result) {
  if (value_failed(of->messages) || (of->value != NULL && value_failed(of->value)))
    return error_memory(of->error);
  if (of->value != NULL)
    value_replace(result, "value", of->value);
  value_replace(result, "messages", of->messages);
  of->value = NULL;
  of->messages = NULL;
  return CHARTS_OK;
}

charts_status charts_call(charts_session *session, const char *name, const charts_value *record, charts_value **result,
                          charts_error *error) {
  charts_error ignored;
  call of = {.session = session, .error = error != NULL ? error : &ignored};
  *result = NULL;
  if (session == NULL)
    return error_set(error, CHARTS_CLOSED, "the session is closed");
  charts_status status = arguments_bind(&of.bound, name, record, of.error);
  for (size_t i = 0; status == CHARTS_OK && i < ARGUMENTS_MOST; i++)
    if (of.bound.values[i] != NULL)
      status = value_check(of.bound.values[i], of.bound.names[i], of.error);
  if (status == CHARTS_OK && record != NULL && value_failed(record))
    status = value_check(record, name, of.error);
  if (status != CHARTS_OK)
    return status;
  of.messages = charts_list();
  charts_value *begun = begin_result();
  status = of.messages != NULL && begun != NULL ? dispatch(&of, name) : error_memory(of.error);
  if (status == CHARTS_OK)
    status = end_result(&of, begun);
  if (status == CHARTS_OK)
    *result = begun;
  else
    charts_value_free(begun);
  charts_value_free(of.value);
  charts_value_free(of.messages);
  return status;
}
