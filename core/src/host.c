#include "host.h"

#include "control.h"
#include "gate.h"
#include "program.h"
#include "server.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 64, VIEWERS = 40, START_MS = 15000 };

struct host {
  char *folder;
  bool interactive;
  bool terminal;
  bool started;
  bool began; /* this host started the server, and did not find it running */
  bool said;
  pid_t owner;      /* a forked child is not: it starts its own */
  server *thread;   /* NULL: a process */
  serverfile found; /* the process; also the port and token of the thread */
};

charts_status host_open(host **opened, const host_options *options, charts_error *error) {
  *opened = NULL;
  host *new = memory_new_zeroed(1, sizeof *new);
  if (!new)
    return error_memory(error);
  new->folder = realpath(options->folder, NULL);
  new->interactive = options->interactive;
  new->terminal = options->terminal;
  if (!new->folder) {
    free(new);
    return error_set(error, CHARTS_NOT_FOUND, "the working directory %s is not there", options->folder);
  }
  *opened = new;
  return CHARTS_OK;
}

void host_close(host *opened) {
  if (!opened)
    return;
  server_close(opened->thread);
  free(opened->folder);
  free(opened);
}

/* ---- Process ---- */

/* The command `charts`: beside the library, or as CHARTS_COMMAND or PATH say. As program_find. */
static bool command_find(buffer *path) {
  static const char *const places[] = {"/charts", "/../bin/charts", "/../../bin/charts"};
  Dl_info library;
  /* The address of any function of the library tells where the library is. */
  if (dladdr((const void *)(uintptr_t)host_open, &library) && library.dli_fname && strchr(library.dli_fname, '/')) {
    size_t folder = (size_t)(strrchr(library.dli_fname, '/') - library.dli_fname);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
      buffer tried = {0};
      buffer_add(&tried, library.dli_fname, folder);
      buffer_add_text(&tried, places[i]);
      bool found = !tried.failed && program_find(path, tried.bytes);
      path->failed = path->failed || tried.failed;
      buffer_free(&tried);
      if (found || path->failed)
        return found;
      buffer_clear(path);
    }
  }
  const char *named = getenv("CHARTS_COMMAND");
  if (named && *named && (program_find(path, named) || path->failed))
    return !path->failed;
  buffer_clear(path);
  return program_find(path, "charts");
}

/* Runs `charts serve --detach`, which ends when its server is ready or another's is. */
static charts_status process_start(const char *folder, charts_error *error) {
  buffer command = {0};
  buffer said = {0};
  int exit_status = 0;
  if (!command_find(&command)) {
    bool memory = command.failed;
    buffer_free(&command);
    if (memory)
      return error_memory(error);
    return error_set(error, CHARTS_SERVER, "the command charts is not found: set CHARTS_COMMAND to its path");
  }
  const char *arguments[] = {command.bytes, "serve", "--detach", "--", folder, NULL};
  charts_status status = program_run(&exit_status, &said, arguments, START_MS, error);
  while (said.length && (said.bytes[said.length - 1] == '\n' || said.bytes[said.length - 1] == '\r'))
    said.bytes[--said.length] = 0;
  if (status == CHARTS_OK && exit_status > 0)
    status = error_set(error, CHARTS_SERVER, "%s", said.length ? said.bytes : "the server could not be started");
  buffer_free(&said);
  buffer_free(&command);
  return status;
}

/* Finds the folder's live server, or starts one. */
static charts_status process_find(serverfile *found, const char *folder, bool *began, charts_error *error) {
  charts_status status = serverfile_read(found, folder, error);
  if (status != CHARTS_NOT_FOUND && status != CHARTS_REFUSED)
    return status;
  *began = true;
  status = process_start(folder, error);
  if (status != CHARTS_OK)
    return status;
  status = serverfile_read(found, folder, error);
  if (status == CHARTS_NOT_FOUND || status == CHARTS_REFUSED)
    status = error_set(error, CHARTS_SERVER, "the server of the folder %s ended as soon as it was started", folder);
  return status;
}

/* ---- Start ---- */

static charts_status wants_thread(const host *opened, bool *thread, charts_error *error) {
  const char *way = getenv("CHARTS_SERVER");
  *thread = opened->interactive;
  if (!way || !*way)
    return CHARTS_OK;
  *thread = strcmp(way, "thread") == 0;
  if (*thread || strcmp(way, "process") == 0)
    return CHARTS_OK;
  return error_set(error, CHARTS_ARGUMENT, "CHARTS_SERVER must be thread or process, not \"%s\"", way);
}

static charts_status thread_start(host *opened, charts_error *error) {
  server_options options = {.folder = opened->folder, .threads = THREADS, .viewers = VIEWERS};
  charts_status status = server_open(&opened->thread, &options, error);
  if (status != CHARTS_OK)
    return status;
  opened->found.port = server_port(opened->thread);
  snprintf(opened->found.token, sizeof opened->found.token, "%s", server_token(opened->thread));
  return CHARTS_OK;
}

bool host_started(const host *opened) {
  return opened->started && opened->owner == getpid();
}

charts_status host_start(host *opened, charts_error *error) {
  bool thread;
  if (host_started(opened))
    return CHARTS_OK;
  if (opened->started && opened->thread) { /* in a forked child: the server stayed with the parent */
    server_close(opened->thread);
    opened->thread = NULL;
  }
  opened->started = false;
  opened->began = false;
  charts_status status = wants_thread(opened, &thread, error);
  if (status == CHARTS_OK)
    status = thread ? thread_start(opened, error) : process_find(&opened->found, opened->folder, &opened->began, error);
  opened->started = status == CHARTS_OK;
  opened->owner = getpid();
  return status;
}

void host_banner(host *opened, buffer *text) {
  const char *quiet = getenv("CHARTS_QUIET");
  bool news = opened->began || opened->thread || opened->interactive;
  if (!host_started(opened) || opened->said || !news || (quiet && strcmp(quiet, "1") == 0))
    return;
  opened->said = true;
  buffer address = {0};
  if (opened->terminal && host_url(opened, NULL, NULL, &address, NULL) == CHARTS_OK)
    buffer_add_format(text, "Server running in the folder %s at %s", opened->folder, address.bytes);
  else {
    buffer_add_format(text, "Server running in the folder %s at ", opened->folder);
    server_address(opened->found.port, text);
    buffer_add_text(text, " (");
    host_where(opened, opened->folder, text);
    buffer_add_char(text, ')');
  }
  buffer_free(&address);
}

/* A path as a word of a command line, to be copied as it stands. */
static void add_word(buffer *to, const char *path) {
  bool plain = true;
  for (const char *at = path; plain && *at; at++)
    plain = (unsigned char)*at >= 0x80 || isalnum((unsigned char)*at) || strchr("/._-+,:@%=", *at);
  if (plain) {
    buffer_add_text(to, path);
    return;
  }
  buffer_add_char(to, '\'');
  for (; *path; path++)
    if (*path == '\'')
      buffer_add_text(to, "'\\''");
    else
      buffer_add_char(to, *path);
  buffer_add_char(to, '\'');
}

void host_where(const host *opened, const char *path, buffer *text) {
  if (opened->thread) {
    buffer_add_text(text, "the full address is what `url` of a chart gives");
    return;
  }
  buffer_add_text(text, "`charts url ");
  add_word(text, path);
  buffer_add_text(text, "` prints the full address");
}

/* ---- Control ---- */

/* Asks the process; when it is gone, ends just now, or another listens at its port (who is told nothing: control_post),
 * once more of a new one. */
static charts_status process_post(host *opened, charts_value **answer, const char *route, const charts_value *body,
                                  charts_error *error) {
  charts_status status = control_post(answer, opened->folder, &opened->found, route, body, error);
  if (status != CHARTS_SERVER)
    return status;
  opened->started = false;
  status = host_start(opened, error);
  return status == CHARTS_OK ? control_post(answer, opened->folder, &opened->found, route, body, error) : status;
}

static charts_status process_register(host *opened, const char *path, buffer *segment, charts_error *error) {
  charts_value *answer = NULL;
  charts_value *body = charts_record();
  charts_record_set(body, "path", charts_text(path));
  charts_status status = process_post(opened, &answer, "api/directories", body, error);
  const char *text = charts_value_text(charts_value_get(answer, "segment"), NULL);
  if (status == CHARTS_OK && text)
    buffer_add_text(segment, text);
  else if (status == CHARTS_OK)
    status = error_set(error, CHARTS_SERVER, "the server gave no address for %s", path);
  charts_value_free(answer);
  charts_value_free(body);
  return status;
}

charts_status host_register(host *opened, const char *path, buffer *segment, charts_error *error) {
  buffer plain = {0};
  charts_status status = host_start(opened, error);
  if (status == CHARTS_OK)
    status = opened->thread ? server_register(opened->thread, path, &plain, error)
                            : process_register(opened, path, &plain, error);
  if (status == CHARTS_OK && !plain.failed)
    percent_encode(segment, plain.bytes);
  if (status == CHARTS_OK && (plain.failed || segment->failed))
    status = error_memory(error);
  buffer_free(&plain);
  return status;
}

static charts_status process_shown(host *opened, const char *segment, const char *view, bool tab, size_t *pages,
                                   charts_error *error) {
  charts_value *answer = NULL;
  charts_value *body = charts_record();
  charts_record_set(body, "directory", charts_text(segment));
  charts_record_set(body, "view", charts_text(view));
  if (tab)
    charts_record_set(body, "opened", charts_boolean(true));
  charts_status status = process_post(opened, &answer, "api/shown", body, error);
  if (status == CHARTS_OK)
    *pages = (size_t)charts_value_number(charts_value_get(answer, "pages"));
  charts_value_free(answer);
  charts_value_free(body);
  return status;
}

static charts_status show(host *opened, const char *segment, const char *view, bool tab, size_t *pages,
                          charts_error *error) {
  *pages = 0;
  char *plain = memory_new(strlen(segment) + 1);
  if (!plain)
    return error_memory(error);
  charts_status status = host_start(opened, error);
  if (status == CHARTS_OK && !percent_decode(plain, segment, strlen(segment)))
    status = error_set(error, CHARTS_INTERNAL, "%s is not a segment", segment);
  if (status == CHARTS_OK && !opened->thread)
    status = process_shown(opened, plain, view, tab, pages, error);
  else if (status == CHARTS_OK && tab)
    server_opened(opened->thread, plain, view);
  else if (status == CHARTS_OK)
    *pages = server_shown(opened->thread, plain, view);
  free(plain);
  return status;
}

charts_status host_shown(host *opened, const char *segment, const char *view, size_t *pages, charts_error *error) {
  return show(opened, segment, view, false, pages, error);
}

charts_status host_opened(host *opened, const char *segment, const char *view, charts_error *error) {
  size_t pages;
  return show(opened, segment, view, true, &pages, error);
}

charts_status host_url(host *opened, const char *segment, const char *view, buffer *url, charts_error *error) {
  charts_status status = host_start(opened, error);
  if (status != CHARTS_OK)
    return status;
  server_address(opened->found.port, url);
  if (segment)
    buffer_add_format(url, "%s/", segment);
  buffer_add_format(url, "#t=%s", opened->found.token);
  if (view)
    buffer_add_format(url, "&v=%s", view);
  return url->failed ? error_memory(error) : CHARTS_OK;
}
