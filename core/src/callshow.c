/* The verbs that show charts: start, show and url. */
#include "browser.h"
#include "call.h"
#include "embed.h"
#include "view.h"

#include <string.h>

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
static charts_status keep_view(call *of, chart *on, char id[VIEW_ID_ROOM]) {
  directory *opened = NULL;
  charts_status status = directory_open(&opened, on->path, DIRECTORY_WRITE, of->error);
  if (status == CHARTS_OK)
    status = call_sync(of, on, opened);
  if (status == CHARTS_OK)
    status = directory_view_put(id, opened, on->view, of->error);
  directory_close(opened);
  return status;
}

/* Where a view is shown. */
typedef struct shown {
  char view[VIEW_ID_ROOM];
  buffer segment;
  buffer url;
  size_t pages; /* that show it already */
} shown;

static void shown_free(shown *at) {
  buffer_free(&at->segment);
  buffer_free(&at->url);
}

/* Keeps the view, registers the directory, and gives the address; with `ask`, how many pages show the view already. */
static charts_status reach(call *of, chart *on, bool ask, shown *at) {
  host *server = of->session->server;
  *at = (shown){0};
  charts_status status = keep_view(of, on, at->view);
  if (status == CHARTS_OK)
    status = start_server(of);
  if (status == CHARTS_OK)
    status = host_register(server, on->path, &at->segment, of->error);
  if (status == CHARTS_OK && ask)
    status = host_shown(server, at->segment.bytes, at->view, &at->pages, of->error);
  if (status == CHARTS_OK)
    status = host_url(server, at->segment.bytes, at->view, &at->url, of->error);
  return status;
}

/* The address for the person: in a log that others may read it stands without the token. */
static void say_address(call *of, const chart *on, const char *url) {
  if (of->session->terminal) {
    message_add(of->messages, MESSAGE_NOTE, "Open %s", url);
    return;
  }
  buffer where = {0};
  host_where(of->session->server, on->path, &where);
  if (!where.failed)
    message_add(of->messages, MESSAGE_NOTE, "%s", where.bytes);
  buffer_free(&where);
}

static void open_browser(call *of, const chart *on, const shown *at, show_mode mode) {
  charts_error reason;
  bool window = mode == SHOW_WINDOW;
  if (browser_open(at->url.bytes, window ? BROWSER_WINDOW : BROWSER_TAB, &reason) != CHARTS_OK) {
    message_add(of->messages, MESSAGE_NOTE, "%s", reason.message);
    say_address(of, on, at->url.bytes);
    return;
  }
  message_add(of->messages, MESSAGE_NOTE, window ? "Opening new window..." : "Opening new tab...");
  /* So that a script that is run again before the page has come opens no second tab; the tab is there either way. */
  (void)host_opened(of->session->server, at->segment.bytes, at->view, NULL);
}

static charts_status give_html(call *of, const chart *on, const char *url, show_mode mode) {
  buffer html = {0};
  charts_value *view = view_effective(on->view, on->path);
  const char *title = view_title(view);
  const char *slash = strrchr(on->path, '/');
  embed_frame(&html, url,
              title != NULL   ? title
              : slash != NULL ? slash + 1
                              : on->path,
              view_height(view), view_width(view));
  html.failed = html.failed || view == NULL;
  charts_value_free(view);
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

static charts_status show_chart(call *of, chart *on, show_mode mode) {
  shown at;
  bool page = mode == SHOW_TAB || mode == SHOW_WINDOW;
  charts_status status = reach(of, on, page, &at);
  if (status == CHARTS_OK && !page)
    status = give_html(of, on, at.url.bytes, mode);
  if (status == CHARTS_OK && page && at.pages == 0)
    open_browser(of, on, &at, mode);
  shown_free(&at);
  return status;
}

charts_status call_show(call *of) {
  chart *on = NULL;
  charts_status status = call_find_chart(of, &on);
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

charts_status call_url(call *of) {
  chart *on = NULL;
  shown at = {0};
  charts_status status = call_find_chart(of, &on);
  if (status == CHARTS_OK)
    status = reach(of, on, false, &at);
  if (status == CHARTS_OK) {
    of->value = charts_text(at.url.bytes);
    if (of->value == NULL)
      status = error_memory(of->error);
  }
  shown_free(&at);
  return status;
}

charts_status call_start(call *of) {
  if (!of->session->interactive)
    return CHARTS_OK;
  return start_server(of);
}
