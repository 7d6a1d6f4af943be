/* The verbs that put series into a chart directory: plotasync and plot. */
#include "call.h"
#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

charts_status call_read_series(call *of, series_list *list, const charts_value *value, bool names) {
  series_request request = {0};
  charts_status status = names ? arguments_text(&of->bound, "name", &request.name, of->error) : CHARTS_OK;
  if (status != CHARTS_OK && charts_value_kind(arguments_get(&of->bound, "name")) == CHARTS_TEXT)
    return error_set(of->error, CHARTS_NAME, "name: expected a name that is not empty and holds no NUL");
  if (status == CHARTS_OK)
    status = arguments_text(&of->bound, "x", &request.x, of->error);
  if (status == CHARTS_OK)
    status = series_time_read(&request.time, arguments_get(&of->bound, "time"), of->error);
  if (status != CHARTS_OK)
    return status;
  status = series_read(list, value, &request, of->messages, of->error);
  if (status != CHARTS_OK)
    return status;
  list->poll = of->session->poll;
  list->poll_context = of->session->host_context;
  status = check_attributes(of, list);
  if (status != CHARTS_OK)
    series_list_free(list);
  return status;
}

charts_status call_sync(call *of, chart *on, directory *opened) {
  bool given = false;
  bool sync = false;
  charts_status status = arguments_boolean(&of->bound, "sync", &given, &sync, of->error);
  if (status != CHARTS_OK || !sync)
    return status;
  status = directory_sync(opened, on == NULL || !on->anchored, of->error);
  if (status == CHARTS_OK && on != NULL)
    on->anchored = true;
  return status;
}

void call_begin_progress(call *of, progress *shown, series_list *list, const char *path) {
  progress_begin(shown, path, of->session->progress, of->session->host_context);
  list->progress = progress_note;
  list->progress_context = shown;
}

void call_end_progress(progress *shown, series_list *list) {
  progress_end(shown);
  list->progress = NULL;
  list->progress_context = NULL;
}

static charts_status read_series(call *of, series_list *list) {
  charts_status status = call_read_series(of, list, arguments_get(&of->bound, "series"), true);
  if (status != CHARTS_OK)
    return status;
  status = apply_display(of, list);
  if (status != CHARTS_OK)
    series_list_free(list);
  return status;
}

/* Puts series into the directory at *path, which becomes its real path. */
static charts_status put_series(call *of, chart *on, char **path, series_list *list, bool purge) {
  directory *opened = NULL;
  progress shown;
  directory_report report;
  charts_error reason;
  charts_status status = directory_open(&opened, *path, purge ? DIRECTORY_PURGE : DIRECTORY_WRITE, &reason);
  if (status != CHARTS_OK)
    return error_set(of->error, status, "save: %s", reason.message);
  status = call_sync(of, on, opened);
  char *real = memory_text(directory_path(opened), strlen(directory_path(opened)));
  if (status == CHARTS_OK && real == NULL)
    status = error_memory(of->error);
  call_begin_progress(of, &shown, list, directory_path(opened));
  if (status == CHARTS_OK && (list->count > 0 || purge))
    status = directory_put(opened, list, purge, &report, of->messages, of->error);
  call_end_progress(&shown, list);
  directory_close(opened);
  if (status != CHARTS_OK) {
    free(real);
    return status;
  }
  free(*path);
  *path = real;
  return CHARTS_OK;
}

/* ---- plotasync and plot ---- */

static charts_status plot_into(call *of, char *path, charts_value *view, bool purge, show_mode mode) {
  series_list list = {0};
  charts_status status = read_series(of, &list);
  if (status == CHARTS_OK) {
    of->value = call_reserve_chart(of->session);
    status = of->value != NULL ? put_series(of, NULL, &path, &list, purge) : error_memory(of->error);
    series_list_free(&list);
  }
  if (status != CHARTS_OK) {
    free(path);
    charts_value_free(view);
    return status;
  }
  bool given = false;
  bool sync = false;
  chart *added = call_add_chart(of->session, path, view, mode);
  if (arguments_boolean(&of->bound, "sync", &given, &sync, of->error) == CHARTS_OK)
    added->anchored = sync;
  return CHARTS_OK;
}

charts_status call_plotasync(call *of) {
  const char *save = NULL;
  char *path = NULL;
  charts_value *view = NULL;
  bool given = false;
  bool purge = false;
  bool sync = false;
  int mode = SHOW_TAB;
  charts_status status = arguments_text(&of->bound, "save", &save, of->error);
  if (status == CHARTS_OK)
    status = arguments_choice(&of->bound, "show", arguments_shows, &mode, of->error);
  if (status == CHARTS_OK)
    status = arguments_boolean(&of->bound, "purge", &given, &purge, of->error);
  if (status == CHARTS_OK) /* before anything is made */
    status = arguments_boolean(&of->bound, "sync", &given, &sync, of->error);
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

charts_status call_plot(call *of) {
  chart *on = NULL;
  series_list list = {0};
  charts_status status = call_find_chart(of, &on);
  if (status == CHARTS_OK)
    status = read_series(of, &list);
  if (status != CHARTS_OK)
    return status;
  status = put_series(of, on, &on->path, &list, false);
  series_list_free(&list);
  return status;
}
