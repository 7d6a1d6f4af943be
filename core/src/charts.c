/* The public calls: a session, its charts, and the verbs. */
#include "arguments.h"
#include "browser.h"
#include "directory.h"
#include "embed.h"
#include "embedded.h"
#include "host.h"
#include "readback.h"
#include "view.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef enum show_mode { SHOW_TAB, SHOW_WINDOW, SHOW_INLINE, SHOW_STRING, SHOW_NONE } show_mode;

/* A chart: a way to look at a chart directory. */
typedef struct chart {
  int64_t id;
  char *path;
  charts_value *view;
  show_mode mode;
} chart;

struct charts_session {
  char *language;
  bool interactive;
  bool terminal;
  bool (*poll)(void *context);
  void *poll_context;
  char *folder;
  host *server;
  chart *charts;
  size_t count;
  int64_t last_id;
};

/* One call on its way. */
typedef struct call {
  charts_session *session;
  arguments bound;
  charts_value *messages;
  charts_value *value; /* what the verb gives; NULL: null */
  charts_error *error;
} call;

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
  opened->poll_context = from->context;
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

/* Adds a chart that owns `path` and `view`; NULL when memory is out (they are freed then). */
static chart *add_chart(charts_session *session, char *path, charts_value *view, show_mode mode) {
  chart added = {session->last_id + 1, path, view, mode};
  chart *charts = memory_resize(session->charts, (session->count + 1) * sizeof *charts);
  if (charts == NULL) {
    free_chart(&added);
    return NULL;
  }
  session->charts = charts;
  session->last_id++;
  charts[session->count] = added;
  return &charts[session->count++];
}

static charts_status find_chart(call *of, chart **found) {
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

/* ---- Series of a call ---- */

/* Checks the attributes of every series against the vocabulary. */
static charts_status check_attributes(call *of, series_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    charts_value *checked = NULL;
    char path[128];
    (void)snprintf(path, sizeof path, "series %.100s", list->items[i].name);
    charts_status status = options_check_series(&checked, list->items[i].attributes, path, of->messages, of->error);
    if (status != CHARTS_OK)
      return status;
    charts_value_free(list->items[i].attributes);
    list->items[i].attributes = checked;
  }
  return CHARTS_OK;
}

static bool names_series(const charts_value *names, const char *name) {
  const char *text = NULL;
  if (charts_value_kind(names) == CHARTS_TEXT)
    return strcmp(charts_value_text(names, NULL), name) == 0;
  for (size_t i = 0; i < charts_value_count(names); i++)
    if (value_as_text(charts_value_at(names, i), &text, NULL) && strcmp(text, name) == 0)
      return true;
  return false;
}

static void warn_unless_added(call *of, const series_list *list, const charts_value *name) {
  const char *text = NULL;
  (void)value_as_text(name, &text, NULL);
  for (size_t i = 0; i < list->count; i++)
    if (strcmp(list->items[i].name, text) == 0)
      return;
  message_add(of->messages, MESSAGE_WARNING, "display: this call adds no series %s", text);
}

static charts_status check_names(call *of, const series_list *list, const charts_value *display) {
  const char *text = NULL;
  if (charts_value_kind(display) == CHARTS_TEXT) {
    warn_unless_added(of, list, display);
    return CHARTS_OK;
  }
  bool names = charts_value_kind(display) == CHARTS_LIST;
  for (size_t i = 0; names && i < charts_value_count(display); i++)
    names = value_as_text(charts_value_at(display, i), &text, NULL);
  if (!names)
    return error_set(of->error, CHARTS_ARGUMENT, "display: expected true, false, a name or a list of names, got %s",
                     value_kind_name(display));
  for (size_t i = 0; i < charts_value_count(display); i++)
    warn_unless_added(of, list, charts_value_at(display, i));
  return CHARTS_OK;
}

/* Says for every series of the call whether charts show it. */
static charts_status apply_display(call *of, series_list *list) {
  const charts_value *display = arguments_get(&of->bound, "display");
  bool truth = false;
  if (display == NULL)
    return CHARTS_OK;
  bool whole = value_as_boolean(display, &truth);
  charts_status status = whole ? CHARTS_OK : check_names(of, list, display);
  for (size_t i = 0; status == CHARTS_OK && i < list->count; i++) {
    list->items[i].display_given = true;
    list->items[i].display = whole ? truth : names_series(display, list->items[i].name);
  }
  return status;
}

static charts_status read_series(call *of, series_list *list) {
  series_request request = {0};
  charts_status status = arguments_text(&of->bound, "name", &request.name, of->error);
  if (status != CHARTS_OK && charts_value_kind(arguments_get(&of->bound, "name")) == CHARTS_TEXT)
    return error_set(of->error, CHARTS_NAME, "name: expected a name that is not empty and holds no NUL");
  if (status == CHARTS_OK)
    status = arguments_text(&of->bound, "x", &request.x, of->error);
  if (status == CHARTS_OK)
    status = series_time_read(&request.time, arguments_get(&of->bound, "time"), of->error);
  if (status != CHARTS_OK)
    return status;
  status = series_read(list, arguments_get(&of->bound, "series"), &request, of->messages, of->error);
  if (status != CHARTS_OK)
    return status;
  list->poll = of->session->poll;
  list->poll_context = of->session->poll_context;
  status = check_attributes(of, list);
  if (status == CHARTS_OK)
    status = apply_display(of, list);
  if (status != CHARTS_OK)
    series_list_free(list);
  return status;
}

/* Puts series into the directory at *path, which becomes its real path. */
static charts_status put_series(call *of, char **path, const series_list *list, bool purge) {
  directory *opened = NULL;
  directory_report report = {0};
  charts_status status = directory_open(&opened, *path, DIRECTORY_WRITE, of->error);
  if (status == CHARTS_OK && (list->count > 0 || purge))
    status = directory_put(opened, list, purge, &report, of->messages, of->error);
  char *real = status == CHARTS_OK ? memory_text(directory_path(opened), strlen(directory_path(opened))) : NULL;
  if (real != NULL) {
    free(*path);
    *path = real;
  } else if (status == CHARTS_OK) {
    status = error_memory(of->error);
  }
  directory_close(opened);
  if (status == CHARTS_OK && report.shown < report.added)
    message_add(of->messages, MESSAGE_NOTE, "%zu of %zu new series are shown; the others wait in the page's selector",
                report.shown, report.added);
  return status;
}

/* ---- plotasync and plot ---- */

static charts_status plot_into(call *of, char *path, charts_value *view, bool purge, show_mode mode) {
  series_list list = {0};
  charts_status status = read_series(of, &list);
  if (status == CHARTS_OK) {
    status = put_series(of, &path, &list, purge);
    series_list_free(&list);
  }
  if (status != CHARTS_OK) {
    free(path);
    charts_value_free(view);
    return status;
  }
  chart *added = add_chart(of->session, path, view, mode);
  of->value = added != NULL ? charts_handle(added->id) : NULL;
  return of->value != NULL ? CHARTS_OK : error_memory(of->error);
}

static charts_status call_plotasync(call *of) {
  const char *save = NULL;
  char *path = NULL;
  charts_value *view = NULL;
  bool given = false;
  bool purge = false;
  int mode = SHOW_TAB;
  charts_status status = arguments_text(&of->bound, "save", &save, of->error);
  if (status == CHARTS_OK)
    status = arguments_choice(&of->bound, "show", arguments_shows, &mode, of->error);
  if (status == CHARTS_OK)
    status = arguments_boolean(&of->bound, "purge", &given, &purge, of->error);
  if (status == CHARTS_OK)
    status = directory_absolute(&path, save != NULL ? save : "temp", of->error);
  if (status == CHARTS_OK && purge)
    status = directory_check_purge(path, of->error);
  if (status == CHARTS_OK)
    status = view_read(&view, &of->bound, path, of->messages, of->error);
  if (status != CHARTS_OK) {
    free(path);
    return status;
  }
  return plot_into(of, path, view, purge, (show_mode)mode);
}

static charts_status call_plot(call *of) {
  chart *on = NULL;
  series_list list = {0};
  charts_status status = find_chart(of, &on);
  if (status == CHARTS_OK)
    status = read_series(of, &list);
  if (status != CHARTS_OK)
    return status;
  status = put_series(of, &on->path, &list, false);
  series_list_free(&list);
  return status;
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
  charts_status status = find_chart(of, &on);
  if (status == CHARTS_OK)
    status = name_argument(of, &name);
  if (status == CHARTS_OK)
    status = directory_open(&opened, on->path, DIRECTORY_READ, of->error);
  if (status == CHARTS_OK)
    status = directory_remove(opened, name, of->error);
  directory_close(opened);
  return status;
}

/* The names of the series that are not broken, as a list. */
static charts_status list_names(call *of, const chart *on, charts_value **names) {
  directory *opened = NULL;
  directory_listing listing = {0};
  charts_status status = directory_open(&opened, on->path, DIRECTORY_READ, of->error);
  if (status == CHARTS_OK)
    status = directory_list(&listing, opened, NULL, of->error);
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
  charts_status status = find_chart(of, &on);
  return status == CHARTS_OK ? list_names(of, on, &of->value) : status;
}

/* The file that holds a series of that name. */
static charts_status file_of(call *of, const directory *opened, const char *name, char file[FILE_NAME_ROOM]) {
  directory_listing listing;
  charts_status status = directory_list(&listing, opened, NULL, of->error);
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
  charts_status status = find_chart(of, &on);
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
  if (memory < 0 || write(memory, found->bytes, found->size) != (ssize_t)found->size)
    status = error_set(of->error, CHARTS_IO, "cannot read the bundled series %s", name);
  else
    status = readback_file(&of->value, memory, file, name, of->error);
  if (memory >= 0)
    (void)close(memory);
  return status;
}

/* ---- Showing ---- */

/* Starts the server when it does not run yet, and says so once. */
static charts_status start_server(call *of) {
  charts_status status = host_start(of->session->server, of->error);
  if (status != CHARTS_OK)
    return status;
  buffer banner = {0};
  host_banner(of->session->server, &banner);
  if (banner.length > 0)
    message_add(of->messages, MESSAGE_NOTE, "%s", banner.bytes);
  buffer_free(&banner);
  return CHARTS_OK;
}

/* Keeps the view, so that pages find it. */
static charts_status keep_view(call *of, const chart *on, char id[VIEW_ID_ROOM]) {
  directory *opened = NULL;
  charts_status status = directory_open(&opened, on->path, DIRECTORY_WRITE, of->error);
  if (status == CHARTS_OK)
    status = directory_view_put(id, opened, on->view, of->error);
  directory_close(opened);
  return status;
}

/* Keeps the view, registers the directory, and gives both the address and how many pages show the view already. */
static charts_status reach(call *of, const chart *on, buffer *url, size_t *pages) {
  char id[VIEW_ID_ROOM];
  buffer segment = {0};
  charts_status status = keep_view(of, on, id);
  if (status == CHARTS_OK)
    status = start_server(of);
  if (status == CHARTS_OK)
    status = host_register(of->session->server, on->path, &segment, of->error);
  if (status == CHARTS_OK && pages != NULL)
    status = host_shown(of->session->server, segment.bytes, id, pages, of->error);
  if (status == CHARTS_OK)
    status = host_url(of->session->server, segment.bytes, id, url, of->error);
  buffer_free(&segment);
  return status;
}

/* The address for the person: in a log that others may read it stands without the token. */
static void say_address(call *of, const chart *on, const char *url) {
  if (of->session->terminal)
    message_add(of->messages, MESSAGE_NOTE, "Open %s", url);
  else
    message_add(of->messages, MESSAGE_NOTE, "`charts url %s` prints the address of the chart", on->path);
}

static void open_browser(call *of, const chart *on, const char *url, show_mode mode) {
  charts_error reason;
  bool window = mode == SHOW_WINDOW;
  if (browser_open(url, window ? BROWSER_WINDOW : BROWSER_TAB, &reason) == CHARTS_OK) {
    message_add(of->messages, MESSAGE_NOTE, window ? "Opening new window..." : "Opening new tab...");
    return;
  }
  message_add(of->messages, MESSAGE_NOTE, "%s", reason.message);
  say_address(of, on, url);
}

static charts_status give_html(call *of, const chart *on, const char *url, show_mode mode) {
  buffer html = {0};
  const char *title = view_title(on->view);
  const char *slash = strrchr(on->path, '/');
  embed_frame(&html, url,
              title != NULL   ? title
              : slash != NULL ? slash + 1
                              : on->path,
              view_height(on->view), view_width(on->view));
  if (html.failed) {
    buffer_free(&html);
    return error_memory(of->error);
  }
  if (mode == SHOW_STRING) {
    of->value = charts_text(html.bytes);
  } else {
    of->value = charts_record();
    charts_record_set(of->value, "html", charts_text(html.bytes));
    charts_record_set(of->value, "url", charts_text(url));
  }
  buffer_free(&html);
  return value_failed(of->value) ? error_memory(of->error) : CHARTS_OK;
}

static charts_status show_chart(call *of, const chart *on, show_mode mode) {
  buffer url = {0};
  size_t pages = 0;
  bool page = mode == SHOW_TAB || mode == SHOW_WINDOW;
  charts_status status = reach(of, on, &url, page ? &pages : NULL);
  if (status == CHARTS_OK && !page)
    status = give_html(of, on, url.bytes, mode);
  if (status == CHARTS_OK && page && pages == 0)
    open_browser(of, on, url.bytes, mode);
  buffer_free(&url);
  return status;
}

static charts_status call_show(call *of) {
  chart *on = NULL;
  charts_status status = find_chart(of, &on);
  if (status != CHARTS_OK)
    return status;
  int mode = (int)on->mode;
  status = arguments_choice(&of->bound, "show", arguments_shows, &mode, of->error);
  if (status != CHARTS_OK)
    return status;
  if (mode == SHOW_NONE) {
    char id[VIEW_ID_ROOM];
    return keep_view(of, on, id);
  }
  return show_chart(of, on, (show_mode)mode);
}

static charts_status call_url(call *of) {
  chart *on = NULL;
  buffer url = {0};
  charts_status status = find_chart(of, &on);
  if (status == CHARTS_OK)
    status = reach(of, on, &url, NULL);
  if (status == CHARTS_OK) {
    of->value = charts_text(url.bytes);
    if (of->value == NULL)
      status = error_memory(of->error);
  }
  buffer_free(&url);
  return status;
}

static charts_status call_start(call *of) {
  if (!of->session->interactive)
    return CHARTS_OK;
  return start_server(of);
}

/* ---- The rest ---- */

static charts_status call_close(call *of) {
  chart *on = NULL;
  charts_status status = find_chart(of, &on);
  if (status != CHARTS_OK)
    return status == CHARTS_CLOSED ? CHARTS_OK : status;
  free_chart(on);
  *on = of->session->charts[--of->session->count];
  return CHARTS_OK;
}

static charts_status call_describe(call *of) {
  chart *on = NULL;
  charts_status status = find_chart(of, &on);
  if (status != CHARTS_OK)
    return status;
  const charts_value *options = charts_value_get(on->view, "options");
  const charts_value *type = charts_value_get(on->view, "type");
  if (type == NULL)
    type = charts_value_get(charts_value_get(options, "chart"), "type");
  charts_value *names = NULL;
  status = list_names(of, on, &names);
  if (status == CHARTS_NOT_FOUND)
    names = charts_list(); /* the directory was removed meanwhile */
  else if (status != CHARTS_OK)
    return status;
  of->value = charts_record();
  charts_record_set(of->value, "directory", charts_text(on->path));
  charts_record_set(of->value, "type", type != NULL ? value_copy(type) : charts_text("line"));
  charts_record_set(of->value, "show", charts_text(arguments_shows[on->mode]));
  charts_record_set(of->value, "live", charts_boolean(charts_value_boolean(charts_value_get(on->view, "live"))));
  charts_record_set(of->value, "stock", charts_boolean(charts_value_boolean(charts_value_get(on->view, "stock"))));
  charts_record_set(of->value, "series", names);
  return value_failed(of->value) ? error_memory(of->error) : CHARTS_OK;
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

/* The result record, which takes value and messages over. */
static charts_status make_result(call *of, charts_value **result) {
  *result = charts_record();
  charts_record_set(*result, "value", of->value != NULL ? of->value : charts_null());
  charts_record_set(*result, "messages", of->messages);
  of->value = NULL;
  of->messages = NULL;
  if (!value_failed(*result))
    return CHARTS_OK;
  charts_value_free(*result);
  *result = NULL;
  return error_memory(of->error);
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
  status = of.messages != NULL ? dispatch(&of, name) : error_memory(of.error);
  if (status == CHARTS_OK)
    status = make_result(&of, result);
  charts_value_free(of.value);
  charts_value_free(of.messages);
  return status;
}
