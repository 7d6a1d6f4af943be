/* Everything at once in one process, for ThreadSanitizer to watch: races FOLDER SECONDS
 *
 * Sessions of their own put, append, purge, list and read; a server in the process is asked for windows, listings,
 * files and settings, by pages that come and go. Exits with 0 when every call and answer was one of those that there
 * may be.
 */
#include <charts.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { WRITERS = 3, CLIENTS = 3, NAMES = 8, ROWS_MOST = 20000 };

static atomic_bool ended;
static atomic_int failures;
static atomic_int calls;
static atomic_int answers;
static unsigned port;
static char token[64];

static void fail(const char *what, const char *why) {
  atomic_fetch_add(&failures, 1);
  fprintf(stderr, "%s: %s\n", what, why);
}

/* ---- Calls ---- */

/* What may be: a series that somebody has purged meanwhile is not there. */
static bool may_be(charts_status status) {
  return status == CHARTS_OK || status == CHARTS_NOT_FOUND || status == CHARTS_NAME;
}

/* Frees the arguments; the value that the call gives is the caller's. */
static charts_value *call(charts_session *session, const char *verb, charts_value *arguments) {
  charts_error error;
  charts_value *result = NULL;
  charts_status status = charts_call(session, verb, arguments, &result, &error);
  if (!may_be(status))
    fail(verb, error.message);
  atomic_fetch_add(&calls, 1);
  charts_value_free(arguments);
  return result;
}

static charts_value *chart_arguments(int64_t chart) {
  charts_value *arguments = charts_record();
  charts_record_push(arguments, charts_handle(chart));
  return arguments;
}

static void put(charts_session *session, int64_t chart, const char *verb, const double *rows, size_t count,
                const char *name) {
  charts_value *arguments = chart_arguments(chart);
  charts_record_push(arguments, charts_column_of(rows, count));
  charts_record_push(arguments, charts_text(name));
  charts_value_free(call(session, verb, arguments));
}

static void purge(charts_session *session, const double *rows) {
  charts_value *arguments = charts_record();
  charts_record_push(arguments, charts_column_of(rows, 100));
  charts_record_set(arguments, "name", charts_text("series 0"));
  charts_record_set(arguments, "save", charts_text("d"));
  charts_record_set(arguments, "purge", charts_boolean(true));
  charts_value *result = call(session, "plotasync", arguments);
  const charts_value *made = charts_value_get(result, "value");
  if (charts_value_kind(made) == CHARTS_HANDLE)
    charts_value_free(call(session, "close", chart_arguments(charts_value_handle(made))));
  charts_value_free(result);
}

static void one_call(charts_session *session, int64_t chart, unsigned turn, const double *rows) {
  char name[32];
  (void)snprintf(name, sizeof name, "series %u", turn * 7 % NAMES);
  if (turn % 60 == 59)
    purge(session, rows);
  else if (turn % 10 == 0)
    put(session, chart, "plot", rows, ROWS_MOST, name);
  else if (turn % 5 == 1)
    put(session, chart, "plot", rows, 50, name);
  else if (turn % 5 == 2)
    charts_value_free(call(session, "names", chart_arguments(chart)));
  else if (turn % 5 == 3) {
    charts_value *arguments = chart_arguments(chart);
    charts_record_push(arguments, charts_text(name));
    charts_value_free(call(session, "read", arguments));
  } else
    put(session, chart, "append", rows, 100, name);
}

static charts_session *session_open(int64_t *chart) {
  charts_error error;
  charts_session *session = NULL;
  charts_host host = {.size = sizeof host, .language = "C"};
  if (charts_session_open(&session, &host, &error) != CHARTS_OK) {
    fail("session", error.message);
    return NULL;
  }
  charts_value *arguments = charts_record();
  charts_record_set(arguments, "save", charts_text("d"));
  charts_value *result = call(session, "plotasync", arguments);
  *chart = charts_value_handle(charts_value_get(result, "value"));
  charts_value_free(result);
  return session;
}

static void *write_series(void *context) {
  int64_t chart = 0;
  double *rows = calloc(ROWS_MOST, sizeof *rows);
  charts_session *session = session_open(&chart);
  for (size_t i = 0; rows && i < ROWS_MOST; i++)
    rows[i] = (double)(i * 7919 % 1000) / 8;
  for (unsigned turn = *(unsigned *)context; rows && session && !atomic_load(&ended); turn++)
    one_call(session, chart, turn, rows);
  charts_session_close(session);
  free(rows);
  return NULL;
}

/* ---- Requests ---- */

static int connect_to(void) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct timeval limit = {.tv_sec = 60};
  int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  (void)setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (connect(connection, (const struct sockaddr *)&address, sizeof address) == 0)
    return connection;
  (void)close(connection);
  return -1;
}

/* Sends a request and reads until the server closes, or only the head. Gives the status. */
static int ask(const char *request, bool whole) {
  char text[4096];
  char head[16] = "";
  size_t length = 0;
  int status = 0;
  int connection = connect_to();
  if (connection < 0 || send(connection, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request)) {
    fail("request", "cannot be sent");
  } else {
    ssize_t got;
    while ((got = recv(connection, text, sizeof text, 0)) > 0) {
      for (ssize_t i = 0; i < got && length + 1 < sizeof head; i++)
        head[length++] = text[i];
      if (!whole)
        break;
    }
    status = (int)strtol(length > 9 ? head + 9 : "0", NULL, 10);
  }
  if (connection >= 0)
    (void)close(connection);
  return status;
}

static void expect(const char *what, int status, int wanted, int other) {
  char got[32];
  (void)snprintf(got, sizeof got, "answered %d", status);
  if (status != wanted && status != other)
    fail(what, got);
  atomic_fetch_add(&answers, 1);
}

static void ask_plain(const char *method, const char *path, const char *body, int wanted, int other) {
  char request[2048];
  (void)snprintf(request, sizeof request,
                 "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\nConnection: close\r\n"
                 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 method, path, port, token, strlen(body), body);
  expect(path, ask(request, true), wanted, other);
}

static void ask_get(const char *path, int wanted, int other) {
  char request[1024];
  (void)snprintf(request, sizeof request,
                 "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n", path,
                 port, token);
  expect(path, ask(request, true), wanted, other);
}

static void ask_page(void) {
  char request[1024];
  (void)snprintf(request, sizeof request,
                 "GET /api/d/d/live?view=0123abcd HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: Upgrade\r\n"
                 "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 "Sec-WebSocket-Protocol: charts.token.%s, charts\r\n\r\n",
                 port, token);
  expect("live", ask(request, false), 101, 503);
}

static void *load_pages(void *context) {
  static const char window[] =
      "{\"series\":[\"series 0.json\",\"series 1.json\",\"series 2.json\",\"series 7.json\"],\"from\":null,\"to\":null,"
      "\"columns\":900,\"x\":\"linear\",\"stacks\":[[\"series 1.json\",\"series 2.json\"]]}";
  for (unsigned turn = *(unsigned *)context; !atomic_load(&ended); turn++) {
    ask_page();
    ask_plain("POST", "/api/d/d/window", window, 200, 200);
    ask_plain("POST", "/api/d/d/nearest", "{\"series\":[\"series 0.json\",\"series 7.json\"],\"x\":7}", 200, 200);
    ask_get("/api/d/d/series", 200, 200);
    ask_get("/api/d/d/series/series%200.json", 200, 404);
    ask_get("/api/directories", 200, 200);
    ask_plain("PUT", "/api/d/d/settings/some", turn % 2 ? "{\"chart\":{\"type\":\"area\"}}" : "{}", 200, 200);
    ask_get("/api/nothing", 404, 404);
  }
  return NULL;
}

/* ---- All ---- */

static bool serve(charts_session *session, int64_t chart) {
  charts_value *result = call(session, "url", chart_arguments(chart));
  const char *url = charts_value_text(charts_value_get(result, "value"), NULL);
  bool read = url && sscanf(url, "http://127.0.0.1:%u/", &port) == 1 && strstr(url, "#t=") &&
              sscanf(strstr(url, "#t="), "#t=%32[0-9a-f]", token) == 1;
  charts_value_free(result);
  return read;
}

int main(int count, char **arguments) {
  pthread_t threads[WRITERS + CLIENTS];
  unsigned starts[WRITERS + CLIENTS];
  int64_t chart = 0;
  if (count != 3 || chdir(arguments[1]) != 0 || setenv("CHARTS_SERVER", "thread", 1) != 0)
    return 2;
  charts_session *session = session_open(&chart);
  if (!session || !serve(session, chart))
    return 2;
  for (unsigned i = 0; i < WRITERS + CLIENTS; i++) {
    starts[i] = i * 13;
    if (pthread_create(&threads[i], NULL, i < WRITERS ? write_series : load_pages, &starts[i]) != 0)
      return 2;
  }
  struct timespec time = {.tv_sec = strtol(arguments[2], NULL, 10)};
  (void)nanosleep(&time, NULL);
  atomic_store(&ended, true);
  for (unsigned i = 0; i < WRITERS + CLIENTS; i++)
    (void)pthread_join(threads[i], NULL);
  charts_session_close(session);
  printf("%d calls, %d answers, %d failures\n", calls, answers, failures);
  return failures ? 1 : 0;
}
