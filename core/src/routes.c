#include "routes.h"

#include "embedded.h"
#include "options.h"
#include "reply.h"
#include "windowquery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Pages ---- */

static void get_gallery(void *context, http_request *request) {
  (void)context;
  reply_embedded(request, "page/index.html");
}

/* The page is the same for every directory: who has no token learns nothing of which there are. */
static void get_chart(void *context, http_request *request) {
  (void)context;
  reply_embedded(request, embedded_find("page/chart.html") ? "page/chart.html" : "page/index.html");
}

static void get_redirect(void *context, http_request *request) {
  (void)context;
  if (strcmp(http_segment(request, 0), "favicon.ico") == 0) {
    http_problem(request, 404, "there is no such page");
    return;
  }
  buffer headers = {0};
  buffer_add_text(&headers, "Location: ./");
  percent_encode(&headers, http_segment(request, 0));
  buffer_add_text(&headers, "/\r\n");
  http_reply reply = {.status = 301, .headers = headers.bytes};
  if (headers.failed)
    http_problem(request, 503, "out of memory");
  else
    http_answer(request, &reply, NULL, 0);
  buffer_free(&headers);
}

static void get_asset(void *context, http_request *request) {
  (void)context;
  char name[160];
  int length = snprintf(name, sizeof name, "page/assets/%s", http_segment(request, 1));
  reply_embedded(request, length > 0 && (size_t)length < sizeof name ? name : "");
}

/* ---- Bodies and directories ---- */

/* The request's body, a JSON record; NULL when it has been answered. The caller's. */
static charts_value *read_record(http_request *request) {
  buffer body = {0};
  charts_value *value = NULL;
  charts_error error;
  if (!http_body(request, &body)) {
    buffer_free(&body);
    return NULL;
  }
  if (value_parse(&value, body.bytes, body.length, &error) != CHARTS_OK) {
    http_problem(request, 422, "the body is not JSON: %s", error.message);
    value = NULL;
  } else if (charts_value_kind(value) != CHARTS_RECORD) {
    http_problem(request, 422, "the body must be a JSON object");
    charts_value_free(value);
    value = NULL;
  }
  buffer_free(&body);
  return value;
}

/* The path of the directory that the request names (the third segment), or NULL when it has been answered. The
 * caller's. */
static char *find_path(routes *from, http_request *request) {
  char *path;
  charts_error error;
  live_touch(from->live);
  if (catalogue_find(&path, from->catalogue, http_segment(request, 2), &error) == CHARTS_OK)
    return path;
  reply_error(request, &error);
  return NULL;
}

static directory *open_directory(routes *from, http_request *request) {
  directory *opened = NULL;
  charts_error error;
  char *path = find_path(from, request);
  if (path && directory_open_real(&opened, path, &error) != CHARTS_OK) {
    reply_error(request, &error);
    opened = NULL;
  }
  free(path);
  return opened;
}

/* ---- Directories and control ---- */

static void get_directories(void *context, http_request *request) {
  routes *from = context;
  buffer text = {0};
  charts_error error;
  live_touch(from->live);
  if (catalogue_write(&text, from->catalogue, &error) == CHARTS_OK) {
    reply_json(request, &text);
  } else {
    reply_error(request, &error);
    buffer_free(&text);
  }
}

static void post_directories(void *context, http_request *request) {
  routes *from = context;
  charts_error error;
  charts_value *asked = read_record(request);
  if (!asked)
    return;
  const char *path = charts_value_text(charts_value_get(asked, "path"), NULL);
  buffer segment = {0};
  live_touch(from->live);
  if (!path) {
    http_problem(request, 422, "`path` must be the absolute path of a chart directory");
  } else if (catalogue_register(&segment, from->catalogue, path, &error) != CHARTS_OK) {
    reply_error(request, &error);
  } else {
    buffer text = {0};
    buffer_add_text(&text, "{\"segment\":");
    json_write_text(&text, segment.bytes, segment.length);
    buffer_add_char(&text, '}');
    reply_json(request, &text);
  }
  buffer_free(&segment);
  charts_value_free(asked);
}

static void post_shown(void *context, http_request *request) {
  routes *from = context;
  charts_value *asked = read_record(request);
  if (!asked)
    return;
  const char *segment = charts_value_text(charts_value_get(asked, "directory"), NULL);
  const char *view = charts_value_text(charts_value_get(asked, "view"), NULL);
  if (segment && view) {
    buffer text = {0};
    if (charts_value_boolean(charts_value_get(asked, "opened")))
      live_opened(from->live, segment, view);
    buffer_add_format(&text, "{\"pages\":%zu}", live_shown(from->live, segment, view));
    reply_json(request, &text);
  } else {
    http_problem(request, 422, "`directory` and `view` must be text");
  }
  charts_value_free(asked);
}

static void post_stop(void *context, http_request *request) {
  routes *from = context;
  charts_value *asked = read_record(request);
  if (!asked)
    return;
  charts_value_free(asked);
  if (!from->stop) {
    http_problem(request, 405, "this server lives in a program and ends with it");
    return;
  }
  buffer text = {0};
  buffer_add_text(&text, "{}");
  reply_json(request, &text);
  from->stop(from->stop_context);
}

/* ---- Series ---- */

static void write_text_member(buffer *to, const char *key, const char *text) {
  buffer_add_text(to, key);
  json_write_text(to, text, strlen(text));
}

static void write_series(buffer *to, const directory_entry *entry) {
  write_text_member(to, "{\"file\":", entry->file);
  write_text_member(to, ",\"name\":", entry->name);
  buffer_add_format(to, ",\"display\":%s", entry->head.display ? "true" : "false");
  if (entry->head.has_index) {
    buffer_add_text(to, ",\"index\":");
    json_write_number(to, entry->head.index);
  }
  write_text_member(to, ",\"stamp\":", entry->stamp);
  buffer_add_format(to, ",\"size\":%llu", (unsigned long long)entry->size);
  write_text_member(to, ",\"kind\":", series_kind_name(entry->head.kind));
  buffer_add_text(to, ",\"attributes\":");
  if (entry->head.attributes)
    value_write(to, entry->head.attributes);
  else
    buffer_add_text(to, "{}");
  buffer_add_char(to, '}');
}

static void write_texts(buffer *to, char *const *texts, size_t count) {
  for (size_t i = 0; i < count; i++)
    write_text_member(to, i ? "," : "", texts[i]);
}

static void write_listing(void *context, const directory_listing *listing) {
  buffer *to = context;
  bool any = false;
  write_text_member(to, "{\"revision\":", listing->revision);
  buffer_add_text(to, ",\"series\":[");
  for (size_t i = 0; i < listing->count; i++) {
    if (listing->entries[i].reason)
      continue;
    if (any)
      buffer_add_char(to, ',');
    any = true;
    write_series(to, &listing->entries[i]);
  }
  buffer_add_text(to, "],\"broken\":[");
  any = false;
  for (size_t i = 0; i < listing->count; i++) {
    if (!listing->entries[i].reason)
      continue;
    write_text_member(to, any ? ",{\"file\":" : "{\"file\":", listing->entries[i].file);
    write_text_member(to, ",\"reason\":", listing->entries[i].reason);
    buffer_add_char(to, '}');
    any = true;
  }
  buffer_add_text(to, "],\"views\":[");
  write_texts(to, listing->views, listing->view_count);
  buffer_add_text(to, "],\"settings\":[");
  write_texts(to, listing->settings, listing->settings_count);
  buffer_add_text(to, "]}");
}

static void get_series(void *context, http_request *request) {
  routes *from = context;
  charts_error error;
  buffer text = {0};
  char *path = find_path(from, request);
  if (!path)
    return;
  if (watch_list(live_watch(from->live), path, write_listing, &text, &error) == CHARTS_OK) {
    reply_json(request, &text);
  } else {
    reply_error(request, &error);
    buffer_free(&text);
  }
  free(path);
}

static void get_file(void *context, http_request *request) {
  charts_error error;
  struct stat status;
  const char *file = http_segment(request, 4);
  if (!filename_is_series(file)) {
    http_problem(request, 404, "there is no series %s", file);
    return;
  }
  directory *opened = open_directory(context, request);
  if (!opened)
    return;
  int descriptor = -1;
  if (directory_open_series(&descriptor, &status, opened, file, &error) == CHARTS_OK) {
    reply_file(request, descriptor, &status, file);
    close(descriptor);
  } else if (error.status == CHARTS_IO) { /* of the file, not of the server */
    http_problem(request, 422, "%s", error.message);
  } else {
    reply_error(request, &error);
  }
  directory_close(opened);
}

/* ---- Windows ---- */

static bool nobody_waits(void *context) {
  return http_gone(context);
}

static void reply_frame(http_request *request, buffer *frame) {
  http_reply reply = {.status = 200, .type = "application/vnd.charts.frame"};
  if (frame->failed)
    http_problem(request, 503, "out of memory");
  else
    http_answer(request, &reply, frame->bytes, frame->length);
  buffer_free(frame);
}

static void post_window(void *context, http_request *request) {
  const routes *from = context;
  windows_request wanted;
  charts_value *asked = read_record(request);
  if (!asked)
    return;
  const char *wrong = windowquery_read(&wanted, asked);
  directory *opened = wrong ? NULL : open_directory(context, request);
  if (wrong) {
    http_problem(request, 422, "%s", wrong);
  } else if (opened) {
    buffer frame = {0};
    wanted.window.left = nobody_waits;
    wanted.window.left_context = request;
    wanted.indexer = indexer_asked(from->indexer);
    windows_write(&frame, opened, &wanted);
    reply_frame(request, &frame);
    directory_close(opened);
  }
  charts_value_free(asked);
}

static void post_nearest(void *context, http_request *request) {
  const charts_value *files;
  double x;
  charts_value *asked = read_record(request);
  if (!asked)
    return;
  const char *wrong = windowquery_nearest(&files, &x, asked);
  directory *opened = wrong ? NULL : open_directory(context, request);
  if (wrong) {
    http_problem(request, 422, "%s", wrong);
  } else if (opened) {
    buffer frame = {0};
    windows_write_nearest(&frame, opened, files, x);
    reply_frame(request, &frame);
    directory_close(opened);
  }
  charts_value_free(asked);
}

/* ---- Views and settings ---- */

/* Answers a value (which is freed) or the error. */
static void reply_value(http_request *request, charts_status status, charts_value *value, const charts_error *error) {
  buffer text = {0};
  if (status != CHARTS_OK) {
    reply_error(request, error);
    return;
  }
  value_write(&text, value);
  charts_value_free(value);
  reply_json(request, &text);
}

static void get_view(void *context, http_request *request) {
  charts_error error;
  charts_value *view = NULL;
  const char *id = http_segment(request, 4);
  if (strlen(id) != VIEW_ID_ROOM - 1 || strspn(id, "0123456789abcdef") != strlen(id)) {
    http_problem(request, 404, "there is no view %s", id);
    return;
  }
  directory *opened = open_directory(context, request);
  if (!opened)
    return;
  charts_status status = directory_view_get(&view, opened, id, &error);
  reply_value(request, status, view, &error);
  directory_close(opened);
}

static void get_settings(void *context, http_request *request) {
  charts_error error;
  charts_value *settings = NULL;
  directory *opened = open_directory(context, request);
  if (!opened)
    return;
  charts_status status = directory_settings_get(&settings, opened, http_segment(request, 4), &error);
  reply_value(request, status, settings, &error);
  directory_close(opened);
}

/* Settings that the vocabulary does not allow are refused; what it does not know is saved and named in the answer. */
static void put_settings(void *context, http_request *request) {
  charts_error error;
  charts_value *checked = NULL;
  const char *name = http_segment(request, 4);
  charts_value *settings = read_record(request);
  directory *opened = settings ? open_directory(context, request) : NULL;
  charts_value *messages = charts_list();
  if (opened) {
    buffer path = {0};
    buffer_add_format(&path, "settings %s", name);
    charts_status status = series_name_check(name, strlen(name), "the settings' name", &error);
    if (status == CHARTS_OK)
      status = options_check(&checked, settings, path.failed ? "settings" : path.bytes, messages, &error);
    if (status == CHARTS_OK && value_failed(messages)) /* what it has to say would be lost */
      status = error_memory(&error);
    if (status == CHARTS_OK)
      status = directory_settings_put(opened, name, checked, &error);
    if (status == CHARTS_OK) {
      buffer text = {0};
      buffer_add_text(&text, "{\"messages\":");
      value_write(&text, messages);
      buffer_add_char(&text, '}');
      reply_json(request, &text);
    } else {
      reply_error(request, &error);
    }
    buffer_free(&path);
    directory_close(opened);
  }
  charts_value_free(checked);
  charts_value_free(messages);
  charts_value_free(settings);
}

/* ---- Live ---- */

/* Answers only when there is no such directory; else the upgrade follows. */
static void get_live(void *context, http_request *request) {
  directory *opened = open_directory(context, request);
  directory_close(opened);
}

void routes_opened(void *context, http_request *request, connection *page) {
  routes *from = context;
  charts_error error;
  char view[64] = "";
  char *path = NULL;
  const char *segment = http_segment(request, 2);
  (void)http_query(request, "view", view, sizeof view);
  if (catalogue_find(&path, from->catalogue, segment, &error) != CHARTS_OK ||
      live_enter(from->live, page, path, segment, view, &error) != CHARTS_OK)
    connection_end(page); /* the directory vanished in between: the page asks again */
  free(path);
}

void routes_closed(void *context, connection *page) {
  routes *from = context;
  live_leave(from->live, page);
}

/* ---- Table ---- */

#define ROUTES(X)                                                                                                      \
  X("GET", "", false, get_gallery)                                                                                     \
  X("GET", "*/", false, get_chart)                                                                                     \
  X("GET", "*", false, get_redirect)                                                                                   \
  X("GET", "assets/*", false, get_asset)                                                                               \
  X("GET", "api/directories", false, get_directories)                                                                  \
  X("POST", "api/directories", false, post_directories)                                                                \
  X("POST", "api/shown", false, post_shown)                                                                            \
  X("POST", "api/stop", false, post_stop)                                                                              \
  X("GET", "api/d/*/series", false, get_series)                                                                        \
  X("GET", "api/d/*/series/*", false, get_file)                                                                        \
  X("POST", "api/d/*/window", false, post_window)                                                                      \
  X("POST", "api/d/*/nearest", false, post_nearest)                                                                    \
  X("GET", "api/d/*/views/*", false, get_view)                                                                         \
  X("GET", "api/d/*/settings/*", false, get_settings)                                                                  \
  X("PUT", "api/d/*/settings/*", false, put_settings)                                                                  \
  X("GET", "api/d/*/live", true, get_live)

static const gate_route table[] = {
#define ROUTE_ROW(method, pattern, socket, handler) {method, pattern, socket},
    ROUTES(ROUTE_ROW)
#undef ROUTE_ROW
};

static const http_handler handlers[] = {
#define ROUTE_HANDLER(method, pattern, socket, handler) handler,
    ROUTES(ROUTE_HANDLER)
#undef ROUTE_HANDLER
};

const gate_route *routes_table(size_t *count) {
  *count = sizeof table / sizeof *table;
  return table;
}

const http_handler *routes_handlers(void) {
  return handlers;
}
