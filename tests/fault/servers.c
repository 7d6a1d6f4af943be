/* Operations of the server: its start, requests that its threads answer, the client of a detached one. */
#include "operations.h"

#include "inject.h"
#include "world.h"

#include "control.h"
#include "server.h"
#include "watch.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { THREADS = 4 };

static void must(charts_status status, const charts_error *error) {
  if (status == CHARTS_OK)
    return;
  (void)fprintf(stderr, "%s\n", error->message);
  _exit(2);
}

static server *start(void) {
  server *started = NULL;
  charts_error error;
  char folder[4096];
  server_options options = {.folder = getcwd(folder, sizeof folder), .threads = THREADS, .viewers = 2};
  must(server_open(&started, &options, &error), &error);
  return started;
}

charts_status run_server(const operation *of, char **text, charts_error *error) {
  server *started = NULL;
  char folder[4096];
  server_options options = {.folder = getcwd(folder, sizeof folder), .threads = THREADS};
  (void)of;
  (void)text;
  inject_on(INJECT_ALL);
  charts_status status = server_open(&started, &options, error);
  server_close(started);
  inject_off();
  return status;
}

/* ---- Requests ---- */

/* Sends a request and reads until the server closes, outside of the injection; the caller frees it. */
static char *ask(const server *of, const char *method, const char *path, const char *body) {
  enum { ROOM = 1 << 20 };
  char request[2048];
  char *answer = malloc(ROOM);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)server_port(of)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct timeval limit = {.tv_sec = 15};
  int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  size_t length = 0;
  if (answer == NULL || connection < 0)
    _exit(2);
  (void)setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  int size = snprintf(request, sizeof request,
                      "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\nAuthorization: Bearer %s\r\n"
                      "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                      method, path, server_port(of), server_token(of), strlen(body), body);
  if (connect(connection, (const struct sockaddr *)&address, sizeof address) == 0 &&
      send(connection, request, (size_t)size, MSG_NOSIGNAL) == size) {
    ssize_t got;
    while (length + 1 < ROOM && (got = recv(connection, answer + length, ROOM - 1 - length, 0)) > 0)
      length += (size_t)got;
  }
  (void)close(connection);
  for (size_t i = 0; i < length; i++) /* frames hold numbers; the test looks at texts */
    if (answer[i] == '\0')
      answer[i] = '0';
  answer[length] = '\0';
  return answer;
}

/* Blots out what differs from one run to the next: what stands in quotes behind "name":. */
static void blot(char *text, const char *name) {
  char key[64];
  (void)snprintf(key, sizeof key, "\"%s\":\"", name);
  for (char *at = strstr(text, key); at != NULL; at = strstr(at, key))
    for (at += strlen(key); *at != '"' && *at != '\0'; at++)
      *at = '.';
}

/* What an answer means: its body, or an error with its detail. A connection that ends without a whole answer is one. */
static charts_status read_answer(char *answer, char **text, charts_error *error) {
  int code = 0;
  size_t length = 0;
  const char *body = strstr(answer, "\r\n\r\n");
  const char *announced = strcasestr(answer, "Content-Length:");
  if (announced != NULL)
    length = strtoul(announced + 15, NULL, 10);
  if (body == NULL || sscanf(answer, "HTTP/1.1 %3d", &code) != 1 || strlen(body + 4) != length)
    return error_set(error, CHARTS_SERVER, "the connection ended without an answer");
  if (code != 200)
    return error_set(error, CHARTS_SERVER, "%.900s", body + 4);
  *text = text_copy(body + 4, length);
  blot(*text, "stamp");
  blot(*text, "revision");
  return CHARTS_OK;
}

static charts_status request(const char *method, const char *path, const char *body, char **text, charts_error *error) {
  server *started = start();
  inject_on(INJECT_OTHERS);
  char *answer = ask(started, method, path, body);
  inject_off();
  charts_status status = read_answer(answer, text, error);
  free(answer);
  server_close(started);
  return status;
}

charts_status run_request_series(const operation *of, char **text, charts_error *error) {
  (void)of;
  return request("GET", "/api/d/d/series", "", text, error);
}

charts_status run_request_file(const operation *of, char **text, charts_error *error) {
  (void)of;
  return request("GET", "/api/d/d/series/alpha.json", "", text, error);
}

charts_status run_request_window(const operation *of, char **text, charts_error *error) {
  (void)of;
  return request("POST", "/api/d/d/window",
                 "{\"series\":[\"alpha.json\",\"large.json\",\"larger.json\",\"gamma.json\"],\"from\":null,\"to\":null,"
                 "\"columns\":20,\"x\":\"linear\"}",
                 text, error);
}

charts_status run_request_settings(const operation *of, char **text, charts_error *error) {
  (void)of;
  return request("PUT", "/api/d/d/settings/looks", "{\"title\":{\"text\":\"t\"}}", text, error);
}

charts_status run_request_directories(const operation *of, char **text, charts_error *error) {
  (void)of;
  charts_status status = request("GET", "/api/directories", "", text, error);
  char *modified = status == CHARTS_OK ? strstr(*text, "\"modified\":") : NULL;
  if (modified != NULL)
    *modified = '\0';
  return status;
}

/* ---- A page ---- */

/* Reads exactly so much; false when the connection ends (errno is 0 then) or nothing comes. */
static bool take(int page, void *room, size_t size) {
  char *at = room;
  while (size > 0) {
    errno = 0;
    ssize_t got = recv(page, at, size, 0);
    if (got <= 0)
      return false;
    at += got;
    size -= (size_t)got;
  }
  return true;
}

/* Whether the last `take` waited in vain, though nothing fails any more. */
static bool is_silent(void) {
  return (errno == EAGAIN || errno == EWOULDBLOCK) && !inject_lasts();
}

/* The next text that the server tells a page; pings are left out. False at the end. */
static bool take_message(int page, char *text, size_t room) {
  unsigned char head[2];
  while (take(page, head, 2)) {
    size_t length = head[1];
    unsigned char more[2];
    if (length == 126 && take(page, more, 2))
      length = (size_t)more[0] << 8 | more[1];
    if (length >= room || !take(page, text, length))
      return false;
    text[length] = '\0';
    if (head[0] == 0x81)
      return true;
  }
  return false;
}

/* Opens a page of the directory d; -1 when it is refused, with the answer in `head`. */
static int page_open(const server *of, char *head, size_t room) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)server_port(of)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct timeval limit = {.tv_sec = inject_lasts() ? 1 : 10};
  char request[1024];
  size_t length = 0;
  int page = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int size =
      snprintf(request, sizeof request,
               "GET /api/d/d/live HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
               "Sec-WebSocket-Protocol: charts.token.%s, charts\r\n\r\n",
               server_port(of), server_token(of));
  (void)setsockopt(page, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  bool open = connect(page, (const struct sockaddr *)&address, sizeof address) == 0 &&
              send(page, request, (size_t)size, MSG_NOSIGNAL) == size;
  while (open && length + 1 < room && (length < 4 || memcmp(head + length - 4, "\r\n\r\n", 4) != 0))
    open = take(page, head + length, 1) && ++length > 0;
  head[length] = '\0';
  if (open && strncmp(head, "HTTP/1.1 101", 12) == 0)
    return page;
  (void)close(page);
  return -1;
}

/* The changes that a message tells, one a line. A series that could not be read when the page came is told as one that
 * came, once it can be: that is left out where something failed. */
static char *told_changes(const char *message) {
  enum { ROOM = 4096 };
  char lines[ROOM] = "";
  charts_error error;
  charts_value *told = NULL;
  must(charts_value_parse(&told, message, strlen(message), &error), &error);
  const charts_value *changes = charts_value_get(told, "changes");
  for (size_t i = 0, at = 0; i < charts_value_count(changes) && at < ROOM; i++) {
    const charts_value *change = charts_value_at(changes, i);
    const char *file = charts_value_text(charts_value_get(change, "file"), NULL);
    const char *what = charts_value_text(charts_value_get(change, "change"), NULL);
    if (inject_struck()->call == NULL || strcmp(what, "added") != 0 || strcmp(file, "fresh.json") == 0)
      at += (size_t)snprintf(lines + at, ROOM - at, "%s %s\n", file, what);
  }
  charts_value_free(told);
  return text_copy(lines, strlen(lines));
}

/* A page is told of a series that comes, or its connection ends: then it comes again. */
charts_status run_request_live(const operation *of, char **text, charts_error *error) {
  char message[4096] = "";
  server *started = start();
  charts_status status = CHARTS_OK;
  (void)of;
  inject_on(INJECT_OTHERS);
  int page = page_open(started, message, sizeof message);
  bool greeted = page >= 0 && take_message(page, message, sizeof message);
  bool silent = !greeted && is_silent();
  if (!greeted)
    status = error_set(error, CHARTS_SERVER, "no greeting: %.900s", message);
  if (status == CHARTS_OK) {
    world_write("d/fresh.tmp", "{\"name\":\"fresh\",\"data\":[1,2]}");
    if (rename("d/fresh.tmp", "d/fresh.json") != 0)
      _exit(2);
  }
  while (status == CHARTS_OK && strstr(message, "\"fresh\"") == NULL)
    if (!take_message(page, message, sizeof message)) {
      silent = is_silent();
      status = error_set(error, CHARTS_SERVER, "the connection ended");
    }
  inject_off();
  if (page >= 0)
    (void)close(page);
  server_close(started);
  if (silent) { /* a finding: it gives something else */
    *text = text_copy("the page is told nothing", 24);
    return CHARTS_OK;
  }
  if (status == CHARTS_OK)
    *text = told_changes(message);
  return status;
}

/* ---- The client of a detached server ---- */

/* Holds the server file of a server; the descriptor is the caller's. */
static int hold_file(server *started, serverfile *content) {
  charts_error error;
  char folder[4096];
  int file = -1;
  *content = (serverfile){.port = server_port(started), .pid = getpid()};
  (void)snprintf(content->token, sizeof content->token, "%s", server_token(started));
  if (getcwd(folder, sizeof folder) == NULL || setenv("XDG_RUNTIME_DIR", folder, 1) != 0)
    _exit(2);
  must(serverfile_hold(&file, server_folder(started), &error), &error);
  must(serverfile_write(file, server_folder(started), content, &error), &error);
  return file;
}

charts_status run_control(const operation *of, char **text, charts_error *error) {
  server *started = start();
  serverfile found;
  int file = hold_file(started, &found);
  charts_value *body = charts_record();
  charts_value *answer = NULL;
  (void)of;
  charts_record_set(body, "directory", charts_text("d"));
  charts_record_set(body, "view", charts_text("0123abcd"));
  inject_on(INJECT_OWN);
  charts_status status = control_post(&answer, server_folder(started), &found, "api/shown", body, error);
  inject_off();
  serverfile_drop(file, server_folder(started));
  if (status == CHARTS_OK)
    must(charts_value_write(text, answer, error), error);
  charts_value_free(answer);
  charts_value_free(body);
  server_close(started);
  return status;
}

/* ---- The watch ---- */

static void changed(void *context, const char *path, const char *revision, const watch_change *changes, size_t count) {
  (void)context;
  (void)path;
  (void)revision;
  (void)changes;
  (void)count;
}

static void count_entries(void *context, const directory_listing *listing) {
  *(size_t *)context = listing->count;
}

charts_status run_watch(const operation *of, char **text, charts_error *error) {
  watch *opened = NULL;
  char revision[32];
  size_t count = 0;
  (void)of;
  inject_on(INJECT_ALL);
  charts_status status = watch_open(&opened, changed, NULL, error);
  if (status == CHARTS_OK) {
    status = watch_enter(opened, "d", revision, error);
    if (status == CHARTS_OK) {
      status = watch_list(opened, "d", count_entries, &count, error);
      watch_leave(opened, "d");
    }
  }
  watch_close(opened, false);
  inject_off();
  if (status == CHARTS_OK) {
    char line[32];
    *text = text_copy(line, (size_t)snprintf(line, sizeof line, "%zu", count));
  }
  return status;
}

charts_status run_serverfile(const operation *of, char **text, charts_error *error) {
  static const serverfile content = {.port = 4711, .pid = 7, .token = "0123456789abcdef"};
  char folder[4096];
  int file = -1;
  serverfile found = {0};
  (void)of;
  if (getcwd(folder, sizeof folder) == NULL || setenv("XDG_RUNTIME_DIR", folder, 1) != 0)
    _exit(2);
  inject_on(INJECT_ALL);
  charts_status status = serverfile_hold(&file, folder, error);
  if (status == CHARTS_OK) {
    status = serverfile_write(file, folder, &content, error);
    if (status == CHARTS_OK)
      status = serverfile_read(&found, folder, error);
    serverfile_drop(file, folder);
  }
  inject_off();
  if (status == CHARTS_OK)
    *text = text_copy(found.token, strlen(found.token));
  return status;
}
